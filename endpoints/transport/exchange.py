"""Shared by our own wires: one HTTP call, its chunks, and a reply that becomes events.

Provider output is never trusted: only known fields of known types become events, everything else is ignored; lines and
replies have a maximum size.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from core.addresses import Address, address_of
from endpoints.providers.assembly import ToolCalls
from endpoints.providers.base import Connection, Endpoint, ModelRequest, PromptMessage
from endpoints.providers.counts import Counts
from endpoints.providers.finishes import failure_code_of, reason_of
from endpoints.providers.reply_parts import ReplyParts
from endpoints.services.prompts import spoken
from endpoints.transport.failures import (
    failure_in,
    failure_of_body,
    failure_of_error,
    failure_of_text,
    names_error,
    try_json,
    wait_of,
)
from endpoints.transport.framing import DONE, EventLines, Pieces
from endpoints.transport.http import Answer, OutboundError, RefusedAddress, Timeouts, outbound
from messages.events import Event, Failed, Finished
from messages.parts import Audio, Image, Part, ToolCall, text_of_result

MAX_ERROR = 64 * 1024
MAX_ODD = 2000
TAIL_SECONDS = 5.0  # how long usage and the end mark may take after the last word
TIMEOUTS = Timeouts(
    connect=10, first_byte=120, idle=180, total=3600
)  # unless `endpoints.transport.timeouts` says otherwise
_SECRETS = {"aws_secret_access_key", "aws_session_token", "vertex_credentials"}
_SECRET_NAMES = re.compile(r"auth|key|secret|token|cookie|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent, and where to. The headers hold the key."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


async def exchange(endpoint: Endpoint, call: Call, reply: "Reply", timeouts: Timeouts) -> AsyncGenerator[Event]:
    """Send `call` and yield the events of its answer, as `base.Adapter` promises."""
    try:
        client = await outbound()
        async with client.request(
            "POST", call.url, headers=call.headers, body=call.body, allowlist=allowlist_of(endpoint), timeouts=timeouts
        ) as answer:
            if not 200 <= answer.status < 300:
                yield await _refusal(answer, endpoint)
                return
            # Everything below runs once per piece of the reply: one loop, no layers of generators.
            async with aclosing(answer.chunks()) as chunks:
                answer.allow_silence(timeouts.first_byte)
                for event in await _first(chunks, reply):
                    yield event
                answer.allow_silence(timeouts.idle)
                pieces = reply.pieces
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


def allowlist_of(endpoint: Endpoint) -> tuple[Address, ...]:
    """Return the address that may be private because the operator wrote it, or allowed it to people."""
    address = address_of(endpoint.connection.base_url)
    allowed = address is not None and (
        endpoint.origin.written_by_operator or address in endpoint.connection.allowed_addresses
    )
    return (address,) if address and allowed else ()


def secrets_of(connection: Connection) -> list[str]:
    """Return what no log may hold: a provider that doubts a signature quotes what was signed, tokens included."""
    credentials = [
        value for name, value in connection.credentials.items() if name in _SECRETS and isinstance(value, str)
    ]
    written = [
        value for name, value in {**connection.headers, **connection.query}.items() if _SECRET_NAMES.search(name)
    ]
    return [connection.api_key, *credentials, *(word for value in written for word in value.split() if len(word) > 7)]


def url_of(connection: Connection, path: str) -> str:
    """Return the endpoint's address with `path` after its own, and its query."""
    try:
        parts = urlsplit(connection.base_url)
    except ValueError:
        return connection.base_url  # the guard says why it cannot be called
    where = parts.path if connection.direct else parts.path.rstrip("/") + path
    query = "&".join(filter(None, [parts.query, urlencode(connection.query)]))
    return urlunsplit(parts._replace(path=where, query=query, fragment=""))


def wire_model_name(request: ModelRequest) -> str:
    """Return what the provider calls the model: a deployment, a profile, or its own name."""
    return request.endpoint.models.wire_names.get(request.model, request.model)


def instructions_of(request: ModelRequest) -> str:
    """Return the prompt's system messages, which most wires take apart from the others, as one text."""
    return "\n\n".join(message.text for message in spoken(request.messages) if message.role == "system")


def in_turns(
    request: ModelRequest,
    blocks_of: Callable[[PromptMessage], Iterable[Any]],
    *,
    model: str,
    key: str,
    results_apart: bool = False,
) -> list[dict[str, Any]]:
    """Return the prompt without its instructions as messages of blocks, those of the model by the role `model`.

    What one side says in a row is one message, the results of calls first; `results_apart`: these are one of their own.
    """
    turns: list[dict[str, Any]] = []
    before = ""
    for message in spoken(request.messages):
        blocks = [] if message.role == "system" else list(blocks_of(message))
        if not blocks:
            continue
        role = model if message.role == "assistant" else "user"
        kind = message.role if results_apart else role
        if kind == before:
            turns[-1][key] += blocks
        else:
            turns.append({"role": role, key: blocks})
        before = kind
    return turns


def calls_last(message: PromptMessage) -> list[Part]:
    """Return the parts with the calls at the end, where most providers want them."""
    return sorted(message.parts, key=lambda part: isinstance(part, ToolCall))


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments as the object that they should be; what a model garbled is kept under one name."""
    value = try_json((call.arguments or "{}").encode("utf-8", "replace"))
    return value if isinstance(value, dict) else {"arguments": value}


def result_text(call: ToolCall) -> str:
    """Return a call's result without what a picture or a recording holds."""
    return "\n\n".join(
        text for part in call.result or () if not isinstance(part, Image | Audio) and (text := text_of_result(part))
    )


def data_url(part: Image | Audio) -> str:
    return f"data:{part.mime};base64,{part.data}"


def encode_json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def with_key(connection: Connection, header: str, value: str) -> dict[str, str]:
    """Return the operator's headers and the key's; one of theirs by the same name replaces the key."""
    theirs = {name.lower() for name in connection.headers}
    key = {header: value} if value and header.lower() not in theirs else {}
    return {"Content-Type": "application/json"} | key | dict(connection.headers)


def headers_of(connection: Connection) -> dict[str, str]:
    """Return the operator's headers and the key; one of theirs by the key's name replaces it."""
    bearer = connection.key_header.lower() == "authorization"
    key = connection.api_key
    return with_key(connection, connection.key_header, f"Bearer {key}" if bearer and key else key)


async def _refusal(answer: Answer, endpoint: Endpoint) -> Failed:
    """Return why the provider refused, also where the connection breaks before it has said all of it."""
    try:
        body = await answer.read(MAX_ERROR, cut=True)
    except OutboundError:
        body = b""
    hint = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    return failure_of_body(
        answer.status, body, secrets_of(endpoint.connection), wait=wait_of(answer.headers), hint=hint
    )


async def _first(chunks: AsyncGenerator[bytes], reply: "Reply") -> list[Event]:
    """Return the events of the first chunk that has any. Signs of life are no answer, but a reason to go on waiting."""
    while not reply.over and (chunk := await _next(chunks, reply)) is not None:
        reply.begin(chunk)
        if events := list(reply.read(reply.pieces.feed(chunk))):
            return events
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


class Reply:
    """One reply as it comes: turns the provider's objects into events and knows how it ended.

    A wire says in `parse_chunk` what its objects mean, whether they come one by one or as one that holds it all; it
    sets `known`, `began`, `finish`, `counts` and `failed`.
    """

    def __init__(self, request: ModelRequest) -> None:
        self.known = False  # an object of this wire came
        self.began = False  # something that people can see came
        self.done = False  # the provider's mark of the end came
        self.finish: str | None = None
        self.failed: Failed | None = None
        self.counts = Counts()
        self.pieces: Pieces = EventLines()
        self.odd = ""  # the first of what is no part of a reply, for the log
        self.secrets = secrets_of(request.endpoint.connection)
        self.parts = ReplyParts(request.endpoint.signer)
        self.calls = ToolCalls(self.parts, (call.id for message in request.messages for call in message.calls))

    @property
    def over(self) -> bool:
        return self.done or self.failed is not None

    def begin(self, chunk: bytes) -> None:
        """Look at the body's first bytes: they say how it is to be cut."""

    def read(self, values: list[Any]) -> Iterator[Event]:
        """Yield the events of the values up to the end mark. What is no object is passed over."""
        for data in values:
            if self.failed is not None or self.done:
                return
            if type(data) is dict:
                yield from self.parse_chunk(data)
            elif data == DONE:
                self.done = True
            elif isinstance(data, list):
                yield from self.read([item for item in data if isinstance(item, dict)])

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of one object."""
        raise NotImplementedError

    def pass_over(self, data: dict[str, Any]) -> None:
        """Note an object that is no part of a reply, unless it says why there is none."""
        if names_error(data):
            self.fail(data)
        elif not self.odd:
            self.odd = json.dumps(data, ensure_ascii=False)[:MAX_ODD]

    def flush(self) -> Iterator[Event]:
        """Yield what was held back, at the end."""
        yield from ()

    def end(self, failed: Failed | None = None) -> Iterator[Event]:
        """Yield what was held back, the usage, and the one last event."""
        for event in self.flush():
            self.began = True
            yield event
        yield from self.parts.end()
        if (usage := self.counts.usage()) is not None:
            yield usage
        yield self.failed or failed or self._last()

    def _last(self) -> Event:
        if self.finish is not None:
            return self.ending(self.finish)
        if self.done and self.began:
            return Finished("tool_calls" if self.calls.count else "stop")
        if self.known and not self.pieces.stray_text:
            return Failed("cut_off" if self.began else "lost", "the stream ended before the reply did")
        failed = failure_of_text(self.pieces.stray_text or self.odd, self.secrets)
        return Failed("cut_off", failed.detail) if self.began else failed

    def ending(self, finish: str) -> Finished | Failed:
        """Return the last event for the provider's word."""
        code = failure_code_of(finish, began=self.began)
        if code is not None:
            return Failed(code, f"the finish reason is {finish[:80]}")
        reason = reason_of(finish)
        if reason == "content_filter" and not self.began:
            return Failed(reason, f"the finish reason is {finish[:80]}")
        return Finished("tool_calls" if self.calls.count and reason == "stop" else reason)

    def fail(self, data: dict[str, Any]) -> None:
        """Note the failure that the provider reports in an object of its stream."""
        self.failed = self.failed or failure_in(data, self.secrets)
