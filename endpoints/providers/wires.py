"""All wires, one row each: how each asks for a JSON object, what it takes in prompts, and how long those are kept.

`connection.wire` names one. "litellm" stands for every provider that no other row supports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from billing.services.pricing import CacheLife
from endpoints.providers import caching
from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import Adapter, ModelRequest
from endpoints.providers.bedrock import wire as bedrock_wire
from endpoints.providers.google import wire as google_wire
from endpoints.providers.litellm import wire as litellm_wire
from endpoints.providers.openai import responses_wire
from endpoints.providers.openai import wire as openai_wire
from endpoints.providers.openai.request import cache_life
from endpoints.providers.openai.request import rules as chat_rules
from endpoints.providers.prompt_rules import PromptRules
from endpoints.providers.vertex import wire as vertex_wire

AskForObject = Callable[[ModelRequest, str, Mapping[str, Any]], ModelRequest]


@dataclass(frozen=True, slots=True)
class Wire:
    """`model_prefix` is what litellm calls the provider that this wire speaks to."""

    stream: Adapter
    ask_for_object: AskForObject
    rules: Callable[[ModelRequest], PromptRules]
    cache_life: Callable[[ModelRequest], CacheLife]
    model_prefix: str = ""
    is_priced_bare: bool = False  # the price map has these models without their provider's name
    parameter_set: str = ""  # of whoever speaks it, unless something else is said
    prepare: Callable[[], Any] | None = None  # what is loaded before the first call, in a thread


WIRES: Final = {
    "openai": Wire(openai_wire.stream, openai_wire.ask_for_object, chat_rules, cache_life),
    "responses": Wire(responses_wire.stream, responses_wire.ask_for_object, responses_wire.rules, caching.by_itself),
    "anthropic": Wire(
        anthropic_wire.stream,
        anthropic_wire.ask_for_object,
        anthropic_wire.rules,
        caching.as_asked,
        "anthropic/",
        is_priced_bare=True,
        parameter_set="anthropic",
    ),
    "google": Wire(google_wire.stream, google_wire.ask_for_object, google_wire.rules, caching.as_asked, "gemini/"),
    "vertex": Wire(vertex_wire.stream, vertex_wire.ask_for_object, vertex_wire.rules, caching.as_asked, "vertex_ai/"),
    "bedrock": Wire(bedrock_wire.stream, bedrock_wire.ask_for_object, bedrock_wire.rules, caching.as_asked, "bedrock/"),
    "litellm": Wire(
        litellm_wire.stream,
        openai_wire.ask_for_object,
        litellm_wire.rules,
        caching.by_itself,
        prepare=litellm_wire.prepare,
    ),
}
_BY_PREFIX: Final = {wire.model_prefix: name for name, wire in WIRES.items() if wire.model_prefix}


def wire_of_prefix(prefix: str) -> str:
    """Return the wire of a provider by the name that litellm has for it: ours where there is one."""
    return _BY_PREFIX.get(prefix, "litellm")


def wire_of(request: ModelRequest) -> Wire:
    """Return what speaks to the request's endpoint."""
    name = request.endpoint.connection.wire
    return WIRES["responses" if name == "openai" and request.uses_responses else name]
