"""`endpoints.custom`: servers that speak OpenAI's protocol, or Anthropic's."""

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, StrictFloat, StrictInt, field_validator, model_validator

from siteconfig.parameters.table import SETS
from siteconfig.schema.base import BUILT_IN, Closed, Count, Flag, Line, Number, Open, Text
from siteconfig.schema.endpoint_shared import All, add_params, base_url
from siteconfig.schema.money import TokenConfigRates

LOCAL_NAME = "Local"
OPENROUTER = "openrouter"
RESERVED = (*BUILT_IN, LOCAL_NAME)


class ModelName(Open):
    """A model, written as its name alone or with a description."""

    name: Text
    description: Line = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if not isinstance(value, dict):
            raise ValueError(_("must be the name of a model (put it in quotes), or a mapping with `name`"))
        return value


class Models(Open):
    default: list[ModelName] = []
    fetch: Flag = False
    userIdQuery: Flag = False

    @model_validator(mode="after")
    def _some(self) -> "Models":
        if not self.default and not self.fetch:
            raise ValueError(_("needs `default` with at least one model, or `fetch: true`"))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(model.name for model in self.default))


class Range(Open):
    min: Number
    max: Number
    step: Number | None = None
    positiveMin: Number | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Range":
        if self.min > self.max:
            raise ValueError(_("`min` must not be greater than `max`"))
        if self.positiveMin is not None and self.positiveMin > self.max:
            raise ValueError(_("`positiveMin` must not be greater than `max`"))
        return self


class ParamDefinition(Open):
    key: Text
    type: Literal["number", "boolean", "string", "enum", "array"] | None = None
    default: Flag | StrictInt | StrictFloat | Line | list[Line] | None = None
    range: Range | None = None
    options: list[Line] | None = None
    enumMappings: dict[str, Flag | Number | Line] | None = None
    component: Literal["input", "textarea", "slider", "checkbox", "switch", "dropdown", "combobox", "tags"] | None = (
        None
    )
    optionType: Literal["conversation", "model", "custom"] | None = None
    label: Line | None = None
    description: Line | None = None
    placeholder: Line | None = None
    showLabel: Flag | None = None
    showDefault: Flag | None = None
    columnSpan: Count | None = None
    columns: Annotated[StrictInt, Field(ge=1, le=4)] | None = None
    labelCode: Flag | None = None
    placeholderCode: Flag | None = None
    descriptionCode: Flag | None = None
    minText: Number | None = None
    maxText: Number | None = None
    minTags: Number | None = None
    maxTags: Number | None = None
    includeInput: Flag | None = None
    descriptionSide: Literal["top", "right", "bottom", "left"] | None = None
    searchPlaceholder: Line | None = None
    selectPlaceholder: Line | None = None
    searchPlaceholderCode: Flag | None = None
    selectPlaceholderCode: Flag | None = None


class CustomParams(Closed):
    defaultParamsEndpoint: Text | None = None
    reasoningFormat: Literal["reasoning_effort", "reasoning_object", "disabled"] = "reasoning_effort"
    reasoningKey: Literal["reasoning", "reasoning_content"] | None = None
    includeReasoningContent: Flag = False
    includeReasoningHistory: Flag = False
    paramDefinitions: list[ParamDefinition] = []


class CustomEndpoint(All):
    name: Text
    apiKey: Text
    baseURL: Text
    models: Models
    provider: Literal["anthropic"] | None = None
    iconURL: Line = ""
    modelDisplayLabel: Line = ""
    addParams: dict[str, Any] = {}
    dropParams: list[Text] = []
    customParams: CustomParams = CustomParams()
    directEndpoint: Flag = False
    tokenConfig: dict[str, TokenConfigRates] = {}

    @field_validator("name")
    @classmethod
    def _own_name(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError(_("must not be one of: %s") % ", ".join(RESERVED))
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
        return base_url(url)

    @field_validator("addParams")
    @classmethod
    def _kinds(cls, params: dict[str, Any]) -> dict[str, Any]:
        return add_params(params)

    @model_validator(mode="after")
    def _no_fetch(self) -> "CustomEndpoint":
        if self.provider is not None and not self.models.default:
            raise ValueError(_("`provider: anthropic` needs `models.default`: its list cannot be fetched"))
        return self

    @model_validator(mode="after")
    def _of_the_set(self) -> "CustomEndpoint":
        name = self.parameter_set or "custom"
        sets = [
            parameters
            for set_name, parameters in SETS.items()
            if set_name == name or (name, set_name[:8]) == ("bedrock", "bedrock-")
        ]
        if not sets:
            raise ValueError(_("`customParams.defaultParamsEndpoint` is not a known set of parameters"))
        keys = {parameter.key for parameters in sets for parameter in parameters}
        if unknown := sorted({definition.key for definition in self.customParams.paramDefinitions} - keys):
            message = _("`paramDefinitions` has keys that are not in the set: %(unknown)s. Allowed: %(allowed)s")
            raise ValueError(message % {"unknown": ", ".join(unknown), "allowed": ", ".join(sorted(keys))})
        return self

    @property
    def parameter_set(self) -> str:
        """The set that is named, else the one that fits the place; empty for the usual one."""
        if self.customParams.defaultParamsEndpoint:
            return self.customParams.defaultParamsEndpoint
        if OPENROUTER in f"{self.name} {self.baseURL}".lower():
            return OPENROUTER
        return self.provider or ""
