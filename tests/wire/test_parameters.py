"""Parameters on their way: what a person sets, as each provider receives it."""

from typing import Any

import pytest

from endpoints.parameters.request_fields import request_fields, with_headers
from endpoints.providers.base import Endpoint
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.wire.conftest import ask, ended, events_of

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore")]


async def received(endpoint: Endpoint, server: ModelServer, model: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return the body that arrives for what is chosen, and with it the headers."""
    fields = request_fields(endpoint, model, chosen)
    request = ask(with_headers(endpoint, fields.headers), "hi", model=model, params=fields.params, stream=fields.stream,
                  max_tokens=fields.max_tokens, uses_responses=fields.uses_responses)  # fmt: skip
    assert ended(await events_of(request)) == "stop"
    (seen,) = server.requests()
    body: dict[str, Any] = seen["body"]
    return body | {"headers": {name.lower(): value for name, value in seen["headers"].items()}}


async def test_chat_completions(openai: Endpoint, model_server: ModelServer) -> None:
    chosen = {"temperature": 0.2, "stop": ["x"], "verbosity": "low", "reasoning_effort": "low", "max_tokens": 40,
              "disableStreaming": True}  # fmt: skip
    endpoint = changed(openai, add_params={"seed": 7, "verbosity": "high"}, drop_params=("stop",))
    body = await received(endpoint, model_server, "some-model", chosen)
    wanted = {"temperature": 0.2, "verbosity": "high", "reasoning_effort": "low", "max_tokens": 40, "seed": 7,
              "stream": False}  # fmt: skip
    assert {name: value for name, value in body.items() if name not in {"headers", "messages", "model"}} == wanted


async def test_messages_that_think(anthropic: Endpoint, model_server: ModelServer) -> None:
    endpoint = changed(anthropic, provider="anthropic")
    chosen = {"thinkingBudget": 3000, "maxOutputTokens": 5000, "temperature": 0.1, "web_search": True}
    body = await received(endpoint, model_server, "claude-sonnet-4-5", chosen)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 3000}
    assert body["max_tokens"] == 5000
    assert body["cache_control"] == {"type": "ephemeral"}
    assert [tool["type"] for tool in body["tools"]] == ["web_search_20250305"]
    assert "web-search-2025-03-05" in body["headers"]["anthropic-beta"]
    assert not {"temperature", "top_p", "top_k"} & body.keys()


async def test_messages_that_adapt(anthropic: Endpoint, model_server: ModelServer) -> None:
    endpoint = changed(anthropic, provider="anthropic")
    chosen = {"effort": "low", "promptCacheTtl": "1h", "stop": ["x"]}
    body = await received(endpoint, model_server, "claude-opus-4-6", chosen)
    assert body["thinking"] == {"type": "adaptive"}
    assert body["output_config"] == {"effort": "low"}
    assert body["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert body["max_tokens"] == 128_000


@pytest.mark.parametrize(
    ("model", "sampled"), [("claude-sonnet-4-20250514", (0.1, 0.3, 4)), ("claude-sonnet-4-5", (0.1, None, 4))]
)
async def test_messages_that_sample(
    anthropic: Endpoint, model_server: ModelServer, model: str, sampled: tuple[float | None, ...]
) -> None:
    endpoint = changed(anthropic, provider="anthropic")
    chosen = {"thinking": False, "temperature": 0.1, "topP": 0.3, "topK": 4, "promptCache": False}
    body = await received(endpoint, model_server, model, chosen)
    assert tuple(body.get(name) for name in ("temperature", "top_p", "top_k")) == sampled
    assert not {"thinking", "cache_control"} & body.keys()


async def test_generate_content(gemini: Endpoint, model_server: ModelServer) -> None:
    endpoint = changed(gemini, provider="google")
    chosen = {"temperature": 0.1, "topP": 0.3, "topK": 4, "maxOutputTokens": 50, "thinkingBudget": 700,
              "web_search": True, "url_context": True}  # fmt: skip
    body = await received(endpoint, model_server, "gemini-2.5-pro", chosen)
    config = body["generationConfig"]
    assert config["thinkingConfig"] == {"thinkingBudget": 700, "includeThoughts": True}
    assert (config["temperature"], config["topP"], config["topK"]) == (0.1, 0.3, 4)
    assert config["maxOutputTokens"] == 50
    assert {name for tool in body["tools"] for name in tool} == {"googleSearch", "urlContext"}


async def test_generate_content_by_level(gemini: Endpoint, model_server: ModelServer) -> None:
    body = await received(
        changed(gemini, provider="google"), model_server, "gemini-3-pro-preview", {"thinkingLevel": "low"}
    )
    assert body["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "low", "includeThoughts": True}
