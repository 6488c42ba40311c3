"""Which calls are of a model that thinks before it answers: by what is known of it, by its name, by what is asked."""

import re
from collections.abc import Mapping
from typing import Any, Final

from endpoints.catalog.profiles import is_known, profile
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.base import Endpoint

# Of the models that nobody lists, those whose makers name them by what they do.
_NAMES: Final = re.compile(
    r"(?:^|[^a-z0-9])(?:o[1-9]|gpt-(?:[5-9]|\d\d|oss)|gemini-(?:2\.5|[3-9])|r1|qwq|magistral|think\w*|reason\w*)(?![a-z0-9])",
    re.IGNORECASE,
)
# The fields that ask for thoughts, in a request or in a field that holds such fields.
_FIELDS: Final = {
    "reasoning_effort", "reasoning", "include_reasoning", "thinking", "thinkingConfig", "thinking_config",
    "enable_thinking", "output_config",
}  # fmt: skip
_AROUND: Final = {"additionalModelRequestFields", "generationConfig", "extra_body", "chat_template_kwargs"}
_SWITCHES: Final = ("type", "effort", "enabled", "thinkingBudget", "budget_tokens")
_OFF: Final = (False, None, "", 0, "none", "disabled", "off")


def reasons(endpoint: Endpoint, model: str) -> bool:
    """Whether the model may think before it answers; of one that nobody lists its name is all there is."""
    if endpoint.local:
        return False
    if profile(endpoint, model).supports_reasoning or anthropic_parameters.claude(model).thinks:
        return True
    names = {model, endpoint.wire_names.get(model, model)}
    return not is_known(endpoint, model) and any(map(_NAMES.search, names))


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
