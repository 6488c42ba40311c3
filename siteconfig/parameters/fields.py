"""The definition of one model parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.functional import Promise

Control = Literal["input", "textarea", "slider", "switch", "checkbox", "dropdown", "combobox", "tags"]
Kind = Literal["number", "string", "boolean", "enum", "array"]
Translatable = str | Promise

MAX_TEXT_LENGTH = 100_000  # characters of a system prompt
MAX_LINE_LENGTH = 256
MAX_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One control of the panel, one field of the API, one thing to map to a request.

    `default` is what holds when nothing is set; it is sent only where a provider needs it, or where the operator
    wrote it (`always`). `columns` of four is its width. `waits` marks what is kept, but has nothing to act on yet.
    """

    key: str
    control: Control
    type: Kind
    label: Translatable = ""
    description: Translatable = ""
    default: Any = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    max_items: int = 0  # items of an array
    max_length: int = MAX_LINE_LENGTH  # characters of a text
    belongs: Literal["conversation", "model", "custom", ""] = "model"
    columns: int = 2
    placeholder: Translatable = ""
    show_label: bool = True
    show_default: bool = True
    option_labels: Mapping[str, str] | None = None
    always: bool = False
    waits: bool = False

    @property
    def whole(self) -> bool:
        """Whether a number has no fraction."""
        return self.type == "number" and (self.step is None or self.step == int(self.step))

    def overridden(self, definition: Mapping[str, Any]) -> "Parameter":
        """Return the parameter with what one of an endpoint's `paramDefinitions` says of it (config, section 10.1)."""
        limits: Mapping[str, Any] = definition.get("range") or {}
        changes: dict[str, Any] = {
            field: definition[name] for name, field in _DEFINED.items() if definition.get(name) is not None
        }
        changes |= {field: limits[name] for name, field in _LIMITS.items() if limits.get(name) is not None}
        if definition.get("options"):
            changes["options"] = tuple(str(option) for option in definition["options"])
        if "default" in changes:
            changes["always"] = True
        changes["columns"] = min(max(int(changes.get("columns", self.columns)), 1), 4)
        return replace(self, **changes)


_DEFINED = {
    "type": "type",
    "default": "default",
    "component": "control",
    "optionType": "belongs",
    "label": "label",
    "description": "description",
    "placeholder": "placeholder",
    "showLabel": "show_label",
    "showDefault": "show_default",
    "columnSpan": "columns",
    "enumMappings": "option_labels",
    "maxTags": "max_items",
    "maxText": "max_length",
}
_LIMITS = {"min": "low", "max": "high", "step": "step"}
