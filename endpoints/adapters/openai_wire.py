"""The OpenAI wire: chat completions, streamed or whole. The hot path: bytes are split and parsed, no more.

What a provider sends is never trusted: only known fields of known types become events, everything else is passed
over; a line and a reply have a largest size.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from endpoints.adapters.assembly import FINISH, ThinkSplitter, ToolCalls, usage_of
from endpoints.adapters.base import Endpoint, ModelRequest
from endpoints.adapters.failures import failure_of, failure_of_error, parsed
from endpoints.adapters.openai_request import body_of, headers_of, url_of
from endpoints.events import Event, Failed, Finished, ReasoningDelta, Usage
from endpoints.http import (
    Address,
    Answer,
    AnswerTooLarge,
    OutboundError,
    Patience,
    RefusedAddress,
    address_of,
    outbound,
)

MAX_LINE = 4 * 1024 * 1024
MAX_ERROR = 64 * 1024
MAX_WHOLE = 16 * 1024 * 1024
TAIL_SECONDS = 5.0  # how long usage and the end mark may take after the last word
PATIENCE = Patience(connect=10, first_byte=120, idle=180, total=3600)
_WHOLE = {"application/json", "text/html"}
_REASONING_KEYS = ("reasoning_content", "reasoning")


async def stream(request: ModelRequest, *, patience: Patience = PATIENCE) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint, reply = request.endpoint, Reply(request)
    try:
        client = await outbound()
        async with client.request(
            "POST",
            url_of(endpoint),
            headers=headers_of(endpoint),
            json=body_of(request),
            exempt=exempt_of(endpoint),
            patience=patience,
        ) as answer:
            if answer.status != 200 or answer.content_type in _WHOLE:
                for event in await _whole(answer, reply, endpoint):
                    yield event
                return
            # Everything below runs once per piece of the reply: one loop, no layers of generators.
            async with aclosing(answer.chunks()) as chunks:
                lines = DataLines()
                while not reply.over and (chunk := await _next(chunks, reply)) is not None:
                    for event in reply.read(lines.feed(chunk)):
                        yield event
                for event in reply.read(lines.end()):
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


async def _whole(answer: Answer, reply: "Reply", endpoint: Endpoint) -> list[Event]:
    """Return the events of an answer that is no stream."""
    if answer.status != 200:
        body = parsed(await answer.read(MAX_ERROR, cut=True))
        if answer.content_type == "text/html" and answer.status in {400, 404, 405}:
            return [Failed("bad_response", f"{answer.status} a web page")]
        return [failure_of(answer.status, body, endpoint.api_key)]
    if answer.content_type == "text/html":
        return [Failed("bad_response", "a web page")]
    return list(reply.whole(parsed(await answer.read(MAX_WHOLE))))


async def _next(chunks: AsyncGenerator[bytes], reply: "Reply") -> bytes | None:
    """Return the next piece, or None at the end. A reply that is whole waits only briefly for what comes after."""
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
    """One reply as it comes: turns the provider's objects into events and knows how it ended."""

    def __init__(self, request: ModelRequest) -> None:
        self.began = False
        self.done = False
        self.finish: str | None = None
        self.failed: Failed | None = None
        self._secret = request.endpoint.api_key
        self._usage: Usage | None = None
        self._text = ThinkSplitter()
        self._calls = ToolCalls(call.call_id for message in request.messages for call in message.tool_calls)

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
            yield from self.feed(data)

    def feed(self, data: Any) -> Iterator[Event]:
        """Yield the events of one chunk."""
        if not isinstance(data, dict):
            return
        if data.get("error"):
            self.failed = self._failure(data)
            return
        if data.get("usage"):
            self._usage = usage_of(data["usage"]) or self._usage
        choices = data.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(choice, dict):
            self.began = True
            delta = choice.get("delta")
            if isinstance(delta, dict):
                yield from self._said(delta)
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason:
                self.finish = reason

    def whole(self, data: Any) -> Iterator[Event]:
        """Yield the events of a reply that came as one JSON object."""
        choices = data.get("choices") if isinstance(data, dict) else None
        if isinstance(data, dict) and data.get("error"):
            self.failed = self._failure(data)
        elif not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            self.failed = Failed("bad_response", "no choices in the answer")
        else:
            choice = choices[0]
            yield from self.feed(data | {"choices": [choice | {"delta": choice.get("message")}]})
            self.finish = self.finish or "stop"
        yield from self.end()

    def end(self, failed: Failed | None = None) -> Iterator[Event]:
        """Yield what was held back, the usage, and the one last event."""
        yield from self._text.end()
        if self._usage is not None:
            yield self._usage
        failed = self.failed or failed
        if failed is not None:
            yield failed
        elif self.finish is not None:
            yield self._finished()
        elif self.done and self.began:
            yield Finished("tool_calls" if self._calls.count else "stop")
        else:
            yield Failed("cut_off" if self.began else "bad_response", "the stream ended before the reply did")

    def _finished(self) -> Event:
        if self.finish == "error":
            return Failed("overloaded", "the provider reported an error as its finish reason")
        if self._calls.count and self.finish == "stop":
            return Finished("tool_calls")
        return Finished(FINISH.get(self.finish or "", "stop"))

    def _said(self, delta: dict[str, Any]) -> Iterator[Event]:
        for key in _REASONING_KEYS:
            thought = delta.get(key)
            if thought and isinstance(thought, str):
                yield ReasoningDelta(thought)
                break
        content = delta.get("content")
        if content and isinstance(content, str):
            yield from self._text.feed(content)
        if delta.get("tool_calls"):
            yield from self._text.end()
            yield from self._calls.feed(delta["tool_calls"])

    def _failure(self, data: dict[str, Any]) -> Failed:
        error = data["error"]
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        return failure_of(status, data, self._secret)
