"""A model that thinks for minutes: what counts as life, which limit holds when, and that it is never the wrong one.

The limits are fractions of a second here. Silence is a gate of the model server, life is a comment every few
hundredths; what goes on is let in by the events themselves, not by the clock.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.litellm import wire as litellm
from endpoints.providers.wires import wire_of
from endpoints.services.model_calls import stream
from endpoints.transport.http import Timeouts
from endpoints.transport.retries import ONCE
from messages.events import Event, PartStarted
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.wire.conftest import ask, checked, ended, events_of, text_of
from tests.wire.raw import WIRES, chunk, completion, request_to

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SHORT, LONG = 0.8, 30.0  # seconds: a limit that is reached, and one that no test waits for
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def timeouts(first: float, idle: float) -> Timeouts:
    return Timeouts(connect=LONG, first_byte=first, idle=idle, total=2 * LONG)


def part(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def said(text: str, finish: str | None = None) -> bytes:
    return part(b"data: " + json.dumps(chunk({"content": text}, finish)).encode() + b"\n\n")


@asynccontextmanager
async def playing(*steps: bytes | float) -> AsyncIterator[str]:
    """Serve bytes with pauses of seconds between them; yield the address."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(size.partition(b":")[2]))
            for step in steps:
                if isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                else:
                    await asyncio.sleep(step)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()


async def events_over(root: str, first: float, idle: float, *, streamed: bool = True) -> list[Event]:
    request = request_to(root, stream=streamed)
    return await checked(wire_of(request).stream(request, timeouts=timeouts(first, idle)))


SIGNS = {
    "comments": [part(b": still here\n\n")] * 8,
    "pings": [part(b"event: ping\ndata: {}\n\n")] * 8,
    "a byte at a time": [part(byte.to_bytes()) for byte in b": think "],
    "blank lines": [part(b"\n")] * 8,
}


@pytest.mark.parametrize("signs", SIGNS.values(), ids=SIGNS)
async def test_any_byte_before_the_first_word_is_a_sign_of_life(signs: list[bytes]) -> None:
    between: list[bytes | float] = [step for sign in signs for step in (sign, SHORT / 5)]  # more than a limit in all
    async with playing(HEAD, *between, part(b"\n\n"), said("Late.", "stop"), END) as root:
        events = await events_over(root, SHORT, LONG)
    assert [text_of(events), ended(events)] == ["Late.", "stop"]


async def test_any_byte_between_two_words_is_a_sign_of_life() -> None:
    between: list[bytes | float] = [part(b": still here\n\n"), SHORT / 5] * 8
    async with playing(HEAD, said("A "), *between, said("b.", "stop"), END) as root:
        events = await events_over(root, LONG, SHORT)
    assert [text_of(events), ended(events)] == ["A b.", "stop"]


async def test_a_whole_reply_that_trickles_in_is_read_to_its_end() -> None:
    body = json.dumps(completion({"content": "Slow."})).encode()
    pieces = [body[at : at + len(body) // 8] for at in range(0, len(body), len(body) // 8)]
    steps: list[bytes | float] = [step for piece in pieces for step in (part(piece), SHORT / 5)]
    async with playing(WHOLE, *steps, END) as root:
        events = await events_over(root, SHORT, LONG, streamed=False)
    assert [text_of(events), ended(events)] == ["Slow.", "stop"]


@pytest.mark.parametrize("beginning", [b"", HEAD, HEAD + part(b": on it\n\n"), HEAD + part(b"data: {}\n\n")])
async def test_before_the_first_word_the_limit_is_that_of_the_first_word(beginning: bytes) -> None:
    """A model that says "I am thinking" at once, as OpenAI's Responses do, has as long for its thoughts as any."""
    async with playing(beginning, SHORT * 2, b"" if beginning else HEAD, said("Late.", "stop"), END) as root:
        assert text_of(await events_over(root, LONG, SHORT / 2)) == "Late."
        assert ended(await events_over(root, SHORT / 2, LONG)) == "timeout"


async def test_after_the_first_word_the_limit_is_that_between_words() -> None:
    async with playing(HEAD, said("A "), SHORT * 2, said("b.", "stop"), END) as root:
        assert text_of(await events_over(root, SHORT / 2, LONG)) == "A b."
        events = await events_over(root, LONG, SHORT / 2)
    assert [text_of(events), ended(events)] == ["A ", "stalled"]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("wire", WIRES)
async def test_every_wire_waits_for_a_model_that_thinks(
    model_server: ModelServer, settings: Any, wire: str, streamed: bool
) -> None:
    settings.MODEL_FIRST_WORD_SECONDS = settings.MODEL_SILENCE_SECONDS = SHORT
    settings.REASONING_FIRST_WORD_SECONDS = LONG
    request = asked_of(model_server, wire, f"[[tokens:3 first={int(SHORT * 2000)}]]", streamed=streamed)
    thinking = replace(request, params={"thinking": {"type": "enabled", "budget_tokens": 2000}})
    assert ended(await events_of(thinking)) == "stop"


@pytest.mark.parametrize("wire", ["openai", "azure", "responses", "gemini", "vertex gemini", "bedrock"])
async def test_every_wire_gives_up_on_one_that_does_not(model_server: ModelServer, settings: Any, wire: str) -> None:
    settings.MODEL_FIRST_WORD_SECONDS = SHORT
    settings.REASONING_FIRST_WORD_SECONDS = LONG
    assert ended(await events_of(asked_of(model_server, wire, "[[stall head=no]]", streamed=True))) == "timeout"


def asked_of(server: ModelServer, wire: str, text: str, *, streamed: bool) -> ModelRequest:
    """Return a request of a model that nobody knows, where the wire allows one."""
    request = request_to(server.root, wire, stream=streamed)
    changes = {"base_url": f"{server.root}/v1beta"} if wire == "gemini" else {}
    if wire == "bedrock":
        changes = {"credentials": {"aws_region_name": "eu-central-1"}}  # type: ignore[dict-item]
    if wire.startswith("vertex"):
        changes = {"credentials": {"vertex_project": "p-1", "vertex_location": "eu"}}  # type: ignore[dict-item]
    request_made = ask(changed(request.endpoint, **changes), text, model=request.model, stream=streamed)
    return replace(request_made, uses_responses=request.uses_responses)


async def test_closing_the_call_while_the_model_is_silent_hangs_up_at_once(
    model_server: ModelServer, openai: Endpoint
) -> None:
    calls = stream(replace(ask(openai, "[[stall head=no]]"), model="o3"), retries=ONCE)
    waiting = asyncio.ensure_future(anext(calls))
    await asyncio.to_thread(model_server.wait_until, lambda seen: len(seen) == 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await calls.aclose()
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


# --- through litellm -------------------------------------------------------------------------------
@pytest.fixture(params=["anthropic", "gemini"])
def translated(request: pytest.FixtureRequest) -> Endpoint:
    endpoint = request.getfixturevalue(request.param)
    assert isinstance(endpoint, Endpoint)
    return endpoint


async def through(request: ModelRequest, first: float, idle: float) -> list[Event]:
    return await checked(litellm.stream(request, timeouts=timeouts(first, idle)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("streamed", [True, False])
async def test_litellm_waits_for_a_model_that_thinks(translated: Endpoint, streamed: bool) -> None:
    request = ask(translated, f"[[tokens:3 first={int(SHORT * 2000)}]]", stream=streamed)
    assert ended(await through(request, LONG, SHORT)) == "stop"
    assert ended(await through(request, SHORT, LONG)) == "timeout"


@pytest.mark.filterwarnings("ignore")
async def test_litellm_gives_up_on_silence_between_two_words(translated: Endpoint) -> None:
    events = await through(ask(translated, "[[stall]]"), LONG, SHORT)
    assert ended(events) == "stalled"
    assert any(isinstance(event, PartStarted) for event in events)


@pytest.mark.filterwarnings("ignore")
async def test_litellm_takes_comments_for_life_before_and_between_words(anthropic: Endpoint) -> None:
    comments: list[bytes | float] = [part(b": still here\n\n"), SHORT / 5] * 8
    beginning = {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "model": "c",
                 "usage": {"input_tokens": 1, "output_tokens": 1}}}  # fmt: skip
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
             for text in ("A ", "b.")]  # fmt: skip
    end = [{"type": "content_block_stop", "index": 0},
           {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
           {"type": "message_stop"}]  # fmt: skip

    def sent(*objects: Any) -> bytes:
        return b"".join(part(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()) for event in objects)

    steps = [HEAD, *comments, sent(beginning, block, deltas[0]), *comments, sent(deltas[1], *end), END]
    async with playing(*steps) as root:
        events = await through(ask(changed(anthropic, base_url=root), "hi"), SHORT, SHORT)
    assert [text_of(events), ended(events)] == ["A b.", "stop"]


@pytest.mark.filterwarnings("ignore")
async def test_litellm_does_not_wait_for_a_connection_as_long_as_for_thoughts(anthropic: Endpoint) -> None:
    """The backlog of the socket is full: nobody takes the connection."""
    async with unreachable() as root:
        request = ask(changed(anthropic, base_url=root), "hi")
        limits = Timeouts(connect=SHORT, first_byte=LONG, idle=LONG, total=LONG)
        assert ended(await checked(litellm.stream(request, timeouts=limits))) == "connect_timeout"


@asynccontextmanager
async def unreachable() -> AsyncIterator[str]:
    """Yield an address where connections are neither taken nor refused."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    address = listening.getsockname()
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(address)
        fillers.append(filler)
    try:
        yield f"http://{address[0]}:{address[1]}"
    finally:
        for open_socket in (*fillers, listening):
            open_socket.close()
