"""`endpoints`: the providers, each by its own key, and the custom ones."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import field_validator

from siteconfig.schema.base import AllowedAddresses, Closed
from siteconfig.schema.endpoint_agents import Agents
from siteconfig.schema.endpoint_azure import Azure
from siteconfig.schema.endpoint_built_in import Anthropic, Assistants, Bedrock
from siteconfig.schema.endpoint_custom import CustomEndpoint
from siteconfig.schema.endpoint_shared import All, Shared


class Endpoints(Closed):
    custom: list[CustomEndpoint] = []
    allowedAddresses: AllowedAddresses = []
    all: All | None = None
    openAI: Shared | None = None
    google: Shared | None = None
    anthropic: Anthropic | None = None
    azureOpenAI: Azure | None = None
    bedrock: Bedrock | None = None
    assistants: Assistants | None = None
    azureAssistants: Assistants | None = None
    agents: Agents | None = None

    @field_validator("custom", "allowedAddresses", mode="before")
    @classmethod
    def _nothing_written(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("custom")
    @classmethod
    def _different_names(cls, custom: list[CustomEndpoint]) -> list[CustomEndpoint]:
        names = [endpoint.name for endpoint in custom]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(_("every `name` must be unique; used twice: %s") % ", ".join(twice))
        return custom
