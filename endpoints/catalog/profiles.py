"""What a model can do, as data. Callers ask the profile, never who the provider is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.services.price_map import entry
from core.addresses import address_of
from endpoints.catalog import default_models
from endpoints.providers.base import Endpoint

# What the price map calls the provider behind a host.
_HOSTS = {
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "xai",
    "api.together.xyz": "together_ai",
    "api.perplexity.ai": "perplexity",
    "api.fireworks.ai": "fireworks_ai",
    "api.cohere.ai": "cohere",
    "api.moonshot.ai": "moonshot",
    "dashscope.aliyuncs.com": "dashscope",
    "dashscope-intl.aliyuncs.com": "dashscope",
    "api.deepinfra.com": "deepinfra",
    "openrouter.ai": "openrouter",
}
_BARE = {"anthropic/"}  # the map has these models without their provider's name


@dataclass(frozen=True, slots=True)
class Profile:
    context_window: int  # tokens
    max_output_tokens: int  # 0: nobody knows
    supports_tools: bool
    supports_reasoning: bool
    supports_vision: bool


UNKNOWN = Profile(32_768, 0, supports_tools=True, supports_reasoning=False, supports_vision=False)
LOCAL = Profile(4_096, 0, supports_tools=False, supports_reasoning=False, supports_vision=False)


def price_keys(endpoint: Endpoint, model: str) -> tuple[str, ...]:
    """Return the keys of the price map under which `model` may stand, the best first."""
    if endpoint.local:
        return ()
    keys = []
    if endpoint.litellm_prefix and endpoint.litellm_prefix not in _BARE:
        keys.append(endpoint.litellm_prefix + model)
    address = address_of(endpoint.base_url)
    host = _HOSTS.get(address[0]) if address else None
    if host:
        keys.append(f"{host}/{model}")
    keys.append(model)
    if "/" in model:  # a host of many makers: the maker's own price is the nearest there is
        keys.append(model.rpartition("/")[2])
    return tuple(dict.fromkeys(keys))


def built_in(endpoint: Endpoint, model: str) -> Mapping[str, Any] | None:
    """Return what Parley's own list says of a built-in provider's model, or None."""
    family = "openAI" if endpoint.family == "azureOpenAI" else endpoint.family
    return default_models.known().get(family, {}).get(model)


def is_known(endpoint: Endpoint, model: str) -> bool:
    """Whether anybody says what the model can do."""
    return endpoint.local or any(entry(key) for key in price_keys(endpoint, model))


def profile(endpoint: Endpoint, model: str) -> Profile:
    """Return what is known of a model; for an unknown one what is safe to assume."""
    if endpoint.local:
        return LOCAL
    found = next((each for key in price_keys(endpoint, model) if (each := entry(key))), None)
    if found is None:
        own = built_in(endpoint, model)
        return UNKNOWN if own is None else replace(
            UNKNOWN, context_window=own["window"], max_output_tokens=own["reply"],
            supports_reasoning=own.get("reasons", False),
        )  # fmt: skip
    return Profile(
        context_window=int(found.get("max_input_tokens") or UNKNOWN.context_window),
        max_output_tokens=int(found.get("max_output_tokens") or 0),
        supports_tools=bool(found.get("supports_function_calling")),
        supports_reasoning=bool(found.get("supports_reasoning")),
        supports_vision=bool(found.get("supports_vision")),
    )
