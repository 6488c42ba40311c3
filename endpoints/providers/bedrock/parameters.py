"""Parameters of Bedrock's Converse: the wire sorts them into `inferenceConfig` and `additionalModelRequestFields`."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.parameters.mapped import Chosen, Mapped
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.anthropic.facts import claude
from endpoints.providers.base import Endpoint

_NAMES = {"temperature": "temperature", "topP": "topP", "stop": "stopSequences", "reasoning_effort": "reasoning_effort"}


def fields(_endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    region = {"region": chosen.get("region")} if chosen.get("region") else {}
    if claude(model).kind:
        mapped = anthropic_parameters.mapped(model, chosen, bedrock=True)
        return replace(mapped, params={**mapped.params, **region})
    params: dict[str, Any] = {**region} | {
        name: chosen.get(key) for key, name in _NAMES.items() if chosen.get(key) is not None
    }
    if "amazon.nova" not in model:
        chosen.refuse(_("This model doesn't support prompt caching."), "promptCache", "promptCacheTtl")
    elif chosen.get("promptCache", True):
        params["cachePoint"] = anthropic_parameters.cache_point(anthropic_parameters.lifetime(chosen))
    return Mapped(params, max_tokens=int(chosen.get("maxTokens") or 0), notes=chosen.notes)
