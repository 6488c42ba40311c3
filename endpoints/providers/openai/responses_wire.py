"""OpenAI's Responses API, with or without streaming.

Nothing is stored at the provider: reasoning is returned encrypted, and sent back in that form.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from endpoints.parameters.additions import additions
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.providers.content import CALL, THOUGHT, Thoughts, said_in, thoughts_in
from endpoints.providers.openai.request import arguments_text
from endpoints.providers.prompt_rules import PromptRules
from endpoints.services.prompts import spoken
from endpoints.transport.exchange import (
    TIMEOUTS,
    Call,
    Reply,
    data_url,
    encode_json,
    exchange,
    headers_of,
    instructions_of,
    result_text,
    url_of,
    wire_model_name,
)
from endpoints.transport.http import Timeouts
from messages.events import Event
from messages.parts import Image, Part, Reasoning, Signature, Text, ToolCall

_ENCRYPTED = "reasoning.encrypted_content"
_REASONS = re.compile(r"o\d|gpt-[5-9](?!\S*-chat)")  # any other model refuses to be asked for sealed thoughts
_OWN = {"model", "input", "instructions", "stream", "tools", "include"}
_NEEDED = {"model", "input", "stream"}
_DEPLOYMENT = "/openai/deployments/"
_TEXTS = {"response.output_text.delta", "response.refusal.delta", "response.content_part.delta", "response.text.delta"}
_THOUGHTS = {
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.reasoning.delta",
    "response.reasoning_summary.delta",
    "response.reasoning_content.delta",
}
_WHOLE_TEXTS = {"response.output_text.done": "text", "response.refusal.done": "refusal"}  # by where the text stands
_ENDS = {"response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done"}


def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    call = Call(_url(endpoint), headers_of(endpoint.connection), encode_json(body_of(request)))
    return exchange(endpoint, call, ResponseReply(request), timeouts)


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    wanted = {"type": "json_schema", "name": name, "schema": schema, "strict": True}
    return request.with_params(text={**request.params.get("text", {}), "format": wanted})


def _url(endpoint: Endpoint) -> str:
    """Return the address. Azure has one for all deployments, without a version by date."""
    url = url_of(endpoint.connection, "/responses")
    if _DEPLOYMENT not in url:
        return url
    parts = urlsplit(url)
    root = parts.path.partition(_DEPLOYMENT)[0]
    return urlunsplit(parts._replace(path=root + "/openai/v1/responses", query=""))


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away."""
    endpoint, params = request.endpoint, request.params
    body: dict[str, Any] = {
        "model": wire_model_name(request),
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
    encrypted = [_ENCRYPTED] if _reasons(request) else []
    if include := list(dict.fromkeys([*(params.get("include") or ()), *encrypted])):
        body["include"] = include
    body |= additions(endpoint.parameters)
    for name in endpoint.parameters.drop:
        if name not in _NEEDED:
            body.pop(name, None)
    return body


def _tools_of(request: ModelRequest) -> Iterator[dict[str, Any]]:
    for tool in request.tools:
        parameters = dict(tool.parameters)
        yield {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": parameters,
            "strict": False,
        }


def rules(request: ModelRequest) -> PromptRules:
    """Return what the provider takes: only models that reason take thoughts."""
    return PromptRules(takes_signatures=_reasons(request), pictures_in_results=True)


def _reasons(request: ModelRequest) -> bool:
    return "reasoning" in request.params or bool(_REASONS.match(request.model))


def _items_of(message: PromptMessage) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield from map(_output_of, message.results)
    elif message.role == "user":
        yield {"role": "user", "content": _content_of(message.parts)}
    elif message.role == "assistant":
        for part in message.parts:
            match part:
                case Reasoning(text, Signature(data)) if " " in data:
                    yield _thought_of(text, data)
                case Text(text):
                    yield {"role": "assistant", "content": text}
                case ToolCall():
                    call = {"call_id": part.id, "name": part.name, "arguments": arguments_text(part)}
                    yield {"type": "function_call"} | call


def _output_of(call: ToolCall) -> dict[str, Any]:
    output: str | list[dict[str, Any]] = result_text(call)
    if pictures := [part for part in call.result or () if isinstance(part, Image)]:
        output = [*([{"type": "input_text", "text": output}] if output else []), *map(_picture_of, pictures)]
    return {"type": "function_call_output", "call_id": call.id, "output": output}


def _content_of(parts: Iterable[Part]) -> str | list[dict[str, Any]]:
    """Return what a person says; as one text where there is nothing else."""
    pieces: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            pieces.append({"type": "input_text", "text": part.text})
        elif isinstance(part, Image):
            pieces.append(_picture_of(part))
    is_text = all(piece["type"] == "input_text" for piece in pieces)
    return "\n\n".join(piece["text"] for piece in pieces) if is_text else pieces


def _picture_of(image: Image) -> dict[str, Any]:
    return {"type": "input_image", "image_url": data_url(image), "detail": "auto"}


def _thought_of(text: str, data: str) -> dict[str, Any]:
    item_id, _, encrypted = data.partition(" ")
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"type": "reasoning", "id": item_id, "summary": summary, "encrypted_content": encrypted}


class ResponseReply(Reply):
    """A response: items, each of which is thoughts, a message or a call."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self._thoughts = Thoughts()
        self._thought = False  # the open item of thoughts has a readable one
        self._seen: set[int | str] = set()  # the marks of items that came in pieces, or whole
        self._texts: set[int | str] = set()  # those of messages of which a text came whole
        self._pieced: set[str] = set()  # the types of what came in pieces
        self._kinds: set[str] = set()  # and of all that came

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        kind, delta = str(data.get("type")), data.get("delta")
        if kind in _TEXTS:
            self._note(data, "message")
            yield from self._say(delta)
        elif kind in _THOUGHTS:
            self._note(data, "reasoning")
            yield from self._think(kind, thoughts_in(delta))
        elif kind == "response.function_call_arguments.delta":
            self._note(data, "function_call")
            yield from self.calls.feed([{"index": _number(data), "function": {"arguments": delta}}])
        else:
            yield from self._turn(kind, data)

    def _note(self, data: dict[str, Any], item: str) -> None:
        """Note that an item of this type is told by its pieces."""
        self.known = True
        if data.get("delta"):
            self._kinds.add(item)
            self._pieced.add(item)
            self._seen |= _marks(data, item)

    def _came(self, marks: set[int | str], kind: str, seen: set[int | str]) -> bool:
        """Whether an item is among those that were seen. What has no mark of its own is known by its type."""
        return bool((marks | {kind}) & seen) or (marks == {kind} and kind in self._pieced)

    def _say(self, content: Any) -> Iterator[Event]:
        for kind, piece in said_in(content):
            if kind is THOUGHT:
                yield from self._think("content", piece)
            elif kind is not CALL:
                self.began = True
                yield from self.parts.text(piece)

    def _turn(self, kind: str, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of what stands between the deltas."""
        item, index = data.get("item"), _number(data)
        self.known = self.known or kind.startswith("response.")
        if kind == "response.output_item.added" and isinstance(item, dict):
            self._thought = False
            yield from self._call(item, index, arguments="")
        elif kind == "response.reasoning_summary_part.added" and self._thought:
            yield from self._think("response.reasoning_summary_text.delta", "\n\n")
        elif kind in _WHOLE_TEXTS:
            yield from self._whole_text(data, data.get(_WHOLE_TEXTS[kind]))
        elif kind == "response.output_item.done" and isinstance(item, dict):
            yield from self._item(item, data)
        elif kind in _ENDS:
            yield from self._parse_body(data.get("response"))
        elif data.get("object") == "response" or isinstance(data.get("output"), list):
            yield from self._parse_body(data)
        elif not kind.startswith("response."):
            self.pass_over(data)
        if isinstance(data.get("usage"), dict):
            self.counts.note(data["usage"])

    def _parse_body(self, response: Any) -> Iterator[Event]:
        """Yield what a whole response says that was not said before; it is the end."""
        self.done = True
        if not isinstance(response, dict):
            return
        self.known = True
        known_kinds = frozenset(self._kinds)  # the items may be numbered anew here: their types say what came
        for item in _objects(response.get("output")):
            if _type(item) not in known_kinds:
                self._thought = False
                yield from self._whole_item(item, None)
        if not self.began:
            yield from self._say(response.get("output_text"))
        self._close(response)

    def _whole_text(self, data: dict[str, Any], text: Any) -> Iterator[Event]:
        """Yield a text that came whole, unless it came in pieces before."""
        marks = _marks(data, "message")
        if not self._came(marks, "message", self._seen):
            self._kinds.add("message")
            self._texts |= marks
            yield from self._say(text)

    def _item(self, item: dict[str, Any], data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of an item that is over, without what came of it before."""
        kind = _type(item)
        marks = _marks({"item_id": item.get("id")} | data, kind)
        if self._came(marks, kind, self._seen | self._texts):
            yield from self._signature(item)
        else:
            yield from self._whole_item(item, _number(data))
        self._kinds.add(kind)
        self._seen |= marks - {kind}

    def _whole_item(self, item: dict[str, Any], index: int | None) -> Iterator[Event]:
        if _type(item) == "reasoning":
            yield from self._reasons(item)
        elif _type(item) == "message":
            yield from self._say(item.get("content"))
        yield from self._call(item, index, arguments=item.get("arguments"))
        yield from self._signature(item)

    def _reasons(self, item: dict[str, Any]) -> Iterator[Event]:
        """Yield the thoughts of an item: as they were, else their summary."""
        for name in ("content", "summary"):
            for _, thought in said_in(item.get(name), THOUGHT):
                text = "\n\n" + thought if self._thought and name == "summary" else thought
                yield from self._think(f"response.reasoning_{name}", text)
            if self._thought:
                return

    def _think(self, source: str, text: Any) -> Iterator[Event]:
        if text and isinstance(text, str) and (text := self._thoughts.tell(source, text)):
            self.began = self._thought = True
            yield from self.parts.think(text)

    def _call(self, item: dict[str, Any], index: Any, *, arguments: Any) -> Iterator[Event]:
        if item.get("type") == "function_call":
            self.began = True
            function = {"name": item.get("name"), "arguments": arguments}
            yield from self.calls.feed([{"index": index, "id": item.get("call_id"), "function": function}])

    def _signature(self, item: dict[str, Any]) -> Iterator[Event]:
        if item.get("type") == "reasoning" and item.get("encrypted_content"):
            encrypted = f"{item.get('id')} {item['encrypted_content']}"
            yield from self.parts.sign(encrypted) if self._thought else self.parts.seal(encrypted)

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


def _marks(data: dict[str, Any], kind: str) -> set[int | str]:
    """Return what tells an item from the others: its number and its id, or nothing but its type."""
    marks = {mark for mark in (_number(data), data.get("item_id")) if isinstance(mark, int | str) and mark != ""}
    return marks or {kind}


def _type(item: dict[str, Any]) -> str:
    return str(item.get("type") or "message")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
