"""`endpoints.azureOpenAI`: deployments, in groups by region or purpose."""

from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from siteconfig.schema.base import Flag, Line, Open, Text
from siteconfig.schema.endpoint_shared import SharedWithAzure, add_params, base_url, sendable


class Deployment(Open):
    deploymentName: Text | None = None
    version: Line | None = None
    assistants: Flag | None = None


class AzureGroup(Open):
    group: Text
    apiKey: Text
    models: dict[str, Literal[True] | Deployment] = Field(min_length=1)
    instanceName: Text | None = None
    deploymentName: Text | None = None
    version: Line | None = None
    baseURL: Text | None = None
    additionalHeaders: dict[str, Line] = {}
    serverless: Flag = False
    addParams: dict[str, Any] = {}
    dropParams: list[Text] = []
    assistants: Flag | None = None

    @field_validator("additionalHeaders")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        return sendable(headers)

    @field_validator("baseURL")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        return url and base_url(url)

    @field_validator("addParams")
    @classmethod
    def _kinds(cls, params: dict[str, Any]) -> dict[str, Any]:
        return add_params(params)

    @model_validator(mode="after")
    def _reachable(self) -> "AzureGroup":
        if self.serverless:
            if self.baseURL is None:
                raise ValueError(_("`serverless: true` needs `baseURL`"))
            return self
        if self.instanceName is None:
            raise ValueError(_("needs `instanceName`, or `serverless: true` with `baseURL`"))
        for model in self.models:
            if not (self.deployment_of(model) and self.version_of(model)):
                message = _("“%s” needs `deploymentName` and `version`, either its own or the group's")
                raise ValueError(message % model)
        return self

    def deployment_of(self, model: str) -> str:
        deployment = self.models[model]
        return (deployment.deploymentName if isinstance(deployment, Deployment) else None) or self.deploymentName or ""

    def version_of(self, model: str) -> str:
        deployment = self.models[model]
        return (deployment.version if isinstance(deployment, Deployment) else None) or self.version or ""


class Azure(SharedWithAzure):
    groups: list[AzureGroup] = Field(min_length=1)
    assistants: Flag | None = None

    @field_validator("groups")
    @classmethod
    def _once(cls, groups: list[AzureGroup]) -> list[AzureGroup]:
        names = [group.group for group in groups]
        models = [model for group in groups for model in group.models]
        for message, names_found in (
            (_("every `group` must be unique; used twice: %s"), names),
            (_("every model must be in only one group; used twice: %s"), models),
        ):
            if twice := sorted({name for name in names_found if names_found.count(name) > 1}):
                raise ValueError(message % ", ".join(twice))
        return groups
