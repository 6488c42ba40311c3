"""Bedrock's Converse: the adapter sorts the fields into `inferenceConfig` and `additionalModelRequestFields`."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.parameters.mapped import Mapped
from endpoints.parameters.sets import Chosen
from endpoints.providers.anthropic import parameters as anthropic_parameters

_NAMES = {"temperature": "temperature", "topP": "topP", "stop": "stopSequences", "reasoning_effort": "reasoning_effort"}


def mapped(model: str, chosen: Chosen) -> Mapped:
    region = {"region": chosen.get("region")} if chosen.get("region") else {}
    if anthropic_parameters.claude(model).kind:
        found = anthropic_parameters.mapped(model, chosen, bedrock=True)
        return replace(found, params={**found.params, **region})
    params: dict[str, Any] = {**region} | {
        name: chosen.get(key) for key, name in _NAMES.items() if chosen.get(key) is not None
    }
    if "amazon.nova" not in model:
        chosen.refuse(_("This model doesn't support prompt caching."), "promptCache", "promptCacheTtl")
    elif chosen.get("promptCache", True):
        params["cachePoint"] = anthropic_parameters.cache_point(anthropic_parameters.lifetime(chosen))
    return Mapped(params, max_tokens=int(chosen.get("maxTokens") or 0), notes=chosen.notes)
