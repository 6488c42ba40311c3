"""The OpenAI wire: chat completions, with or without streaming. The hot path: it only splits and parses bytes."""

from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from typing import Any

from endpoints.providers.assembly import ThinkSplitter
from endpoints.providers.base import ModelRequest
from endpoints.providers.content import CALL, THOUGHT, Said, Thoughts, said_in, thoughts_in
from endpoints.providers.counts import reports_in
from endpoints.providers.openai.request import body_of
from endpoints.transport.exchange import TIMEOUTS, Call, Reply, encode_json, exchange, headers_of, url_of
from endpoints.transport.http import Timeouts
from messages.events import Event

_THOUGHT_KEYS = frozenset(
    (
        "reasoning_content",
        "reasoning",
        "reasoning_text",
        "reasoning_details",
        "reasoning_summary",
        "thinking",
        "thinking_blocks",
        "thinking_content",
        "thoughts",
        "thought",
    )
)
# Where an object holds nothing else it has no counts either, but in "usage".
_PLAIN = frozenset(
    (
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "system_fingerprint",
        "service_tier",
        "provider",
        "obfuscation",
        "p",
        "nonce",
        "request_id",
        "citations",
        "search_results",
        "prompt_filter_results",
        "prompt_token_ids",
        "kv_transfer_params",
    )
)


def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    call = Call(
        url_of(endpoint.connection, "/chat/completions"), headers_of(endpoint.connection), encode_json(body_of(request))
    )
    return exchange(endpoint, call, ChatReply(request), timeouts)


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    wanted = {"name": name, "schema": schema, "strict": True}
    return request.with_params(response_format={"type": "json_schema", "json_schema": wanted})


class ChatReply(Reply):
    """A chat completion."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        key = request.endpoint.parameters.reasoning_key
        self._thought_keys = frozenset((key,)) if key else _THOUGHT_KEYS
        self._text = ThinkSplitter()
        self._thoughts = Thoughts()
        self._messages = 0  # objects that hold a message, not a piece of one
        self._repeated = ""  # what such a message has said

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        choices = data.get("choices")
        choice = choices[0] if choices and isinstance(choices, list) else None
        if type(choice) is dict:
            self.known = True
            delta = choice.get("delta")
            if delta and type(delta) is dict:
                yield from self._said(delta)
            else:
                yield from self._parse_body(choice)
            if reason := choice.get("finish_reason"):
                self._finish(reason, choice)
            if choice.get("error"):
                self.pass_over({"error": choice["error"]})
            if choice.get("usage"):
                self.counts.note(choice["usage"])
        else:
            yield from self._without_choice(data)
        if usage := data.get("usage"):
            self.counts.note(usage)
        if not _PLAIN.issuperset(data):
            self._look_around(data)

    def flush(self) -> Iterator[Event]:
        yield from self._text_events(self._text.end())
        if self.finish is None and self._messages == 1 and self.began:
            self.finish = "stop"  # a reply that came at once is whole

    def _said(self, delta: dict[str, Any]) -> Iterator[Event]:
        content = delta.get("content")
        thought = False
        if len(delta) > 1 or not content:
            thought = yield from self._thought_beside(delta)
        if content and type(content) is str:
            if self._text.plain:
                self.began = True
                yield from self.parts.text(content)
            else:
                yield from self._text_events(self._text.feed(content))
        elif content:
            yield from self._pieces(content, thought=thought)
        else:
            yield from self._instead(delta)
        if calls := delta.get("tool_calls"):
            yield from self._call(calls)

    def _thought_beside(self, delta: dict[str, Any]) -> Generator[Event, None, bool]:
        """Yield the thoughts of the first field that has any; say whether one had."""
        for key, value in delta.items():
            if value and key in self._thought_keys and (text := thoughts_in(value)):
                yield from self._think(key, text)
                return True
        return False

    def _pieces(self, content: Any, *, thought: bool) -> Iterator[Event]:
        """Yield the events of a content in pieces. `thought`: its thoughts were told beside it."""
        for kind, piece in said_in(content):
            if kind is CALL:
                yield from self._call([piece])
            elif kind is not THOUGHT:
                yield from self._text_events(self._text.feed(piece))
            elif not thought:
                yield from self._think("content", piece)

    def _instead(self, delta: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of what stands where there is no content."""
        if delta.get("error"):
            self.pass_over({"error": delta["error"]})
        audio = delta.get("audio")
        spoken = audio.get("transcript") if isinstance(audio, dict) else None
        yield from self._pieces(delta.get("refusal") or spoken or delta.get("text"), thought=False)
        if isinstance(delta.get("function_call"), dict):
            yield from self._call([{"index": 0, "function": delta["function_call"]}])

    def _think(self, source: str, text: str) -> Iterator[Event]:
        if text := self._thoughts.tell(source, text):
            self.began = True
            yield from self.parts.think(text)

    def _text_events(self, said: Iterator[Said]) -> Iterator[Event]:
        """Yield the events of the text, of its thoughts only those that were not told before."""
        for kind, piece in said:
            if kind is THOUGHT:
                yield from self._think("<think>", piece)
            else:
                self.began = True
                yield from self.parts.text(piece)

    def _call(self, calls: Any) -> Iterator[Event]:
        yield from self._text_events(self._text.end())
        for event in self.calls.feed(calls if isinstance(calls, list) else [calls]):
            self.began = True
            yield event

    def _parse_body(self, choice: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of a choice without a piece: the whole message, be it once or as far as it has come."""
        message = choice.get("message")
        if not isinstance(message, dict) and isinstance(choice.get("text"), str):
            message = {"content": choice["text"]}
        if not isinstance(message, dict) or (self.began and not self._messages):
            return  # what came in pieces is not said again
        self._messages += 1
        content = message.get("content")
        if isinstance(content, str) and self._messages > 1 and content.startswith(self._repeated):
            message = message | {"content": content[len(self._repeated) :]}
            self._repeated = content
        elif isinstance(content, str):
            self._repeated += content
        yield from self._said(message)

    def _without_choice(self, data: dict[str, Any]) -> Iterator[Event]:
        message = data.get("message")
        if isinstance(message, dict) and "role" in message:  # as Ollama's own interface answers
            self.known = True
            yield from self._said(message)
            if data.get("done") is True:
                self.finish = str(data.get("done_reason") or "stop")
        else:
            self.pass_over(data)

    def _finish(self, reason: Any, choice: dict[str, Any]) -> None:
        if isinstance(reason, dict):  # with what there is to say about it
            self.pass_over({"error": reason} if reason.get("message") else {})
            reason = reason.get("type")
        if isinstance(reason, str):
            self.finish = reason
        for report in reports_in(choice):
            self.counts.note(report)

    def _look_around(self, data: dict[str, Any]) -> None:
        """Note a failure beside the reply, and counts in unusual places."""
        if data.get("error") and self.failed is None:
            self.pass_over({"error": data["error"]})
        for report in reports_in(data):
            self.counts.note(report)
