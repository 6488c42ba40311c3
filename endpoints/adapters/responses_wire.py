"""OpenAI's Responses API, streamed or whole. Nothing is kept at the provider: thoughts come sealed, and go back so."""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from endpoints.adapters.base import Endpoint, ModelRequest, PromptMessage
from endpoints.adapters.content import CALL, THOUGHT, Thoughts, said_in
from endpoints.adapters.openai_request import headers_of
from endpoints.adapters.wire import PATIENCE, Call, Reply, exchange, instructions_of, named, packed, url_of
from endpoints.events import Event, ReasoningDelta, ReasoningSealed, TextDelta
from endpoints.http import Patience
from endpoints.parameters.sets import additions
from endpoints.parts import is_sealed
from endpoints.prompts import spoken

_SEALED = "reasoning.encrypted_content"
_REASONS = re.compile(r"o\d|gpt-[5-9](?!\S*-chat)")  # any other model refuses to be asked for sealed thoughts
_OWN = {"model", "input", "instructions", "stream", "tools", "include"}
_NEEDED = {"model", "input", "stream"}
_DEPLOYMENT = "/openai/deployments/"
_TEXTS = {"response.output_text.delta", "response.refusal.delta"}
_THOUGHTS = {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}
_ENDS = {"response.completed", "response.incomplete", "response.failed"}


def stream(request: ModelRequest, *, patience: Patience = PATIENCE) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    call = Call(_url(endpoint), headers_of(endpoint), packed(body_of(request)))
    return exchange(endpoint, call, ResponseReply(request), patience)


def _url(endpoint: Endpoint) -> str:
    """Return the address. Azure has one for all deployments, without a version by date."""
    url = url_of(endpoint, "/responses")
    if _DEPLOYMENT not in url:
        return url
    parts = urlsplit(url)
    root = parts.path.partition(_DEPLOYMENT)[0]
    return urlunsplit(parts._replace(path=root + "/openai/v1/responses", query=""))


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away."""
    endpoint, params = request.endpoint, request.params
    body: dict[str, Any] = {
        "model": named(request),
        "input": [item for message in spoken(request.messages) for item in _items_of(message)],
        "stream": request.stream,
        "store": False,
    }
    if instructions := instructions_of(request):
        body["instructions"] = instructions
    if request.user_id:
        body["user"] = request.user_id
    if request.max_tokens:
        body["max_output_tokens"] = request.max_tokens
    taken = _OWN | set(body) - {"store"}
    body |= {name: value for name, value in params.items() if name not in taken and value not in (None, "")}
    if tools := [*(params.get("tools") or ()), *_tools_of(request)]:
        body["tools"] = tools
    sealed = [_SEALED] if "reasoning" in params or _REASONS.match(request.model) else []
    if include := list(dict.fromkeys([*(params.get("include") or ()), *sealed])):
        body["include"] = include
    body |= additions(endpoint)
    for name in endpoint.drop_params:
        if name not in _NEEDED:
            body.pop(name, None)
    return body


def _tools_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    for tool in request.tools:
        parameters = dict(tool.parameters)
        yield {"type": "function", "name": tool.name, "description": tool.description, "parameters": parameters,
               "strict": False}  # fmt: skip


def _items_of(message: PromptMessage) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": message.content}
        return
    yield from (_thought_of(part) for part in message.reasoning if is_sealed(part))
    if message.role != "system" and (message.content or not message.tool_calls):
        yield {"role": message.role, "content": message.content}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments or "{}"}


def _thought_of(part: Mapping[str, Any]) -> dict[str, Any]:
    item_id, _, sealed = (part.get("signature") or part["redacted"]).partition(" ")
    summary = [{"type": "summary_text", "text": part["think"]}] if part["think"] else []
    return {"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": sealed}


class ResponseReply(Reply):
    """A response: items, each of which is thoughts, a message or a call."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self._thoughts = Thoughts()
        self._thought = False  # the open item of thoughts has a readable one
        self._told: set[int | None] = set()  # items, or the arguments of calls, that came in pieces

    def feed(self, data: dict[str, Any]) -> Iterator[Event]:
        kind, delta = str(data.get("type")), data.get("delta")
        if kind in _TEXTS:
            if delta and isinstance(delta, str):
                self.began = True
                self._told.add(_number(data))
                yield TextDelta(delta)
        elif kind in _THOUGHTS:
            self._told.add(_number(data))
            yield from self._think(kind, delta)
        elif kind == "response.function_call_arguments.delta":
            index = _number(data)
            self._told.add(index)
            yield from self.calls.feed([{"index": index, "function": {"arguments": delta}}])
        else:
            yield from self._turn(kind, data)

    def _turn(self, kind: str, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of what stands between the deltas."""
        item, index = data.get("item"), _number(data)
        self.known = self.known or kind.startswith("response.")
        if kind == "response.output_item.added" and isinstance(item, dict):
            self._thought = False
            yield from self._call(item, index, arguments="")
        elif kind == "response.reasoning_summary_part.added" and self._thought:
            yield from self._think("response.reasoning_summary_text.delta", "\n\n")
        elif kind == "response.output_item.done" and isinstance(item, dict):
            yield from self._item(item, index)
        elif kind in _ENDS:
            yield from self._whole(data.get("response"))
        elif data.get("object") == "response" or isinstance(data.get("output"), list):
            yield from self._whole(data)
        elif not kind.startswith("response."):
            self.pass_over(data)
        if isinstance(data.get("usage"), dict):
            self.counts.note(data["usage"])

    def _whole(self, response: Any) -> Iterator[Event]:
        """Yield what a whole response says that was not said before; it is the end."""
        self.done = True
        if not isinstance(response, dict):
            return
        self.known = True
        if not self.began:
            for index, item in enumerate(_objects(response.get("output"))):
                self._thought = False
                yield from self._item(item, index)
            text = response.get("output_text")
            if not self.began and isinstance(text, str) and text:
                self.began = True
                yield TextDelta(text)
        self._close(response)

    def _item(self, item: dict[str, Any], index: int | None) -> Iterator[Event]:
        """Yield the events of a whole item, without what came in pieces before."""
        if index not in self._told:
            if item.get("type") == "reasoning":
                yield from self._reasons(item)
            elif item.get("type", "message") == "message":
                yield from self._message(item)
            yield from self._call(item, index, arguments=item.get("arguments"))
        self._told.add(index)
        yield from self._seal(item)

    def _reasons(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield the thoughts of an item: as they were, else their summary."""
        for name in ("content", "summary"):
            for _, words in said_in(item.get(name), THOUGHT):
                text = "\n\n" + words if self._thought and name == "summary" else words
                yield from self._think(f"response.reasoning_{name}", text)
            if self._thought:
                return

    def _message(self, item: dict[str, Any]) -> Iterator[Event]:
        for kind, words in said_in(item.get("content")):
            if kind is CALL:
                continue
            if kind is THOUGHT:
                yield from self._think("content", words)
            else:
                self.began = True
                yield TextDelta(words)

    def _think(self, source: str, text: Any) -> Iterator[Event]:
        if text and isinstance(text, str) and (text := self._thoughts.tell(source, text)):
            self.began = self._thought = True
            yield ReasoningDelta(text)

    def _call(self, item: dict[str, Any], index: Any, *, arguments: Any) -> Iterator[Event]:
        if item.get("type") == "function_call":
            self.began = True
            function = {"name": item.get("name"), "arguments": arguments}
            yield from self.calls.feed([{"index": index, "id": item.get("call_id"), "function": function}])

    def _seal(self, item: dict[str, Any]) -> Iterator[Event]:
        if item.get("type") == "reasoning" and item.get("encrypted_content"):
            sealed = f"{item.get('id')} {item['encrypted_content']}"
            yield ReasoningSealed(sealed) if self._thought else ReasoningSealed(redacted=sealed)

    def _close(self, response: dict[str, Any]) -> None:
        """Note how the response ended and what it used."""
        self.counts.note(response.get("usage"))
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        status = response.get("status")
        self.finish = reason if isinstance(reason, str) else status if isinstance(status, str) else "completed"
        if response.get("error") or status == "failed":
            self.fail(response)


def _number(data: dict[str, Any]) -> int | None:
    index = data.get("output_index")
    return index if isinstance(index, int) else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
