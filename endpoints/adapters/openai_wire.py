"""The OpenAI chat-completions wire, spoken by most providers: the hot path, straight over the guarded client.

Source of the format: the public OpenAI API reference (chat completions, streaming), and what compatible servers are
known to send beside it: reasoning in `reasoning` or `reasoning_content`, errors in mid-stream, no `[DONE]`.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp

from endpoints.adapters.base import ModelRequest, PromptMessage
from endpoints.adapters.failures import by_error_object, by_status
from endpoints.adapters.think import ThinkSplitter
from endpoints.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
)
from endpoints.http import Exemptions, OutboundClient, RefusedAddress, TooMuch, read_capped

FIRST_BYTE_SECONDS = 120
IDLE_SECONDS = 120
LINE_LIMIT = 4 * 1024 * 1024  # bytes of one event; more is no answer
_REASONS: dict[str, FinishReason] = {
    "stop": "stop", "end_turn": "stop", "eos": "stop", "length": "length", "max_tokens": "length",
    "tool_calls": "tool_calls", "function_call": "tool_calls", "content_filter": "content_filter",
}  # fmt: skip


class OpenAIWire:
    """An adapter for one operator-written base URL, which is thereby exempt from the guard."""

    def __init__(self, base_url: str) -> None:
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._client = OutboundClient(Exemptions.of_urls(base_url))

    async def stream(self, request: ModelRequest) -> AsyncIterator[Event]:
        """See `Adapter`."""
        try:
            async for event in self._ask(request):
                yield event
        except RefusedAddress as error:
            yield Failed("refused_address", str(error))
        except TimeoutError as error:
            yield Failed("timeout", repr(error))
        except TooMuch as error:
            yield Failed("bad_response", str(error))
        except aiohttp.ClientConnectorError as error:
            yield Failed("connection", str(error))
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionResetError) as error:
            yield Failed("cut_off", repr(error))
        except aiohttp.ClientError as error:
            yield Failed("bad_response", repr(error))
        except OSError as error:
            yield Failed("connection", repr(error))

    async def _ask(self, request: ModelRequest) -> AsyncIterator[Event]:
        headers = {"Authorization": f"Bearer {request.endpoint.api_key}", **request.endpoint.headers}
        async with self._client.request(
            "POST",
            self._url,
            headers=headers,
            body=body_of(request),
            first_byte_seconds=FIRST_BYTE_SECONDS,
            idle_seconds=IDLE_SECONDS,
        ) as response:
            if response.status != 200:
                yield by_status(response.status, (await read_capped(response)).decode(errors="replace"))
                return
            reply = Reply()
            if "text/event-stream" not in response.content_type:
                for event in reply.whole(await read_capped(response)):
                    yield event
                return
            async for lines in _lines(response):
                for line in lines:
                    for event in reply.line(line):
                        yield event
                if reply.over:
                    return
            for event in reply.end():
                yield event


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[list[bytes]]:
    """Yield the whole lines of each piece that arrives, however it was cut. Raises `TooMuch`."""
    rest = b""
    async for piece in response.content.iter_any():
        rest += piece
        lines = rest.split(b"\n")
        rest = lines.pop()
        if len(rest) > LINE_LIMIT:
            raise TooMuch("an event without an end")
        if lines:
            yield lines
    if rest:
        yield [rest]


class Reply:
    """Folds the lines of one answer into events; ends with exactly one `Finished` or `Failed`."""

    def __init__(self) -> None:
        self.over = False
        self._splitter: ThinkSplitter | None = ThinkSplitter()
        self._reason: FinishReason | None = None
        self._calls: dict[int, str] = {}
        self._usage: Usage | None = None
        self._events = 0

    def line(self, line: bytes) -> Iterator[Event]:
        if self.over or not line.startswith(b"data:"):
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            yield from self.end(done=True)
            return
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            yield from self._fail(Failed("bad_response", f"not JSON: {data[:200]!r}"))
            return
        if isinstance(chunk, dict):
            yield from self.chunk(chunk)

    def chunk(self, chunk: dict[str, Any]) -> Iterator[Event]:
        self._events += 1
        if chunk.get("error"):
            yield from self._fail(by_error_object(chunk["error"]))
            return
        choices = chunk.get("choices")
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            choice = choices[0]
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict):
                yield from self._delta(delta)
            if choice.get("finish_reason"):
                self._reason = _REASONS.get(str(choice["finish_reason"]), "stop")
        if chunk.get("usage"):
            self._usage = usage_of(chunk["usage"])

    def whole(self, body: bytes) -> Iterator[Event]:
        """Fold an answer that was not streamed."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or not (document.get("choices") or document.get("error")):
            yield from self._fail(Failed("bad_response", f"not an answer: {body[:200]!r}"))
            return
        yield from self.chunk(document)
        yield from self.end(done=True)

    def end(self, *, done: bool = False) -> Iterator[Event]:
        """The answer is over: after `[DONE]`, or because the connection was closed."""
        if self.over:
            return
        if not self._events:
            yield from self._fail(Failed("bad_response", "an empty stream"))
            return
        if self._splitter:
            yield from self._splitter.finish()
        if self._usage:
            yield self._usage
        self.over = True
        if self._reason is None and not done:
            yield Failed("cut_off", "the connection was closed before the reply's end")
        else:
            yield Finished(self._reason or ("tool_calls" if self._calls else "stop"))

    def _fail(self, failed: Failed) -> Iterator[Event]:
        if self._splitter:
            yield from self._splitter.finish()
        if self._usage:
            yield self._usage
        self.over = True
        yield failed

    def _delta(self, delta: dict[str, Any]) -> Iterator[Event]:
        content = delta.get("content")
        if content and isinstance(content, str):
            if self._splitter is None:
                yield TextDelta(content)
            else:
                yield from self._splitter.feed(content)
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if thought and isinstance(thought, str):
            self._splitter = None  # its reasoning has a field of its own: the text is text
            yield ReasoningDelta(thought)
        calls = delta.get("tool_calls")
        if isinstance(calls, list):
            for position, call in enumerate(calls):
                if isinstance(call, dict):
                    yield from self._call(call, position)

    def _call(self, call: dict[str, Any], position: int) -> Iterator[Event]:
        """One piece of a tool call; pieces of one call share an `index`, which some servers leave out."""
        index = call["index"] if isinstance(call.get("index"), int) else position
        function = call.get("function") if isinstance(call.get("function"), dict) else {}
        assert isinstance(function, dict)  # noqa: S101 (for the type checker)
        if index not in self._calls:
            self._calls[index] = str(call.get("id") or f"call_{index}")
            yield ToolCallStarted(self._calls[index], str(function.get("name") or ""))
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = json.dumps(arguments)
        if arguments and isinstance(arguments, str):
            yield ToolCallDelta(self._calls[index], arguments)


def usage_of(usage: Any) -> Usage | None:
    """Return the provider's counts, cached input taken out of the input; None when there is nothing usable."""
    if not isinstance(usage, dict):
        return None
    inside = usage.get("prompt_tokens_details") or {}
    outside = usage.get("completion_tokens_details") or {}
    cached = _count(inside, "cached_tokens")
    return Usage(
        input_tokens=max(_count(usage, "prompt_tokens") - cached, 0),
        output_tokens=_count(usage, "completion_tokens"),
        reasoning_tokens=_count(outside, "reasoning_tokens"),
        cache_read_tokens=cached,
    )


def _count(holder: Any, name: str) -> int:
    value = holder.get(name) if isinstance(holder, dict) else None
    return min(value, 1_000_000_000) if isinstance(value, int) and value > 0 else 0


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's JSON: defaults, then the person's parameters, then `add_params`; `drop_params` last."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "stream": request.stream,
        **request.params,
    }
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    if request.user_id:
        body["user"] = request.user_id
    if request.max_tokens:
        body[request.endpoint.max_tokens_key] = request.max_tokens
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
            }
            for tool in request.tools
        ]
    body |= request.endpoint.add_params
    return {name: value for name, value in body.items() if name not in request.endpoint.drop_params}


def _message(message: PromptMessage) -> dict[str, Any]:
    row: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        row["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        row["tool_call_id"] = message.tool_call_id
    return row
