"""For how long each wire's provider may keep a prompt: what the reserve of a call goes by."""

from typing import Any

import pytest

from endpoints.parameters.request_fields import request_fields
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.wires import WIRES, wire_of
from tests.endpoint_maker import make_endpoint

SHORT, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def life(endpoint: Endpoint, model: str = "m", params: dict[str, Any] | None = None, **more: Any) -> str:
    request = ModelRequest(endpoint, model, [], params=params or {}, **more)
    return wire_of(request).cache_life(request)


@pytest.mark.parametrize("wire", sorted(WIRES))
def test_what_is_asked_for_counts_on_every_wire(wire: str) -> None:
    """Without that, only some providers keep a prompt, and never for an hour."""
    endpoint = make_endpoint("X", wire=wire)
    assert life(endpoint) == ("5m" if wire in {"openai", "responses", "litellm"} else "")
    assert life(endpoint, uses_responses=True) == life(endpoint)
    assert life(endpoint, params={"cache_control": SHORT}) == "5m"
    assert life(endpoint, params={"cache_control": HOUR}) == "1h"
    assert life(endpoint, params={"cachePoint": {"type": "default", "ttl": "1h"}}) == "1h"
    assert life(endpoint, params={"cache_control": {"type": "ephemeral", "ttl": "24h"}}) == "1h", "the dearest known"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"cache_control": HOUR}, "1h"),
        ({"cache_control": {}}, ""),
        ({"tools": [{"name": "search", "cache_control": HOUR}]}, "1h"),
        ({"tools": [{"name": "search", "cache_control": SHORT}, {"name": "fetch"}]}, "5m"),
        ({"context": [{"text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "5m"}}]}, "5m"),
        ({"cache_control_injection_points": [{"location": "message", "control": HOUR}]}, "1h"),
        ({"metadata": {"ttl": "1h"}}, ""),
    ],
)
def test_what_the_operator_adds_or_drops_counts_too(fields: dict[str, Any], expected: str) -> None:
    assert life(make_endpoint("X", wire="anthropic", add_params=fields)) == expected
    dropped = make_endpoint("X", wire="anthropic", add_params=fields, drop_params=tuple(fields))
    assert life(dropped) == ""
    if expected:
        assert life(make_endpoint("X", wire="anthropic", drop_params=tuple(fields)), params=fields) == ""


@pytest.mark.parametrize(
    ("endpoint", "model"),
    [
        (make_endpoint("anthropic", wire="anthropic", provider="anthropic"), "claude-sonnet-4-5"),
        (make_endpoint("Claude", wire="vertex", provider="anthropic"), "claude-sonnet-4-5"),
        (make_endpoint("bedrock", wire="bedrock", provider="bedrock"), "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (make_endpoint("bedrock", wire="bedrock", provider="bedrock"), "amazon.nova-pro-v1:0"),
        (make_endpoint("OpenRouter", base_url="https://openrouter.ai/api/v1"), "anthropic/claude-sonnet-4.6"),
    ],
    ids=["Messages", "Vertex", "Converse", "Nova", "OpenRouter"],
)
def test_a_persons_choice_of_caching_is_what_is_reserved_for(endpoint: Endpoint, model: str) -> None:
    def chosen(**settings: Any) -> str:
        return life(endpoint, model, dict(request_fields(endpoint, model, settings).params))

    assert chosen() == "5m"
    assert chosen(promptCacheTtl="1h") == "1h"
    assert chosen(promptCacheTtl="5m") == "5m"
    assert chosen(promptCacheTtl="1h", promptCache=False) == ""


def test_a_model_that_caches_nothing_is_asked_for_nothing() -> None:
    endpoint = make_endpoint("bedrock", wire="bedrock", provider="bedrock")
    params = dict(request_fields(endpoint, "meta.llama3-1-70b-instruct-v1:0", {"promptCache": True}).params)
    assert life(endpoint, params=params) == ""
