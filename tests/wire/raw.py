"""A server that answers with exactly the bytes it was given, and an endpoint of each wire to ask it through."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from endpoints.providers.base import ModelRequest, PromptMessage
from messages.events import Event
from tests.endpoint_maker import make_endpoint
from tests.wire.conftest import KEY, events_of

CHAT_WIRES = ("openai", "azure")
WIRES = (*CHAT_WIRES, "responses", "anthropic", "vertex claude", "gemini", "vertex gemini", "bedrock")
_PREFIXES = {"anthropic": "anthropic/", "gemini": "gemini/", "bedrock": "bedrock/"}


@asynccontextmanager
async def answering(*pieces: bytes, pause: float = 0, asked: list[bytes] | None = None) -> AsyncIterator[str]:
    """Serve the pieces, one after another with a pause between, to whoever asks; yield the server's address.

    The heads of the requests are added to `asked`.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head)
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await reader.readexactly(int(sizes[0].split(b":")[1]) if sizes else 0)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def http(
    body: bytes | str, content_type: str | None = "text/event-stream", status: str = "200 OK", *more: str
) -> bytes:
    """Return a whole answer whose end is that of the connection."""
    label = [f"Content-Type: {content_type}"] if content_type is not None else []
    head = "\r\n".join([f"HTTP/1.1 {status}", *label, *more, "Connection: close", "", ""])
    return head.encode() + (body.encode() if isinstance(body, str) else body)


def sse(*objects: Any, done: bool = True) -> bytes:
    """Return an event stream's answer of the objects, or of the lines where one is a text."""
    lines = [item if isinstance(item, str) else "data: " + json.dumps(item, ensure_ascii=False) for item in objects]
    return http("".join(f"{line}\n\n" for line in lines) + ("data: [DONE]\n\n" if done else ""))


def whole(answer: Any) -> bytes:
    return http(json.dumps(answer), "application/json")


def chunk(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "r", "object": "chat.completion.chunk", "model": "m", "choices": [choice]} | more


def completion(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": finish}
    return {"id": "r", "object": "chat.completion", "model": "m", "choices": [choice]} | more


def request_to(root: str, wire: str = "openai", *, stream: bool = True, **changes: Any) -> ModelRequest:
    """Return a request of an endpoint that speaks this wire."""
    endpoint: dict[str, Any] = {"wire": "openai", "base_url": f"{root}/v1", "api_key": KEY}
    vertex = wire.startswith("vertex")
    if wire == "azure":
        endpoint |= {"provider": "azureOpenAI", "key_header": "api-key", "base_url": f"{root}/openai/deployments/d"}
    elif vertex or wire in _PREFIXES:
        endpoint |= {"wire": "litellm", "base_url": root,
                     "model_prefix": "vertex_ai/" if vertex else _PREFIXES[wire]}  # fmt: skip
    model = "claude-sonnet-4-5" if wire in {"anthropic", "vertex claude"} else "some-model"
    made = make_endpoint("Raw", "Raw", written_by_operator=True, **(endpoint | changes))
    prompt = [PromptMessage.of("user", "hi")]
    return ModelRequest(made, model, prompt, stream=stream, uses_responses=wire == "responses")


async def played(answer: bytes | Sequence[bytes], wire: str = "openai", **options: Any) -> list[Event]:
    """Return the events of a call that is answered so."""
    async with answering(*([answer] if isinstance(answer, bytes) else answer)) as root:
        return await events_of(request_to(root, wire, **options))
