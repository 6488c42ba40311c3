"""The parameter panel: what it shows, and what it submits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import QueryDict
from django.utils.translation import gettext as _
from pydantic import ValidationError

from chat.services.model_settings import ModelSettings
from endpoints.parameters.request_fields import request_fields
from endpoints.parameters.sets import parameters_of
from endpoints.providers.base import Endpoint
from siteconfig.parameters.fields import Parameter, Translatable
from siteconfig.parameters.labels import OPTIONS
from siteconfig.parameters.settings import synonyms
from web.model_menu import ModelOption

COMMON = {
    "promptPrefix",
    "system",
    "temperature",
    "max_tokens",
    "maxOutputTokens",
    "maxTokens",
    "reasoning_effort",
    "effort",
    "thinking",
    "thinkingBudget",
    "thinkingLevel",
}

Kind = Literal["switch", "select", "text", "lines", "slider", "number", "line"]


@dataclass(frozen=True, slots=True)
class ParameterField:
    """One control. `note` says why what is chosen is not sent as it is, `fault` why what was typed is not kept."""

    parameter: Parameter
    chosen: Any
    note: Translatable = ""
    fault: str = ""

    @property
    def key(self) -> str:
        return self.parameter.key

    @property
    def id(self) -> str:
        return f"parameter-{self.key}"

    @property
    def kind(self) -> Kind:
        parameter = self.parameter
        match parameter.type:
            case "boolean":
                return "switch"
            case "enum":
                return "select"
            case "array":
                return "lines"
            case "number":
                bounded = None not in (parameter.low, parameter.high)
                return "slider" if parameter.control == "slider" and bounded else "number"
        return "text" if parameter.control == "textarea" else "line"

    @property
    def value(self) -> str:
        if self.chosen is None:
            return str(self.parameter.default or "") if self.kind == "select" else ""
        return "\n".join(self.chosen) if isinstance(self.chosen, list) else str(self.chosen)

    @property
    def checked(self) -> bool:
        return bool(self.parameter.default if self.chosen is None else self.chosen)

    @property
    def shown(self) -> str:
        """Where a slider stands."""
        return ("" if self.fault else self.value) or self.default or str(self.parameter.low)

    @property
    def default(self) -> str:
        return "" if self.parameter.default is None else str(self.parameter.default)

    @property
    def placeholder(self) -> Translatable:
        if self.parameter.placeholder:
            return self.parameter.placeholder
        return self.default if self.parameter.show_default and self.parameter.type == "number" else ""

    @property
    def options(self) -> list[tuple[str, Translatable]]:
        """Pairs of value and words; the first is no choice, where the model has no default."""
        named = self.parameter.option_labels or {}
        options = self.parameter.options if self.parameter.default is not None else ("", *self.parameter.options)
        return [(option, named.get(option) or OPTIONS.get(option, option)) for option in dict.fromkeys(options)]

    @property
    def low(self) -> str:
        return _number(self.parameter.low)

    @property
    def high(self) -> str:
        return _number(self.parameter.high)

    @property
    def step(self) -> str:
        return _number(self.parameter.step) or "any"

    @property
    def label(self) -> Translatable:
        return self.parameter.label

    @property
    def description(self) -> Translatable:
        return self.parameter.description

    @property
    def show_label(self) -> bool:
        return self.parameter.show_label

    @property
    def columns(self) -> int:
        return self.parameter.columns

    @property
    def longest(self) -> int:
        return self.parameter.max_length


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else str(value)


@dataclass(frozen=True, slots=True)
class ParameterPanel:
    """The controls for one model. `back` is the chat's address; `stored`: its conversation has what is chosen."""

    choice: ModelOption
    fields: list[ParameterField]
    chosen: ModelSettings
    back: str
    stored: bool

    @property
    def settings(self) -> str:
        """Everything that is chosen, also for other models, as JSON; empty: as the conversation has it."""
        return "" if self.stored else json.dumps(self.chosen.to_json())

    @property
    def common(self) -> list[ParameterField]:
        """What most people set; the rest is folded below."""
        return [field for field in self.fields if field.parameter.key in COMMON]

    @property
    def more(self) -> list[ParameterField]:
        return [field for field in self.fields if field.parameter.key not in COMMON]

    @property
    def shows_more(self) -> bool:
        """Whether something of what is folded is set, or to be looked at."""
        return any(field.chosen not in (None, "", []) or field.fault for field in self.more)

    @property
    def faults(self) -> int:
        return sum(bool(field.fault) for field in self.fields)

    @property
    def unused(self) -> int:
        return sum(bool(field.note and not field.fault) for field in self.fields)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a person sent: the settings that can be kept, and by key why a value cannot."""

    chosen: ModelSettings
    faults: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


def shown_parameters(endpoint: Endpoint, model: str) -> list[Parameter]:
    return [parameter for parameter in parameters_of(endpoint, model) if not parameter.waits]


def build_fields(endpoint: Endpoint, model: str, sent: Sent) -> list[ParameterField]:
    """Return the controls of the model, with what is chosen and what is to be said about it."""
    notes = request_fields(endpoint, model, sent.chosen.values).notes
    return [
        ParameterField(
            parameter,
            sent.typed[parameter.key] if parameter.key in sent.faults else sent.chosen.get(parameter.key),
            notes.get(parameter.key, ""),
            sent.faults.get(parameter.key, ""),
        )
        for parameter in shown_parameters(endpoint, model)
    ]


def read_panel(parameters: list[Parameter], before: ModelSettings, posted: QueryDict) -> Sent:
    """Return what the panel sends, upon what was chosen before. What it does not show stays as it was."""
    names = {name for parameter in parameters for name in (parameter.key, *synonyms(parameter.key))}
    values = {key: value for key, value in before.values.items() if key not in names}
    faults: dict[str, str] = {}
    for parameter in parameters:
        value = _posted(parameter, posted)
        if value in (None, "", []):
            continue
        try:
            values |= _checked(parameter, ModelSettings.read({parameter.key: value}).values)
        except ValidationError:
            faults[parameter.key] = _expected(parameter)
        except ValueError as fault:
            faults[parameter.key] = str(fault)
        if parameter.key in faults and (kept := before.get(parameter.key)) is not None:
            values[parameter.key] = kept
    typed = {key: posted.get(key, "") for key in faults}
    return Sent(ModelSettings.read(values), faults, typed)


def _posted(parameter: Parameter, posted: QueryDict) -> Any:
    if parameter.type == "boolean":
        chosen = parameter.key in posted
        return None if chosen == bool(parameter.default) else chosen
    text = posted.get(parameter.key, "").replace("\r\n", "\n")
    if parameter.type == "array":
        return [line for line in text.split("\n") if line]
    if parameter.type == "enum":
        return None if text == (parameter.default or "") else text
    return text.strip() if parameter.control != "textarea" else text if text.strip() else ""


def _checked(parameter: Parameter, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values when they are within this model's own limits, which are narrower than those of all models."""
    value = values[parameter.key]
    if parameter.type == "number":
        low, high = parameter.low, parameter.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(_expected(parameter))
    if parameter.type == "array" and parameter.max_items and len(value) > parameter.max_items:
        raise ValueError(_expected(parameter))
    return values


def _expected(parameter: Parameter) -> str:
    if parameter.type == "number" and None not in (parameter.low, parameter.high):
        limits = {"low": _number(parameter.low), "high": _number(parameter.high)}
        if parameter.whole:
            return _("Enter a whole number from %(low)s to %(high)s.") % limits
        return _("Enter a number from %(low)s to %(high)s.") % limits
    if parameter.type == "array":
        return _("Enter at most %(most)d lines of at most %(longest)d characters each.") % {
            "most": parameter.max_items,
            "longest": parameter.max_length,
        }
    return _("This value can't be used here.")
