"""What we send and what the model server plays, held against the types of the providers' own Python clients."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from anthropic.types import Message, MessageCreateParams, RawMessageStreamEvent
from openai.types.chat import ChatCompletion, ChatCompletionChunk, CompletionCreateParams
from openai.types.responses import Response, ResponseCreateParams, ResponseStreamEvent
from pydantic import TypeAdapter

from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.openai import request as openai_request
from endpoints.providers.openai import responses_wire
from endpoints.services.adaptation import adapted
from endpoints.services.history import rounds
from messages.parts import Data, Image, Text, ToolCall
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.prompt_maker import answer, asked
from tests.wire.test_native_wires import TOOL, prompt_by

pytestmark = pytest.mark.wire

SCENARIOS = ("[[tokens:5 cached=2]]", "[[reasoning]]", "[[reasoning thoughts=1 redacted=AbC]]", "[[tools calls=2]]",
             "[[refusal]]", "[[length]]", "[[filter]]", "[[unicode]]")  # fmt: skip
PICTURE = Image("image/png", "QUJD")
PARAMS: dict[str, dict[str, Any]] = {
    "chat": {"temperature": 0.5, "reasoning_effort": "high", "verbosity": "low", "stop": ["x"]},
    "responses": {"reasoning": {"effort": "high", "summary": "auto"}, "text": {"verbosity": "low"},
                  "tools": [{"type": "web_search"}]},
    "anthropic": {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"},
                  "cache_control": {"type": "ephemeral"},
                  "tools": [{"type": "web_search_20250305", "name": "web_search"}]},
}  # fmt: skip
# Kept for as long as the module: what is checked as it is read needs its adapter until then.
SENT: dict[str, TypeAdapter[Any]] = {
    "chat": TypeAdapter(CompletionCreateParams),
    "responses": TypeAdapter(ResponseCreateParams),
    "anthropic": TypeAdapter(MessageCreateParams),
}
PIECES: dict[str, TypeAdapter[Any]] = {
    "chat": TypeAdapter(ChatCompletionChunk),
    "responses": TypeAdapter(ResponseStreamEvent),
    "anthropic": TypeAdapter(RawMessageStreamEvent),
}
WHOLE: dict[str, TypeAdapter[Any]] = {
    "chat": TypeAdapter(ChatCompletion),
    "responses": TypeAdapter(Response),
    "anthropic": TypeAdapter(Message),
}
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "anthropic": "/v1/messages"}


def body_of(wire: str, request: ModelRequest) -> dict[str, Any]:
    if wire == "anthropic":
        return anthropic_wire.body_of(request) | {"model": request.model}
    return responses_wire.body_of(request) if wire == "responses" else openai_request.body_of(request)


@pytest.mark.parametrize("stream_it", [True, False])
@pytest.mark.parametrize("wire", SENT)
def test_what_we_send_is_what_the_official_client_may_send(openai: Endpoint, wire: str, stream_it: bool) -> None:
    shown = answer(ToolCall("c3", "lookup", "{}"), "found", PICTURE, Data({"n": 1}))
    history = rounds([Text("So."), shown, answer(shown, PICTURE, failed=True)])
    prompt = [*prompt_by("Wire"), *history, asked("?", PICTURE)]
    endpoint = changed(openai, wire="anthropic" if wire == "anthropic" else "openai")
    request = ModelRequest(
        endpoint, "gpt-5", prompt, params=PARAMS[wire], tools=(TOOL,), max_tokens=50, user_id="u1", stream=stream_it,
        uses_responses=wire == "responses",
    )  # fmt: skip
    body = body_of(wire, replace(request, messages=adapted(request)))
    assert json.dumps(body).count(PICTURE.data) == 3
    # A field that the type does not name would be missing here, at whatever depth.
    assert plain(SENT[wire].validate_python(body)) == plain(body)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("wire", PIECES)
async def test_what_is_played_is_what_the_official_client_reads(
    model_server: ModelServer, wire: str, scenario: str
) -> None:
    count = 0
    async for piece in played(model_server, wire, scenario, stream=True):
        if piece.strip() not in {b"[DONE]", b""} and json.loads(piece).get("type") != "ping":
            PIECES[wire].validate_json(piece)
            count += 1
    assert count > 3


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("wire", WHOLE)
async def test_what_comes_at_once_is_what_the_official_client_reads(
    model_server: ModelServer, wire: str, scenario: str
) -> None:
    async for piece in played(model_server, wire, scenario, stream=False):
        WHOLE[wire].validate_json(piece)


async def played(model_server: ModelServer, wire: str, scenario: str, *, stream: bool) -> AsyncIterator[bytes]:
    prompt = {"input": scenario} if wire == "responses" else {"messages": [{"role": "user", "content": scenario}]}
    body = {"model": "m", "stream": stream, **prompt}
    if wire == "responses":
        body["input"] = [{"role": "user", "content": scenario}]
    async with aiohttp.ClientSession() as session, session.post(model_server.root + PATHS[wire], json=body) as answer:
        text = await answer.read()
    for piece in lines(text) if stream else [text]:
        yield piece


def lines(text: bytes) -> Iterator[bytes]:
    return (line.removeprefix(b"data: ") for line in text.splitlines() if line.startswith(b"data: "))


def plain(value: Any) -> Any:
    """Return the value with its lists read to the end: those of an iterable type are checked as they are read."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return value
    return [plain(item) for item in value]
