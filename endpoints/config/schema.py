"""What `librechat.yaml` may say. The names are the file's own.

Keys are refused where a typing error would go unnoticed: at the top, directly under `endpoints`, in
`customParams`. Elsewhere unknown keys are passed over, so that files of other versions load.
"""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, field_validator, model_validator

from endpoints.addresses import exemption
from endpoints.config.money import Balance, Parley, TokenRates, Transactions

USER_PROVIDED = "user_provided"
LOCAL_NAME = "Local"
_RESERVED = (
    "azureOpenAI", "openAI", "google", "anthropic", "assistants", "azureAssistants", "agents", "custom", "bedrock",
    LOCAL_NAME,
)  # fmt: skip
LATER = (
    "permissions", "cache", "ocr", "webSearch", "langfuse", "memory", "summarization", "skillSync", "secureImageLinks",
    "imageOutputType", "includedTools", "filteredTools", "mcpServers", "mcpSettings", "interface", "turnstile",
    "fileStrategy", "fileStrategies", "cloudfront", "actions", "speech", "rateLimits", "fileConfig", "modelSpecs",
    "filters", "messageFilter", "openapi",
)  # fmt: skip
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Text = Annotated[StrictStr, Field(min_length=1)]


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelName(_Open):
    """A model, written as its name alone or with a description."""

    name: Text
    description: StrictStr = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if not isinstance(value, dict):
            raise ValueError(_("must be the name of a model (put it in quotes), or a mapping with `name`"))
        return value


class Models(_Open):
    default: list[ModelName] = []
    fetch: StrictBool = False

    @model_validator(mode="after")
    def _some(self) -> "Models":
        if not self.default and not self.fetch:
            raise ValueError(_("needs `default` with at least one model, or `fetch: true`"))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.name for each in self.default))


class CustomParams(_Closed):
    """Parameters of the settings panel; read by what draws it."""

    defaultParamsEndpoint: Any = None  # noqa: N815
    reasoningFormat: Any = None  # noqa: N815
    reasoningKey: Any = None  # noqa: N815
    includeReasoningContent: Any = None  # noqa: N815
    includeReasoningHistory: Any = None  # noqa: N815
    paramDefinitions: Any = None  # noqa: N815


class CustomEndpoint(_Open):
    name: Text
    apiKey: Text  # noqa: N815
    baseURL: Text  # noqa: N815
    models: Models
    provider: Literal["anthropic"] | None = None
    titleConvo: StrictBool = True  # noqa: N815
    titleModel: StrictStr = ""  # noqa: N815
    modelDisplayLabel: StrictStr = ""  # noqa: N815
    headers: dict[str, StrictStr] = {}
    addParams: dict[str, Any] = {}  # noqa: N815
    dropParams: list[Text] = []  # noqa: N815
    customParams: CustomParams | None = None  # noqa: N815
    tokenConfig: dict[str, TokenRates] = {}  # noqa: N815

    @field_validator("name")
    @classmethod
    def _own_name(cls, name: str) -> str:
        if name in _RESERVED:
            raise ValueError(_("must not be one of: %s") % ", ".join(_RESERVED))
        return name.lower() if name.lower() == "ollama" else name

    @field_validator("apiKey")
    @classmethod
    def _one_line(cls, key: str) -> str:
        if not key.isprintable():
            raise ValueError(_("must be one line of printable characters"))
        return key

    @field_validator("baseURL")
    @classmethod
    def _address(cls, url: str) -> str:
        if url == USER_PROVIDED or "${" in url:
            return url
        if not is_web_address(url):
            raise ValueError(_("must be an address that begins with http:// or https://"))
        return url

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(_("“%s” cannot be the name of a header") % name)
            if any(character in value for character in "\r\n\x00"):
                raise ValueError(_("the value of “%s” must be one line") % name)
        return headers

    @field_validator("addParams")
    @classmethod
    def _known_kinds(cls, params: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(params.get("web_search", False), bool):
            raise ValueError(_("`web_search` must be true or false"))
        return params


class Endpoints(_Closed):
    custom: list[CustomEndpoint] = []
    allowedAddresses: list[StrictStr] = []  # noqa: N815
    # Known keys that nothing reads yet.
    all: Any = None
    openAI: Any = None  # noqa: N815
    google: Any = None
    anthropic: Any = None
    azureOpenAI: Any = None  # noqa: N815
    bedrock: Any = None
    assistants: Any = None
    azureAssistants: Any = None  # noqa: N815
    agents: Any = None

    @model_validator(mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value:
            raise ValueError(_("must not be empty"))
        return value

    @field_validator("allowedAddresses")
    @classmethod
    def _private(cls, entries: list[str]) -> list[str]:
        for each in entries:
            exemption(each)
        return entries

    @field_validator("custom")
    @classmethod
    def _different_names(cls, custom: list[CustomEndpoint]) -> list[CustomEndpoint]:
        names = [each.name for each in custom]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(_("every `name` must be there once; twice: %s") % ", ".join(twice))
        return custom


class Registration(_Open):
    """Who may have an account, and through whom people sign in: shown in this order."""

    socialLogins: list[Literal["google", "facebook", "openid", "github", "discord", "saml", "apple"]] | None = None  # noqa: N815
    allowedDomains: list[Text] | None = None  # noqa: N815


class Document(_Open):
    """The whole file, as far as something reads it. Unknown keys are found by `endpoints.config.load_config`."""

    version: StrictStr | float | int
    endpoints: Endpoints | None = None
    balance: Balance | None = None
    transactions: Transactions | None = None
    parley: Parley | None = None
    registration: Registration = Registration()


TOP_LEVEL = ("version", "endpoints", "balance", "transactions", "parley", "registration", *LATER)


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        )
    except ValueError:
        return False
