"""Google's generateContent, with or without streaming."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from endpoints.parameters.additions import additions
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.providers.prompt_rules import PromptRules
from endpoints.transport.exchange import (
    TIMEOUTS,
    Call,
    Reply,
    arguments_of,
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
from messages.events import Event, Failed
from messages.parts import Audio, Data, Image, Reasoning, Signature, Text, ToolCall

_TOP = {"generationConfig", "safetySettings", "toolConfig", "cachedContent", "labels"}  # every other: generationConfig
_OWN = {"model", "contents", "systemInstruction", "tools", "stream"}
_VERSION = re.compile(r"/v\d\w*$")
# Models that demand proof of the thoughts before a call, and take pictures in results.
_STRICT = re.compile(r"gemini-(?:[3-9]|\d\d|.*latest)")
_NO_PROOF = "skip_thought_signature_validator"  # https://ai.google.dev/gemini-api/docs/thought-signatures
_PICTURES = frozenset(("image/png", "image/jpeg", "image/webp"))
_RECORDINGS = frozenset(f"audio/{kind}" for kind in ("wav", "x-wav", "mp3", "mpeg", "aiff", "aac", "ogg", "flac"))


def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint, reached = request.endpoint, request.endpoint.connection
    versioned = "" if _VERSION.search(reached.base_url.rstrip("/")) else "/v1beta"
    path = f"{versioned}/models/{quote(wire_model_name(request).removeprefix('models/'), safe='')}{verb_of(request)}"
    header = "x-goog-api-key" if reached.key_header.lower() == "authorization" else reached.key_header
    url = with_sse(url_of(reached, path), request)
    call = Call(url, with_key(reached, header, reached.api_key), encode_json(body_of(request)))
    return exchange(endpoint, call, ContentReply(request), timeouts)


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    return request.with_params(responseMimeType="application/json", responseJsonSchema=schema)


def verb_of(request: ModelRequest) -> str:
    return ":streamGenerateContent" if request.stream else ":generateContent"


def with_sse(url: str, request: ModelRequest) -> str:
    """Return the address, asking for an event stream: what is streamed otherwise is one long JSON list."""
    return url + ("&" if "?" in url else "?") + "alt=sse" if request.stream else url


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away."""
    endpoint = request.endpoint
    body: dict[str, Any] = {"contents": _contents_of(request)}
    if system := instructions_of(request):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    config: dict[str, Any] = {}
    tools = list(request.params.get("tools") or ())
    for name, value in {**request.params, **additions(endpoint.parameters)}.items():
        if name in _OWN or value in (None, ""):
            continue
        if name == "generationConfig":
            config |= value
        else:
            (body if name in _TOP else config)[name] = value
    if request.max_tokens:
        config["maxOutputTokens"] = request.max_tokens
    for name in endpoint.parameters.drop:
        config.pop(name, None)
        if name not in _OWN:
            body.pop(name, None)
    if config:
        body["generationConfig"] = config
    if request.tools:
        tools.append(
            {
                "functionDeclarations": [
                    {"name": tool.name, "description": tool.description, "parametersJsonSchema": dict(tool.parameters)}
                    for tool in request.tools
                ]
            }
        )
    return body | ({"tools": tools} if tools else {})


def _contents_of(request: ModelRequest) -> list[dict[str, Any]]:
    contents = in_turns(request, _parts_of, model="model", key="parts", results_apart=True)
    if _STRICT.search(wire_model_name(request)):
        _prove_calls(contents)
    return contents


def rules(request: ModelRequest) -> PromptRules:
    """Return what the provider takes. Nobody documents calls in a request without tools; models answer such a one with
    calls that nobody can carry out."""
    return PromptRules(
        takes_signatures=True,
        calls_without_tools=False,
        marks_failures=True,
        pictures_in_results=bool(_STRICT.search(wire_model_name(request))),
        pictures=_PICTURES,
        recordings=_RECORDINGS,
    )


def _parts_of(message: PromptMessage) -> Iterator[dict[str, Any]]:
    if message.role == "tool":
        yield from map(_response_of, message.results)
        return
    proof = ""
    for part in message.parts:
        match part:
            case Reasoning(_, Signature(data)):
                proof = data
            case Text(text):
                yield {"text": text}
            case Image() | Audio():
                yield _inline(part)
            case ToolCall():
                call = {"functionCall": {"name": part.name, "args": arguments_of(part)}}
                # The first of parallel calls carries the proof of the thoughts that led to them; they did not lead to
                # one that a person has edited.
                yield call | ({"thoughtSignature": proof} if proof and not part.edited else {})
                proof = ""


def _response_of(call: ToolCall) -> dict[str, Any]:
    result = call.result or ()
    value = result[0].value if len(result) == 1 and isinstance(result[0], Data) else result_text(call)
    response: dict[str, Any] = {"name": call.name, "response": {"error" if call.state == "failed" else "result": value}}
    if pictures := [_inline(part) for part in result if isinstance(part, Image)]:
        response["parts"] = pictures
    return {"functionResponse": response}


def _inline(part: Image | Audio) -> dict[str, Any]:
    return {"inlineData": {"mimeType": part.mime, "data": part.data}}


def _prove_calls(contents: list[dict[str, Any]]) -> None:
    """Give the calls of the last turn that another model made the word for "there is no proof": without any, the newer
    models refuse the first call of each content."""
    for content in reversed(contents):
        blocks = content["parts"]
        if content["role"] == "user" and "functionResponse" not in blocks[0]:
            return
        call = next((block for block in blocks if "functionCall" in block), None)
        if call is not None:
            call.setdefault("thoughtSignature", _NO_PROOF)


class ContentReply(Reply):
    """A content: parts, each of which is a thought, text or a call."""

    def __init__(self, request: ModelRequest) -> None:
        super().__init__(request)
        self._thought = False  # there are readable thoughts that were not sealed yet

    def parse_chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        if data.get("error"):
            self.pass_over(data)
        self.counts.note(data.get("usageMetadata") or data.get("usage_metadata"))
        candidates = data.get("candidates")
        candidate = candidates[0] if isinstance(candidates, list) and candidates else None
        if isinstance(candidate, dict):
            self.known = True
            content = candidate.get("content")
            parts = content.get("parts") if isinstance(content, dict) else None
            for piece in parts if isinstance(parts, list) else ():
                if isinstance(piece, dict):
                    yield from self._said(piece)
            reason = candidate.get("finishReason") or candidate.get("finish_reason")
            if isinstance(reason, str) and reason != "FINISH_REASON_UNSPECIFIED":
                self.finish = reason or self.finish
        else:
            self._without_candidate(data)

    def _without_candidate(self, data: dict[str, Any]) -> None:
        feedback = data.get("promptFeedback")
        blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
        if blocked and blocked != "BLOCK_REASON_UNSPECIFIED":
            self.failed = Failed("content_filter", f"the prompt was blocked: {str(blocked)[:80]}")
        elif not data.get("error"):
            self.pass_over(data)

    def _said(self, piece: dict[str, Any]) -> Iterator[Event]:
        text, call = piece.get("text"), piece.get("functionCall") or piece.get("function_call")
        proof = piece.get("thoughtSignature") or piece.get("thought_signature")
        if text and isinstance(text, str):
            self.began = True
            self._thought = self._thought or bool(piece.get("thought"))
            yield from self.parts.think(text) if piece.get("thought") else self.parts.text(text)
        if isinstance(call, dict):
            self.began = True
            if proof and isinstance(proof, str):
                yield from self.parts.seal(proof)
            function = {"name": call.get("name"), "arguments": json.dumps(call.get("args") or {})}
            yield from self.calls.feed([{"id": call.get("id"), "function": function}])
