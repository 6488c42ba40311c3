"""The part of the schema that is in use. Source: the public configuration reference of LibreChat, version 1.3.17.

Unknown keys are refused at the top level and directly under `endpoints`; elsewhere they are ignored, as there.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

RESERVED = {
    "azureOpenAI", "openAI", "google", "anthropic", "assistants", "azureAssistants", "agents", "custom", "bedrock"
}  # fmt: skip
# Top-level keys of the reference that have no effect yet; the doctor names those that are set.
NOT_IN_USE = (
    "permissions", "cache", "ocr", "webSearch", "langfuse", "memory", "summarization", "skillSync",
    "secureImageLinks", "imageOutputType", "includedTools", "filteredTools", "mcpServers", "mcpSettings", "interface",
    "turnstile", "fileStrategy", "fileStrategies", "cloudfront", "actions", "registration", "balance", "transactions",
    "speech", "rateLimits", "fileConfig", "modelSpecs", "filters", "messageFilter", "openapi", "parley",
)  # fmt: skip


def _free_name(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"“{name}” is the name of a built-in endpoint; choose another")
    return "ollama" if name.lower() == "ollama" else name


class NamedModel(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    description: str = ""


class Models(BaseModel):
    default: Annotated[list[Annotated[str, Field(min_length=1)] | NamedModel], Field(min_length=1)]
    fetch: StrictBool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each if isinstance(each, str) else each.name for each in self.default)


class CustomEndpoint(BaseModel):
    """One entry of `endpoints.custom`, an OpenAI-compatible server."""

    name: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_free_name)]
    apiKey: Annotated[str, Field(min_length=1)]  # noqa: N815 (the file's names)
    baseURL: Annotated[str, Field(min_length=1)]  # noqa: N815
    models: Models
    titleConvo: StrictBool = False  # noqa: N815
    titleModel: str = ""  # noqa: N815
    modelDisplayLabel: str = ""  # noqa: N815
    headers: dict[str, str] = {}
    addParams: dict[str, Any] = {}  # noqa: N815
    dropParams: list[str] = []  # noqa: N815


class Endpoints(BaseModel):
    model_config = ConfigDict(extra="forbid")

    custom: list[CustomEndpoint] = []
    allowedAddresses: list[str] | None = None  # noqa: N815
    all: dict[str, Any] | None = None
    openAI: dict[str, Any] | None = None  # noqa: N815
    google: dict[str, Any] | None = None
    anthropic: dict[str, Any] | None = None
    azureOpenAI: dict[str, Any] | None = None  # noqa: N815
    bedrock: dict[str, Any] | None = None
    agents: dict[str, Any] | None = None
    assistants: dict[str, Any] | None = None
    azureAssistants: dict[str, Any] | None = None  # noqa: N815


class Document(BaseModel):
    """The whole file. Keys of `NOT_IN_USE` are accepted as they are."""

    model_config = ConfigDict(extra="forbid")

    version: str | float | int
    endpoints: Endpoints = Endpoints()
