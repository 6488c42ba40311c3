"""What all our own wires share: one HTTP call, its answer in pieces, and a reply that becomes events.

What a provider sends is never trusted: only known fields of known types become events, everything else is passed
over; a line and a reply have a largest size.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from endpoints.adapters.assembly import FINISH, ToolCalls
from endpoints.adapters.base import Endpoint, ModelRequest, PromptMessage, ToolCall
from endpoints.adapters.failures import failure_of, failure_of_error, parsed, wait_of
from endpoints.events import Event, Failed, Finished, FinishReason, Usage
from endpoints.http import (
    Address,
    Answer,
    AnswerTooLarge,
    OutboundError,
    Patience,
    RefusedAddress,
    TimedOut,
    address_of,
    outbound,
)
from endpoints.prompts import spoken

MAX_LINE = 4 * 1024 * 1024
MAX_ERROR = 64 * 1024
MAX_WHOLE = 16 * 1024 * 1024
TAIL_SECONDS = 5.0  # how long usage and the end mark may take after the last word
PATIENCE = Patience(connect=10, first_byte=120, idle=180, total=3600)
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]")
_SECRETS = {"aws_secret_access_key", "aws_session_token", "vertex_credentials"}
_WHOLE = {"application/json", "text/html"}


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent, and where to. The headers hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Pieces(Protocol):
    """Cuts a body that comes in arbitrary chunks into the provider's own units, JSON each."""

    def feed(self, chunk: bytes) -> list[bytes]: ...

    def end(self) -> list[bytes]: ...


async def exchange(endpoint: Endpoint, call: Call, reply: "Reply", patience: Patience) -> AsyncGenerator[Event]:
    """Send `call` and yield the events of its answer, as `base.Adapter` promises."""
    try:
        client = await outbound()
        async with client.request(
            "POST", call.url, headers=call.headers, body=call.body, exempt=exempt_of(endpoint), patience=patience
        ) as answer:
            if answer.status != 200 or answer.content_type in _WHOLE:
                for event in await _whole(answer, reply, endpoint):
                    yield event
                return
            # Everything below runs once per piece of the reply: one loop, no layers of generators.
            pieces = reply.pieces
            async with aclosing(answer.chunks()) as chunks:
                for event in await _first(chunks, reply, patience):
                    yield event
                while not reply.over and (chunk := await _next(chunks, reply)) is not None:
                    for event in reply.read(pieces.feed(chunk)):
                        yield event
                for event in reply.read(pieces.end()):
                    yield event
            for event in reply.end():
                yield event
    except (OutboundError, RefusedAddress) as error:
        for event in reply.end(failure_of_error(error, began=reply.began)):
            yield event


def exempt_of(endpoint: Endpoint) -> tuple[Address, ...]:
    """Return the address that may be private because the operator wrote it, or allowed it to people."""
    address = address_of(endpoint.base_url)
    allowed = address is not None and (endpoint.written_by_operator or address in endpoint.allowed_addresses)
    return (address,) if address and allowed else ()


def secrets_of(endpoint: Endpoint) -> list[str]:
    """Return what no log may hold: a provider that doubts a signature quotes what was signed, tokens included."""
    credentials = [value for name, value in endpoint.credentials.items() if name in _SECRETS and isinstance(value, str)]
    return [endpoint.api_key, *credentials]


def url_of(endpoint: Endpoint, path: str) -> str:
    """Return the endpoint's address with `path` after its own, and its query."""
    try:
        parts = urlsplit(endpoint.base_url)
    except ValueError:
        return endpoint.base_url  # the guard says why it cannot be called
    where = parts.path if endpoint.direct else parts.path.rstrip("/") + path
    query = "&".join(filter(None, [parts.query, urlencode(endpoint.query)]))
    return urlunsplit(parts._replace(path=where, query=query, fragment=""))


def named(request: ModelRequest) -> str:
    """Return what the provider calls the model: a deployment, a profile, or its own name."""
    return request.endpoint.wire_names.get(request.model, request.model)


def instructions_of(request: ModelRequest) -> str:
    """Return the prompt's system messages, which most wires take apart from the others, as one text."""
    return "\n\n".join(each.content for each in spoken(request.messages) if each.role == "system")


def in_turns(
    request: ModelRequest, blocks_of: Callable[[PromptMessage], Iterable[Any]], *, model: str, key: str
) -> list[dict[str, Any]]:
    """Return the prompt without its instructions as messages of blocks, those of the model by the role `model`.

    What one side says in a row is one message: the results of parallel calls must stand together.
    """
    found: list[dict[str, Any]] = []
    for message in spoken(request.messages):
        blocks = [] if message.role == "system" else list(blocks_of(message))
        role = model if message.role == "assistant" else "user"
        if blocks and found and found[-1]["role"] == role:
            found[-1][key] += blocks
        elif blocks:
            found.append({"role": role, key: blocks})
    return found


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments as the object that they should be; what a model garbled is kept under one name."""
    value = parsed((call.arguments or "{}").encode())
    return value if isinstance(value, dict) else {"arguments": value}


def safe_id(call_id: str) -> str:
    """Return a call's id in the letters that every provider takes: another one may have given it."""
    return _NO_ID.sub("_", call_id)


def packed(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def with_key(endpoint: Endpoint, header: str, value: str) -> dict[str, str]:
    """Return the operator's headers and the key's; one of theirs by the same name replaces the key."""
    theirs = {name.lower() for name in endpoint.headers}
    key = {header: value} if value and header.lower() not in theirs else {}
    return {"Content-Type": "application/json"} | key | dict(endpoint.headers)


async def _whole(answer: Answer, reply: "Reply", endpoint: Endpoint) -> list[Event]:
    """Return the events of an answer that is no stream."""
    if answer.status != 200:
        body = parsed(await answer.read(MAX_ERROR, cut=True))
        if answer.content_type == "text/html" and answer.status in {400, 404, 405}:
            return [Failed("bad_response", f"{answer.status} a web page")]
        return [failure_of(answer.status, body, secrets_of(endpoint), wait=wait_of(answer.headers))]
    if answer.content_type == "text/html":
        return [Failed("bad_response", "a web page")]
    return list(reply.whole(parsed(await answer.read(MAX_WHOLE))))


async def _first(chunks: AsyncGenerator[bytes], reply: "Reply", patience: Patience) -> list[Event]:
    """Return the events of the first chunk that has any; signs of life are no answer."""
    try:
        async with asyncio.timeout(patience.first_byte):
            while not reply.over and (chunk := await _next(chunks, reply)) is not None:
                if events := list(reply.read(reply.pieces.feed(chunk))):
                    return events
    except TimeoutError:
        raise TimedOut("no first token") from None
    return []


async def _next(chunks: AsyncGenerator[bytes], reply: "Reply") -> bytes | None:
    """Return the next chunk, or None at the end. A reply that is whole waits only briefly for what comes after."""
    try:
        if reply.finish is None:
            return await anext(chunks)
        return await asyncio.wait_for(anext(chunks), TAIL_SECONDS)
    except StopAsyncIteration:
        return None
    except (TimeoutError, OutboundError):
        if reply.finish is None:
            raise
        return None


class DataLines:
    """Finds what stands after ``data:`` on each line of an event stream that may be cut anywhere."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes. Raises `AnswerTooLarge` for a line that is too long."""
        if b"\n" not in chunk:
            self._rest += chunk
            if len(self._rest) > MAX_LINE:
                raise AnswerTooLarge(f"a line of more than {MAX_LINE} bytes")
            return []
        lines = chunk.split(b"\n")
        if self._rest:
            lines[0] = bytes(self._rest) + lines[0]
        self._rest = bytearray(lines.pop())
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]

    def end(self) -> list[bytes]:
        """Return the last line, which need not end in a line break."""
        line, self._rest = bytes(self._rest), bytearray()
        return [line[5:].strip()] if line.startswith(b"data:") else []


class Reply:
    """One reply as it comes: turns the provider's objects into events and knows how it ended.

    A wire says in `feed` and `whole` what its objects mean; it sets `began`, `finish`, `usage` and `failed`.
    """

    FINISHES: ClassVar[Mapping[str, FinishReason]] = FINISH

    def __init__(self, request: ModelRequest) -> None:
        self.began = False
        self.done = False  # the provider's mark of the end came
        self.finish: str | None = None
        self.failed: Failed | None = None
        self.usage: Usage | None = None
        self.pieces: Pieces = DataLines()
        self.secrets = secrets_of(request.endpoint)
        self.calls = ToolCalls(call.call_id for message in request.messages for call in message.tool_calls)

    @property
    def over(self) -> bool:
        return self.done or self.failed is not None

    def read(self, lines: list[bytes]) -> Iterator[Event]:
        """Yield the events of the lines up to the end mark. What is not JSON is passed over."""
        for line in lines:
            if self.over:
                return
            if line == b"[DONE]":
                self.done = True
                return
            try:
                data = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(data, dict):
                yield from self.feed(data)

    def feed(self, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of one object of the stream."""
        raise NotImplementedError

    def whole(self, data: Any) -> Iterator[Event]:
        """Yield the events of a reply that came as one JSON value, the last included."""
        if not isinstance(data, dict):
            self.failed = Failed("bad_response", "the answer is no object")
        elif data.get("error"):
            self.fail(data)
        else:
            yield from self.said_at_once(data)
        yield from self.end()

    def said_at_once(self, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of a reply that came as one object."""
        raise NotImplementedError

    def held(self) -> Iterator[Event]:
        """Yield what was held back, at the end."""
        yield from ()

    def end(self, failed: Failed | None = None) -> Iterator[Event]:
        """Yield what was held back, the usage, and the one last event."""
        yield from self.held()
        if self.usage is not None:
            yield self.usage
        failed = self.failed or failed
        if failed is not None:
            yield failed
        elif self.finish is not None:
            yield self.ending(self.finish)
        elif self.done and self.began:
            yield Finished("tool_calls" if self.calls.count else "stop")
        else:
            yield Failed("cut_off" if self.began else "bad_response", "the stream ended before the reply did")

    def ending(self, finish: str) -> Finished | Failed:
        """Return the last event for the provider's word."""
        reason = self.FINISHES.get(finish, "stop")
        return Finished("tool_calls" if self.calls.count and reason == "stop" else reason)

    def fail(self, data: dict[str, Any]) -> None:
        """Note the failure that the provider reports in an object of its stream."""
        error = data.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        self.failed = failure_of(status, data, self.secrets)
