"""Anthropic's Messages API, with or without streaming."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from endpoints.parameters.additions import additions
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.counts import Counts, reports_in
from endpoints.providers.prompt_rules import PromptRules
from endpoints.transport.exchange import (
    TIMEOUTS,
    Call,
    Reply,
    arguments_of,
    calls_last,
    encode_json,
    exchange,
    in_turns,
    instructions_of,
    result_text,
    url_of,
    wire_model_name,
    with_key,
)
from endpoints.transport.http import Timeouts
from messages.events import Event
from messages.parts import Image, Reasoning, Signature, Text, ToolCall

VERSION = "2023-06-01"
REPLY_TOKENS = 8_192  # the API must be told; this where nobody says
MIN_THINKING_TOKENS = 1_024
_OWN = {"model", "messages", "system", "stream", "max_tokens", "tools", "betas"}
_NEEDED = {"model", "messages", "stream", "max_tokens"}
_UNREADABLE = "signature "  # before the signature of a block whose thoughts were left out


def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    path = "/messages" if endpoint.connection.base_url.rstrip("/").endswith("/v1") else "/v1/messages"
    body = body_of(request) | {"model": wire_model_name(request)}
    call = Call(url_of(endpoint.connection, path), _headers(request), encode_json(body))
    return exchange(endpoint, call, MessageReply(request), timeouts)


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    asking = request.with_params(tool_choice={"type": "tool", "name": name})
    return replace(asking, tools=(ToolSpec(name, "Takes the answer.", schema),))


def list_address(root: str) -> str:
    """Return where the provider lists its models."""
    return root.removesuffix("/v1") + "/v1/models?limit=1000"


def _headers(request: ModelRequest) -> dict[str, str]:
    betas = request.params.get("betas")
    more = {"anthropic-beta": ",".join(betas)} if betas else {}
    return {"anthropic-version": VERSION} | more | with_key(request.endpoint.connection, *_key_of(request.endpoint))


def _key_of(endpoint: Endpoint) -> tuple[str, str]:
    usual = endpoint.connection.key_header.lower() == "authorization"
    return "x-api-key" if usual else endpoint.connection.key_header, endpoint.connection.api_key


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body but for the model. `add_params` is applied last, then `drop_params` takes away."""
    endpoint, params = request.endpoint, request.params
    messages = in_turns(request, _blocks_of, model="assistant", key="content")
    body: dict[str, Any] = {"messages": messages, "stream": request.stream}
    if system := instructions_of(request):
        body["system"] = system
    if request.user_id:
        body["metadata"] = {"user_id": request.user_id}
    body |= {name: value for name, value in params.items() if name not in _OWN | set(body) and value not in (None, "")}
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
        for tool in request.tools
    ]
    if tools := [*(params.get("tools") or ()), *tools]:
        body["tools"] = tools
    if _budget(body) and must_not_think(request):
        del body["thinking"]
    _cap(body, request.max_tokens or params.get("max_tokens") or 0)
    body |= additions(endpoint.parameters)
    for name in endpoint.parameters.drop:
        if name not in _NEEDED:
            body.pop(name, None)
    return body


def _budget(body: Mapping[str, Any]) -> int:
    """Return how many tokens of thoughts are asked for; 0 also where the model decides."""
    thinking = body.get("thinking")
    return int(thinking.get("budget_tokens") or 0) if isinstance(thinking, dict) else 0


def _cap(body: dict[str, Any], most: int) -> None:
    """Say how long the reply may be; thoughts are part of it and must leave room for the answer."""
    budget = _budget(body)
    body["max_tokens"] = most or REPLY_TOKENS + budget
    if budget and budget >= body["max_tokens"]:
        if most > MIN_THINKING_TOKENS:
            body["thinking"] = {**body["thinking"], "budget_tokens": max(MIN_THINKING_TOKENS, most // 2)}
        else:
            del body["thinking"]


def rules(_request: ModelRequest) -> PromptRules:
    """Return what the provider takes: it refuses calls in a request without tools, and pictures in failed results."""
    return PromptRules(takes_signatures=True, calls_without_tools=False, marks_failures=True, pictures_in_results=True)


def must_not_think(request: ModelRequest) -> bool:
    """Whether the request is refused with a budget for thoughts: the rounds of calls that it ends with do not begin
    with a signed thought, because another provider made the first of them."""
    messages = list(request.messages)
    if messages and messages[-1].role == "user":  # what a person says after results is in one message with them
        messages.pop()
    if not messages or messages[-1].role != "tool":
        return False
    *_, first = takewhile(lambda message: message.role != "user", reversed(messages))
    begin = first.parts[0] if first.role == "assistant" else None
    return not (isinstance(begin, Reasoning) and begin.signature is not None)


def _blocks_of(message: PromptMessage) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield from map(_result_of, message.results)
        return
    for part in calls_last(message):
        match part:
            case Reasoning(text, Signature() as signature):
                yield _thought_of(text, signature)
            case Text(text):
                yield {"type": "text", "text": text}
            case Image():
                yield _picture_of(part)
            case ToolCall():
                yield {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_of(part)}


def _result_of(call: ToolCall) -> dict[str, Any]:
    content: str | list[dict[str, Any]] = result_text(call)
    if pictures := [_picture_of(part) for part in call.result or () if isinstance(part, Image)]:
        content = [*([{"type": "text", "text": content}] if content else []), *pictures]
    failed = {"is_error": True} if call.state == "failed" else {}
    return {"type": "tool_result", "tool_use_id": call.id, "content": content} | failed


def _picture_of(image: Image) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": image.mime, "data": image.data}}


def _thought_of(text: str, signature: Signature) -> dict[str, str]:
    if not signature.encrypted:
        return {"type": "thinking", "thinking": text, "signature": signature.data}
    if signature.data.startswith(_UNREADABLE):
        return {"type": "thinking", "thinking": "", "signature": signature.data.removeprefix(_UNREADABLE)}
    return {"type": "redacted_thinking", "data": signature.data}


class MessageReply(Reply):
    """A message: blocks, each of which is thoughts, text or a call."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self.counts = Counts(apart=True)
        self._uses: set[int | None] = set()  # blocks that are calls of our tools, not of the provider's own
        self._thought = False  # the open block of thoughts has readable ones

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        match data.get("type"):
            case "content_block_delta" if isinstance(delta := data.get("delta"), dict):
                yield from self._delta(delta, _number(data))
            case "content_block_start" if isinstance(block := data.get("content_block"), dict):
                yield from self._block(block, _number(data))
            case "message_start" if isinstance(message := data.get("message"), dict):
                self.known = True
                self.counts.note(message.get("usage"))
            case "message_delta":
                for report in reports_in(data):
                    self.counts.note(report)
                self._stop(data.get("delta"))
            case "message_stop":
                self.counts.note(data.get("usage"))
                self.counts.note(data.get("amazon-bedrock-invocationMetrics"))
                self.done = True
            case "message":
                yield from self._parse_body(data)
            case "error":
                self.fail(data)
            case _:
                yield from self._other(data)

    def _other(self, data: dict[str, Any]) -> Iterator[Event]:
        if isinstance(data.get("content"), list | str) and "type" not in data:
            yield from self._parse_body(data)
        else:
            self.pass_over(data)

    def _parse_body(self, message: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of a message that came as one object; it is the end."""
        self.known = self.done = True
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
            if isinstance(block, dict):
                yield from self._block(block, index)
        self.counts.note(message.get("usage"))
        self._stop(message)

    def _delta(self, delta: dict[str, Any], index: int | None) -> Iterator[Event]:
        match {"type": None} | delta:
            case {"type": "text_delta" | "text" | None, "text": str(text)} if text:
                self.began = True
                yield from self.parts.text(text)
            case {"type": "thinking_delta" | "thinking" | None, "thinking": str(thought)} if thought:
                self.began = self._thought = True
                yield from self.parts.think(thought)
            case {"type": "signature_delta", "signature": str(signature)} if signature:
                yield from self._signature(signature)
            case {"type": "input_json_delta", "partial_json": str(piece)} if index in self._uses:
                yield from self.calls.feed([{"index": index, "function": {"arguments": piece}}])

    def _block(self, block: dict[str, Any], index: int | None) -> Iterator[Event]:
        """Yield the events of a block: whole, or as it is when it is opened."""
        match block:
            case {"type": "text", "text": str(text)} if text:
                self.began = True
                yield from self.parts.text(text)
            case {"type": "thinking"}:
                self._thought = False
                yield from self._delta({"type": "thinking_delta", "thinking": block.get("thinking")}, index)
                yield from self._delta({"type": "signature_delta", "signature": block.get("signature")}, index)
            case {"type": "redacted_thinking", "data": str(data)} if data:
                yield from self.parts.seal(data)
            case {"type": "tool_use"}:
                self.began = True
                self._uses.add(index)
                function = {"name": block.get("name"), "arguments": block.get("input") or ""}
                yield from self.calls.feed([{"index": index, "id": block.get("id"), "function": function}])

    def _signature(self, signature: str) -> Sequence[Event]:
        return self.parts.sign(signature) if self._thought else self.parts.seal(_UNREADABLE + signature)

    def _stop(self, data: Any) -> None:
        reason = data.get("stop_reason") if isinstance(data, dict) else None
        if isinstance(reason, str) and reason:
            self.finish = reason


def _number(data: dict[str, Any]) -> int | None:
    index = data.get("index")
    return index if isinstance(index, int) else None
