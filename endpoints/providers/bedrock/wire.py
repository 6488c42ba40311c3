"""AWS Bedrock's Converse, with or without streaming, with our own signing."""

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from endpoints.parameters.additions import additions
from endpoints.providers.anthropic.wire import must_not_think
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.bedrock.eventstream import EventFrames
from endpoints.providers.bedrock.sigv4 import AccessKey, signed
from endpoints.providers.counts import Counts
from endpoints.providers.prompt_rules import PromptRules
from endpoints.services.prompts import spoken
from endpoints.transport.exchange import (
    TIMEOUTS,
    Call,
    Reply,
    arguments_of,
    calls_last,
    encode_json,
    exchange,
    in_turns,
    url_of,
    wire_model_name,
    with_key,
)
from endpoints.transport.http import Timeouts
from messages.events import Event
from messages.parts import Data, Image, Reasoning, Signature, Text, ToolCall, text_of_result

REGION = "us-east-1"
_FULL_RESULTS = re.compile(r"claude|\bnova\b")  # models that know of failures and pictures in results
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_TOP = {
    "inferenceConfig",
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "performanceConfig",
    "requestMetadata",
    "promptVariables",
    "serviceTier",
    "outputConfig",
}
_SAMPLING = {"temperature", "topP", "maxTokens", "stopSequences"}  # of `inferenceConfig`; any other is the model's own
_OWN = {"modelId", "messages", "system", "toolConfig", "tools", "cachePoint", "stream", "model", "region"}


def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    region = _region_of(request)
    endpoint = request.endpoint
    if not endpoint.connection.base_url:
        url = f"https://bedrock-runtime.{region}.amazonaws.com"
        endpoint = replace(endpoint, connection=replace(endpoint.connection, base_url=url))
    body = encode_json(body_of(request))
    verb = "converse-stream" if request.stream else "converse"
    url = url_of(endpoint.connection, f"/model/{quote(wire_model_name(request), safe=':')}/{verb}")
    return exchange(endpoint, Call(url, _headers(endpoint, url, body, region), body), ConverseReply(request), timeouts)


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    asking = request.with_params(toolConfig={"toolChoice": {"tool": {"name": name}}})
    return replace(asking, tools=(ToolSpec(name, "Takes the answer.", schema),))


def _region_of(request: ModelRequest) -> str:
    """Return the region that a person chose, else the endpoint's. It becomes part of a host's name."""
    named_regions = (
        request.params.get("region"),
        request.endpoint.connection.credentials.get("aws_region_name"),
        REGION,
    )
    return next(region for region in named_regions if isinstance(region, str) and _REGION.fullmatch(region))


def _headers(endpoint: Endpoint, url: str, body: bytes, region: str) -> dict[str, str]:
    """Return the headers with the bearer token that the endpoint has, else with a signature."""
    headers = with_key(
        endpoint.connection,
        "Authorization",
        f"Bearer {endpoint.connection.api_key}" if endpoint.connection.api_key else "",
    )
    credentials = endpoint.connection.credentials
    if endpoint.connection.api_key or not credentials.get("aws_access_key_id"):
        return headers
    key = AccessKey(
        credentials["aws_access_key_id"],
        credentials.get("aws_secret_access_key", ""),
        credentials.get("aws_session_token") or "",
    )
    return signed(key, url=url, body=body, headers=headers, region=region, service="bedrock")


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away.

    Fields that Converse does not know are the model's own and go where it wants those.
    """
    endpoint, params = request.endpoint, request.params
    blocks_of = partial(_blocks_of, marks_failures=rules(request).marks_failures)
    body: dict[str, Any] = {"messages": in_turns(request, blocks_of, model="assistant", key="content")}
    inference: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in {**params, **additions(endpoint.parameters)}.items():
        if name not in _OWN and value not in (None, "") and name not in endpoint.parameters.drop:
            (body if name in _TOP else inference if name in _SAMPLING else own)[name] = value
    if isinstance(thinking := own.get("thinking"), dict) and thinking.get("budget_tokens") and must_not_think(request):
        del own["thinking"]
    if request.max_tokens:
        inference["maxTokens"] = request.max_tokens
    for name, more in (("inferenceConfig", inference), ("additionalModelRequestFields", own)):
        if more:
            body[name] = {**body.get(name, {}), **more}
    if system := [{"text": message.text} for message in spoken(request.messages) if message.role == "system"]:
        body["system"] = system
    if mark := params.get("cachePoint"):
        _mark_kept(body, mark)
    chosen = params.get("toolConfig") or {}
    if tools := [*chosen.get("tools", ()), *(_tool_of(tool) for tool in request.tools)]:
        body["toolConfig"] = {**chosen, "tools": tools}
    return body


def _mark_kept(body: dict[str, Any], mark: Any) -> None:
    """Mark how far the provider shall keep the prompt: behind the instructions, and behind the last message."""
    for content in (body.get("system"), *(message["content"] for message in body["messages"][-1:])):
        if content:
            content.append({"cachePoint": mark})


def _tool_of(tool: ToolSpec) -> dict[str, Any]:
    schema = {"json": dict(tool.parameters)}
    return {"toolSpec": {"name": tool.name, "description": tool.description, "inputSchema": schema}}


def rules(request: ModelRequest) -> PromptRules:
    """Return what the provider takes: it refuses calls in a request without tools; only some models know of failed
    results, and of pictures in results."""
    full = bool(_FULL_RESULTS.search(wire_model_name(request)) or _FULL_RESULTS.search(request.model))
    return PromptRules(takes_signatures=True, calls_without_tools=False, marks_failures=full, pictures_in_results=full)


def _blocks_of(message: PromptMessage, *, marks_failures: bool) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield from (_result_of(call, marks_failures=marks_failures) for call in message.results)
        return
    for part in calls_last(message):
        match part:
            case Reasoning(text, Signature() as signature):
                yield {"reasoningContent": _thought_of(text, signature)}
            case Text(text):
                yield {"text": text}
            case Image():
                yield _picture_of(part)
            case ToolCall():
                yield {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments_of(part)}}


def _thought_of(text: str, signature: Signature) -> dict[str, Any]:
    if signature.encrypted:
        return {"redactedContent": signature.data}
    return {"reasoningText": {"text": text, "signature": signature.data}}


def _result_of(call: ToolCall, *, marks_failures: bool) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for part in call.result or ():
        match part:
            case Image():
                content.append(_picture_of(part))
            case Data(dict(value)):
                content.append({"json": value})
            case _:
                content.append({"text": text_of_result(part)})
    status = {"status": "error"} if call.state == "failed" and marks_failures else {}
    return {"toolResult": {"toolUseId": call.id, "content": content} | status}


def _picture_of(image: Image) -> dict[str, Any]:
    return {"image": {"format": image.mime.removeprefix("image/"), "source": {"bytes": image.data}}}


class ConverseReply(Reply):
    """A message: blocks, each of which is thoughts, text or a call."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self.counts = Counts(apart=True)

    def begin(self, chunk: bytes) -> None:
        if not self.known and chunk[:1] == b"\0":  # the length of a message, of which none has 16 MB
            self.known = True
            self.pieces = EventFrames()

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        if "output" in data:
            yield from self._parse_body(data)
            return
        for kind, event in data.items():
            if not isinstance(event, dict):
                continue
            index = event.get("contentBlockIndex")
            if kind == "contentBlockDelta":
                yield from self._said(event.get("delta"), index)
            elif kind == "contentBlockStart":
                yield from self._said(event.get("start"), index)
            elif kind == "messageStop":
                self._stop(event)
            elif kind == "metadata":
                self.counts.note(event.get("usage"))
                self.done = self.finish is not None
        if self.pieces.__class__ is not EventFrames or "error" in data:
            self.pass_over(data)

    def _parse_body(self, data: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of a reply that came as one object; it is the end."""
        self.known = self.done = True
        output = data.get("output")
        message = output.get("message") if isinstance(output, dict) else None
        blocks = message.get("content") if isinstance(message, dict) else None
        for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
            yield from self._said(block, index)
        self.counts.note(data.get("usage"))
        self._stop(data)

    def _said(self, block: Any, index: Any) -> Iterator[Event]:
        """Yield the events of a block: whole, its beginning, or a piece of it."""
        match block:
            case {"text": str(text)} if text:
                self.began = True
                yield from self.parts.text(text)
            case {"reasoningContent": dict(thought)}:
                yield from self._thought(thought)
            case {"toolUse": dict(call)}:
                self.began = True
                function = {"name": call.get("name"), "arguments": call.get("input")}
                yield from self.calls.feed([{"index": index, "id": call.get("toolUseId"), "function": function}])

    def _thought(self, thought: dict[str, Any]) -> Iterator[Event]:
        whole = thought.get("reasoningText")
        if isinstance(whole, dict):
            thought = whole
        text, signature, redacted = (thought.get(name) for name in ("text", "signature", "redactedContent"))
        if text and isinstance(text, str):
            self.began = True
            yield from self.parts.think(text)
        if signature and isinstance(signature, str):
            yield from self.parts.sign(signature)
        if redacted and isinstance(redacted, str):
            yield from self.parts.seal(redacted)

    def _stop(self, event: dict[str, Any]) -> None:
        reason = event.get("stopReason")
        if isinstance(reason, str) and reason:
            self.finish = reason
