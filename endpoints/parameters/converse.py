"""Bedrock, as litellm's arguments: it sorts them into `inferenceConfig` and `additionalModelRequestFields`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.parameters import claude
from endpoints.parameters.mapped import Mapped
from endpoints.parameters.sets import Chosen

_NAMES = {"temperature": "temperature", "topP": "top_p", "stop": "stop", "reasoning_effort": "reasoning_effort"}


def mapped(model: str, chosen: Chosen) -> Mapped:
    if claude.claude(model).kind:
        return claude.mapped(model, chosen, bedrock=True)
    params: dict[str, Any] = {name: chosen.get(key) for key, name in _NAMES.items() if chosen.get(key) is not None}
    if "amazon.nova" not in model:
        chosen.refuse(_("This model has no prompt cache."), "promptCache", "promptCacheTtl")
    elif chosen.get("promptCache", True):
        params |= claude.cache_marks(claude.lifetime(chosen))
    return Mapped(params, max_tokens=int(chosen.get("maxTokens") or 0), notes=chosen.notes)
