"""The OpenAI wire: chat completions, streamed or whole. The hot path: bytes are split and parsed, no more.

What a provider sends is never trusted: only known fields of known types become events, everything else is passed
over; a line and a reply have a largest size.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
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
_REASONING_KEYS = ("reasoning_content", "reasoning")


async def stream(request: ModelRequest, *, patience: Patience = PATIENCE) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint, reply = request.endpoint, Reply(request)
    try:
        client = await outbound()
        async with (
            client.request(
                "POST",
                url_of(endpoint),
                headers=headers_of(endpoint),
                json=body_of(request),
                exempt=exempt_of(endpoint),
                patience=patience,
            ) as answer,
            aclosing(_events(answer, reply, endpoint)) as events,
        ):
            async for event in events:
                yield event
    except (OutboundError, RefusedAddress) as error:
        for event in reply.end(failure_of_error(error, began=reply.began)):
            yield event


def exempt_of(endpoint: Endpoint) -> tuple[Address, ...]:
    """Return the address that may be private because the operator wrote it."""
    address = address_of(endpoint.base_url) if endpoint.written_by_operator else None
    return (address,) if address else ()


async def _events(answer: Answer, reply: "Reply", endpoint: Endpoint) -> AsyncGenerator[Event]:
    kind = answer.content_type
    if answer.status != 200:
        body = parsed(await answer.read(MAX_ERROR, cut=True))
        page = kind == "text/html" and answer.status in {400, 404, 405}
        yield (
            Failed("bad_response", f"{answer.status} a web page")
            if page
            else failure_of(answer.status, body, endpoint.api_key)
        )
        return
    if kind == "text/html":
        yield Failed("bad_response", "a web page")
    elif kind == "application/json":
        for event in reply.whole(parsed(await answer.read(MAX_WHOLE))):
            yield event
    else:
        async for event in _streamed(answer, reply):
            yield event


async def _streamed(answer: Answer, reply: "Reply") -> AsyncGenerator[Event]:
    async with aclosing(_data_lines(answer, reply)) as lines:
        async for line in lines:
            if line == b"[DONE]":
                reply.done = True
                break
            try:
                data = json.loads(line)
            except (ValueError, RecursionError):
                continue
            for event in reply.feed(data):
                yield event
            if reply.failed is not None:
                break
    for event in reply.end():
        yield event


async def _data_lines(answer: Answer, reply: "Reply") -> AsyncGenerator[bytes]:
    """Yield what stands after ``data:`` on each line; lines may be cut anywhere, also inside a character."""
    rest = bytearray()
    async for chunk in _until_quiet(answer, reply):
        if b"\n" not in chunk:
            rest += chunk
            if len(rest) > MAX_LINE:
                raise AnswerTooLarge(f"a line of more than {MAX_LINE} bytes")
            continue
        lines = chunk.split(b"\n")
        if rest:
            lines[0] = bytes(rest) + lines[0]
        rest = bytearray(lines.pop())
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    if rest.startswith(b"data:"):
        yield bytes(rest[5:]).strip()


async def _until_quiet(answer: Answer, reply: "Reply") -> AsyncIterator[bytes]:
    """Yield the body's pieces; once the reply has ended, a provider that does not hang up is not waited for."""
    async with aclosing(answer.chunks()) as chunks:
        while True:
            try:
                if reply.finish is None:
                    chunk = await anext(chunks)
                else:
                    chunk = await asyncio.wait_for(anext(chunks), TAIL_SECONDS)
            except StopAsyncIteration:
                return
            except (TimeoutError, OutboundError):
                if reply.finish is None:
                    raise
                return
            yield chunk


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
