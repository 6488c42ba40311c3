"""`endpoints.anthropic`, `.bedrock`, `.assistants` and `.azureAssistants`; what they share is in `endpoint_shared`."""

from typing import Annotated, Literal

from pydantic import Field

from siteconfig.schema.base import Flag, Line, Number, Open, Text, Texts
from siteconfig.schema.endpoint_custom import Models
from siteconfig.schema.endpoint_shared import Shared

Some = Annotated[list[Line], Field(min_length=1)]


class VertexModel(Open):
    deploymentName: Text | None = None


class Vertex(Open):
    """Claude on Google's Vertex AI."""

    enabled: Flag = True
    projectId: Line = ""
    region: Line = "us-east5"
    serviceKeyFile: Line = ""
    deploymentName: Line = ""
    models: Texts | dict[str, Flag | VertexModel] = []

    @property
    def wire_names(self) -> dict[str, str]:
        """The models by their visible names, each with Vertex' own."""
        if isinstance(self.models, list):
            return {name: name for name in self.models}
        return {
            name: (model.deploymentName if isinstance(model, VertexModel) else None) or self.deploymentName or name
            for name, model in self.models.items()
            if model is not False
        }


class Anthropic(Shared):
    models: Texts = []
    vertex: Vertex | None = None


class Guardrail(Open):
    guardrailIdentifier: Text
    guardrailVersion: Text
    trace: Literal["enabled", "disabled", "enabled_full"] | None = None
    streamProcessingMode: Literal["sync", "async"] | None = None


class Bedrock(Shared):
    availableRegions: Texts = []
    models: Texts = []
    inferenceProfiles: dict[str, Text] = {}
    guardrailConfig: Guardrail | None = None


class Assistants(Shared):
    disableBuilder: Flag | None = None
    pollIntervalMs: Number | None = None
    timeoutMs: Number | None = None
    version: Line | Number | None = None
    supportedIds: Some | None = None
    excludedIds: Some | None = None
    privateAssistants: Flag | None = None
    retrievalModels: Some | None = None
    capabilities: list[Literal["code_interpreter", "image_vision", "retrieval", "actions", "tools"]] | None = None
    apiKey: Line | None = None
    models: Models | None = None
