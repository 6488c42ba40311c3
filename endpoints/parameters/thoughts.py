"""The request fields that ask a model to reason before it answers."""

from collections.abc import Mapping
from typing import Any, Final

# The fields that ask for thoughts, in a request or in a field that holds such fields.
_FIELDS: Final = {
    "reasoning_effort",
    "reasoning",
    "include_reasoning",
    "thinking",
    "thinkingConfig",
    "thinking_config",
    "enable_thinking",
    "output_config",
}
_AROUND: Final = {"additionalModelRequestFields", "generationConfig", "extra_body", "chat_template_kwargs"}
_SWITCHES: Final = ("type", "effort", "enabled", "thinkingBudget", "budget_tokens")
_OFF: Final = (False, None, "", 0, "none", "disabled", "off")


def asks_for_thoughts(fields: Mapping[str, Any]) -> bool:
    """Whether the fields of a request ask the model to think."""
    return any(
        _is_on(value) if name in _FIELDS else isinstance(value, Mapping) and asks_for_thoughts(value)
        for name, value in fields.items()
        if name in _FIELDS or name in _AROUND
    )


def _is_on(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and all(value[name] not in _OFF for name in _SWITCHES if name in value)
    return value not in _OFF
