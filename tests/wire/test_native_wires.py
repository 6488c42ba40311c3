"""What is sent to Anthropic, Google and Vertex: address, headers and body, exactly."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.services.model_calls import complete, stream
from messages.events import PartDelta, PartEnded, PartStarted, Usage
from messages.parts import Reasoning, Signature, ToolCall
from tests.endpoint_maker import changed, make_endpoint
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import words
from tests.prompt_maker import answer, asked, results, said
from tests.wire.conftest import KEY, ask, ended, events_of, parts_of, text_of

pytestmark = pytest.mark.wire

TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})
CALLS = (ToolCall("c.1", "lookup", '{"q":"x"}'), ToolCall("c2", "lookup", "garbled"))


def prompt_by(signer: str) -> list[PromptMessage]:
    """Return a prompt with a round that an endpoint of this name has signed."""
    thoughts = (
        Reasoning("Where?", Signature("c2ln", provider=signer)),
        Reasoning("", Signature("AbC", encrypted=True, provider=signer)),
        Reasoning("", Signature("signature ZZ", encrypted=True, provider=signer)),
        Reasoning("unsealed"),
    )
    return [
        PromptMessage.of("system", "Be brief."),
        asked("hi"),
        said(*thoughts, "One moment.", *CALLS),
        results(answer(CALLS[0], "found"), answer(CALLS[1], "nothing")),
    ]


def headers_of(seen: dict[str, Any]) -> dict[str, str]:
    usual = {"host", "accept", "accept-encoding", "user-agent", "content-length"}
    return {name.lower(): value for name, value in seen["headers"].items() if name.lower() not in usual}


@pytest.mark.security
async def test_a_message_to_anthropic(anthropic: Endpoint, model_server: ModelServer) -> None:
    params = {
        "thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}, "temperature": None,
        "cache_control": {"type": "ephemeral", "ttl": "1h"}, "betas": ["x-1", "y-2"],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "model": "other", "messages": [], "system": "forged", "stream": False,
    }  # fmt: skip
    endpoint = changed(anthropic, headers={"X-Team": "blue"}, wire_names={"claude-sonnet-4-5": "claude-wire"})
    request = ModelRequest(
        endpoint, "claude-sonnet-4-5", prompt_by("A"), params=params, tools=(TOOL,), max_tokens=50, user_id="u1"
    )
    await events_of(request)
    (seen,) = model_server.requests()
    assert seen["path"] == "/v1/messages"
    assert headers_of(seen) == {
        "x-api-key": KEY, "anthropic-version": "2023-06-01", "anthropic-beta": "x-1,y-2", "x-team": "blue",
        "content-type": "application/json",
    }  # fmt: skip
    assert seen["body"] == {
        "model": "claude-wire",
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Where?", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "AbC"},
                {"type": "thinking", "thinking": "", "signature": "ZZ"},
                {"type": "text", "text": "One moment."},
                {"type": "tool_use", "id": "c_1", "name": "lookup", "input": {"q": "x"}},
                {"type": "tool_use", "id": "c2", "name": "lookup", "input": {"arguments": "garbled"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c_1", "content": "found"},
                {"type": "tool_result", "tool_use_id": "c2", "content": "nothing"},
            ]},
        ],
        "stream": True,
        "metadata": {"user_id": "u1"},
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "tools": [{"type": "web_search_20250305", "name": "web_search"},
                  {"name": "lookup", "description": "Looks things up.", "input_schema": dict(TOOL.parameters)}],
        "max_tokens": 50,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cap", "budget", "sent", "thinks"),
    [(0, 2_000, 10_192, 2_000), (9_000, 2_000, 9_000, 2_000), (4_000, 4_000, 4_000, 2_000), (900, 2_000, 900, None)],
)
async def test_thoughts_leave_room_for_the_answer(
    anthropic: Endpoint, model_server: ModelServer, cap: int, budget: int, sent: int, thinks: int | None
) -> None:
    thinking = {"type": "enabled", "budget_tokens": budget}
    await events_of(replace(ask(anthropic, "hi", max_tokens=cap), params={"thinking": thinking}))
    body = model_server.requests()[0]["body"]
    assert body["max_tokens"] == sent
    assert body.get("thinking", {}).get("budget_tokens") == thinks


async def test_operators_add_and_drop(anthropic: Endpoint, model_server: ModelServer) -> None:
    endpoint = changed(
        anthropic, add_params={"top_k": 5, "model": "other"}, drop_params=("temperature", "max_tokens", "messages")
    )
    await events_of(replace(ask(endpoint, "hi"), params={"temperature": 0.3}, max_tokens=77))
    body = model_server.requests()[0]["body"]
    assert [body.get(name) for name in ("model", "top_k", "temperature", "max_tokens")] == [
        "claude-sonnet-4-5", 5, None, 77,
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["", "/", "/v1"])
async def test_the_root_of_a_custom_endpoint_may_hold_the_version(
    anthropic: Endpoint, model_server: ModelServer, path: str
) -> None:
    assert ended(await events_of(ask(changed(anthropic, base_url=model_server.root + path), "hi"))) == "stop"
    assert model_server.requests()[0]["path"] == "/v1/messages"


@pytest.mark.security
async def test_a_content_to_google(gemini: Endpoint, model_server: ModelServer) -> None:
    params: dict[str, Any] = {
        "temperature": 0.4, "topP": None, "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "high"},
        "safetySettings": [{"category": "C", "threshold": "T"}], "tools": [{"googleSearch": {}}],
        "generationConfig": {"seed": 7}, "contents": [], "systemInstruction": "forged",
    }  # fmt: skip
    request = ModelRequest(gemini, "gemini-2.5-pro", prompt_by("G"), params=params, tools=(TOOL,), max_tokens=50)
    await events_of(request)
    (seen,) = model_server.requests()
    assert seen["path"] == "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    assert headers_of(seen) == {"x-goog-api-key": KEY, "content-type": "application/json"}
    config = {"temperature": 0.4, "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "high"}, "seed": 7,
              "maxOutputTokens": 50}  # fmt: skip
    assert seen["body"] == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [
                {"text": "One moment."},
                {"functionCall": {"name": "lookup", "args": {"q": "x"}}, "thoughtSignature": "signature ZZ"},
                {"functionCall": {"name": "lookup", "args": {"arguments": "garbled"}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "lookup", "response": {"result": "found"}}},
                {"functionResponse": {"name": "lookup", "response": {"result": "nothing"}}},
            ]},
        ],
        "generationConfig": config,
        "safetySettings": [{"category": "C", "threshold": "T"}],
        "tools": [{"googleSearch": {}},
                  {"functionDeclarations": [{"name": "lookup", "description": "Looks things up.",
                                             "parametersJsonSchema": dict(TOOL.parameters)}]}],
    }  # fmt: skip


async def test_the_proof_of_a_thought_comes_before_the_call(gemini: Endpoint) -> None:
    events = await events_of(ask(gemini, "[[tools proof=AbC]]", tools=(TOOL,)))
    text, proof, call = parts_of(events).parts
    sealed = Reasoning("", Signature("AbC", encrypted=True, provider="G"))
    assert (text.type, proof, call.type) == ("text", sealed, "tool_call")


VERTEX = "/v1/projects/p-1/locations/eu/publishers"


@pytest.fixture
def vertex(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "V", "V", "litellm", base_url=model_server.root, api_key="ya29.given", model_prefix="vertex_ai/",
        models=("gemini-2.5-pro",), credentials={"vertex_project": "p-1", "vertex_location": "eu"},
        written_by_operator=True,
    )  # fmt: skip


async def test_gemini_at_vertex(vertex: Endpoint, model_server: ModelServer) -> None:
    assert text_of(await events_of(ask(vertex, "[[tokens:3]]"))) == "".join(words(3))
    (seen,) = model_server.requests()
    assert seen["path"] == f"{VERTEX}/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    assert headers_of(seen)["authorization"] == "Bearer ya29.given"


async def test_claude_at_vertex(vertex: Endpoint, model_server: ModelServer) -> None:
    request = replace(ask(vertex, "[[tokens:3]]", model="claude-sonnet-4-5@1", stream=False), params={"betas": ["x"]})
    assert text_of(await events_of(request)) == "".join(words(3))
    (seen,) = model_server.requests()
    assert seen["path"] == f"{VERTEX}/anthropic/models/claude-sonnet-4-5@1:rawPredict"
    body = seen["body"]
    assert [body["anthropic_version"], body["anthropic_beta"], "model" in body] == ["vertex-2023-10-16", ["x"], False]


async def test_a_service_account_buys_a_token_once(vertex: Endpoint, model_server: ModelServer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    address = f"{model_server.root}/token"
    account = {"client_email": "a@p-1.test", "private_key": pem, "private_key_id": "k1", "token_uri": address,
               "project_id": "p-1"}  # fmt: skip
    endpoint = changed(
        vertex, api_key="", credentials={"vertex_credentials": json.dumps(account), "vertex_location": "eu"}
    )
    for _ in range(2):
        assert ended(await events_of(ask(endpoint, "hi"))) == "stop"
    bought, *called = model_server.requests()
    assert [request["path"].startswith(VERTEX) for request in called] == [True, True]
    assert {request["headers"]["Authorization"] for request in called} == {"Bearer ya29.sold"}
    claims = jwt.decode(bought["body"]["assertion"], key.public_key(), ["RS256"], audience=address)
    assert [claims["iss"], claims["scope"]] == ["a@p-1.test", "https://www.googleapis.com/auth/cloud-platform"]


@pytest.mark.security
@pytest.mark.parametrize(
    ("account", "code"),
    [({}, "bad_key"), ({"client_email": "a@b.test", "private_key": "none"}, "bad_key")],
)
async def test_a_faulty_service_account_is_a_bad_key(
    vertex: Endpoint, model_server: ModelServer, account: dict[str, str], code: str
) -> None:
    endpoint = changed(vertex, api_key="", credentials={"vertex_credentials": account})
    assert ended(await events_of(ask(endpoint, "hi"))) == code
    assert model_server.count == 0


@pytest.mark.security
@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
@pytest.mark.parametrize("change", [{"written_by_operator": False}, {"base_url": ""}, {"base_url": "file:///etc"}])
async def test_case_37_an_address_that_is_not_the_operators_is_refused(
    request: pytest.FixtureRequest, model_server: ModelServer, provider: str, change: dict[str, Any]
) -> None:
    endpoint = request.getfixturevalue(provider)
    assert ended(await events_of(ask(changed(endpoint, **change), "hi"))) == "refused_address"
    assert model_server.count == 0


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
def test_a_title_in_a_loop_of_its_own_works_twice(request: pytest.FixtureRequest, provider: str) -> None:
    endpoint = request.getfixturevalue(provider)
    asked = "Write a title for the conversation that begins with this.\n\ncats at night"
    for _ in range(2):  # as a worker does: a new loop each time
        text, usage, failed = asyncio.run(complete(ask(endpoint, asked, stream=False, max_tokens=24)))
        assert (text, failed) == ("Talk about cats at night", None)
        assert usage is not None


@pytest.mark.security
@pytest.mark.parametrize("provider", ["anthropic", "gemini", "bedrock"])
async def test_case_66_a_hostile_stream_makes_no_events_of_its_own(
    request: pytest.FixtureRequest, provider: str
) -> None:
    events = await events_of(ask(request.getfixturevalue(provider), "[[hostile]]"))
    assert text_of(events) == "before after <script>alert(1)</script>"
    assert {type(event) for event in events[:-1]} <= {PartStarted, PartDelta, PartEnded, Usage}


@pytest.mark.security
@pytest.mark.parametrize("provider", ["anthropic", "bedrock"])
async def test_case_66_a_delta_of_a_hundred_megabytes_is_refused_early(
    request: pytest.FixtureRequest, provider: str
) -> None:
    events = await events_of(ask(request.getfixturevalue(provider), "[[big size=100]]"))
    assert [text_of(events), ended(events)] == ["before ", "bad_response"]


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "bedrock"])
async def test_closing_the_iterator_hangs_up(
    request: pytest.FixtureRequest, model_server: ModelServer, provider: str
) -> None:
    async with aclosing(stream(ask(request.getfixturevalue(provider), "[[endless delay=1]]"))) as events:
        async for _ in events:
            break
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")
