"""The OpenAI wire: chat completions, streamed or whole. The hot path: bytes are split and parsed, no more."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

from endpoints.adapters.assembly import ThinkSplitter, usage_of
from endpoints.adapters.base import ModelRequest
from endpoints.adapters.openai_request import body_of, headers_of
from endpoints.adapters.wire import PATIENCE, Call, Reply, exchange, packed, url_of
from endpoints.events import Event, Failed, Finished, ReasoningDelta
from endpoints.http import Patience

_REASONING_KEYS = ("reasoning_content", "reasoning")


def stream(request: ModelRequest, *, patience: Patience = PATIENCE) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    call = Call(url_of(endpoint, "/chat/completions"), headers_of(endpoint), packed(body_of(request)))
    return exchange(endpoint, call, ChatReply(request), patience)


class ChatReply(Reply):
    """A chat completion."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        key = request.endpoint.reasoning_key
        self._thought_keys = (key,) if key else _REASONING_KEYS
        self._text = ThinkSplitter()

    def feed(self, data: dict[str, Any]) -> Iterator[Event]:
        if data.get("error"):
            self.fail(data)
            return
        if data.get("usage"):
            self.usage = usage_of(data["usage"]) or self.usage
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

    def said_at_once(self, data: dict[str, Any]) -> Iterator[Event]:
        choices = data.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            self.failed = Failed("bad_response", "no choices in the answer")
            return
        yield from self.feed(data | {"choices": [choices[0] | {"delta": choices[0].get("message")}]})
        self.finish = self.finish or "stop"

    def held(self) -> Iterator[Event]:
        yield from self._text.end()

    def ending(self, finish: str) -> Finished | Failed:
        if finish == "error":
            return Failed("overloaded", "the provider reported an error as its finish reason")
        return super().ending(finish)

    def _said(self, delta: dict[str, Any]) -> Iterator[Event]:
        for key in self._thought_keys:
            thought = delta.get(key)
            if thought and isinstance(thought, str):
                yield ReasoningDelta(thought)
                break
        content = delta.get("content") or delta.get("refusal")
        if content and isinstance(content, str):
            yield from self._text.feed(content)
        if delta.get("tool_calls"):
            yield from self._text.end()
            yield from self.calls.feed(delta["tool_calls"])
