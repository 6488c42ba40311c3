"""Builds body and headers of the OpenAI wire from a model request. The person's HTTP request adds nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from billing.services.pricing import CacheLife
from endpoints.parameters.additions import additions
from endpoints.providers.anthropic.facts import claude
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.providers.caching import as_asked, by_itself
from endpoints.providers.compatible.hosts import is_openrouter, price_map_name
from endpoints.providers.openai.parameters import cap_field
from endpoints.providers.prompt_rules import CallIds, PromptRules
from endpoints.transport.exchange import arguments_of, data_url, result_text, wire_model_name
from endpoints.transport.failures import try_json
from messages.parts import Audio, Image, Part, Text, ToolCall

# These refuse a call of a tool without the thoughts that led to it: https://api-docs.deepseek.com/guides/thinking_mode
_REPLAYED = re.compile(r"deepseek|\bkimi", re.IGNORECASE)
# These take ids of calls of nine characters only, and no person's message before they have answered to results.
_STRICT = re.compile(r"mi[sx]tral|ministral|codestral|devstral|magistral|pixtral|voxtral", re.IGNORECASE)
_HEARS = re.compile(r"audio|voxtral", re.IGNORECASE)  # any other model refuses recordings
_RECORDINGS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_NEEDED = {"model", "messages", "stream"}


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away."""
    endpoint = request.endpoint
    body: dict[str, Any] = {
        "model": wire_model_name(request),
        "messages": messages_of(request),
        "stream": request.stream,
    }
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    if request.user_id:
        body["user"] = request.user_id
    body |= {name: value for name, value in request.params.items() if name not in body and value not in (None, "")}
    if request.max_tokens:
        body[cap_field(endpoint, request.model, uses_responses=request.uses_responses)] = request.max_tokens
    if request.tools:
        body["tools"] = [*body.get("tools", ()), *tools_of(request)]
    body |= additions(endpoint.parameters)
    for name in endpoint.parameters.drop:
        if name not in _NEEDED:
            body.pop(name, None)
    return body


def rules(request: ModelRequest) -> PromptRules:
    """Return what chat completions take. Who serves a model has the rules of its maker, wherever it runs."""
    known = request.endpoint.parameters
    names = f"{request.endpoint.connection.model_prefix}{request.model} {wire_model_name(request)}"
    thoughts: Literal["none", "run", "calls", "all"] = "run" if known.resend_reasoning else "none"
    if _REPLAYED.search(names):
        thoughts = "calls"
    if known.resend_reasoning_history:
        thoughts = "all"
    strict = bool(_STRICT.search(names)) or price_map_name(request.endpoint.connection.base_url) == "mistral"
    return PromptRules(
        call_ids=CallIds(9, 9, "") if strict else CallIds(longest=40),
        thoughts=thoughts,
        recordings=frozenset(_RECORDINGS) if _HEARS.search(names) else frozenset(),
        person_after_results=not strict,
    )


def cache_life(request: ModelRequest) -> CacheLife:
    """Return for how long the prompt may be kept. Of a server that passes it on, it is not known what that asks for."""
    asks = is_openrouter(request.endpoint) and claude(request.model).kind
    return as_asked(request) if asks else by_itself(request)


def messages_of(request: ModelRequest) -> list[dict[str, Any]]:
    """Return the prompt as the wire has it."""
    return [wire_message for message in request.messages for wire_message in wire_messages(message)]


def wire_messages(message: PromptMessage) -> Iterator[dict[str, Any]]:
    """Yield the message; of results each is one of its own."""
    if message.role == "tool":
        for call in message.results:
            yield {"role": "tool", "tool_call_id": call.id, "content": result_text(call)}
        return
    said: dict[str, Any] = {"role": message.role, "content": _content_of(message)}
    if message.calls:
        said["content"] = message.text or None
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments_text(call)}}
            for call in message.calls
        ]
    if message.reasoning:
        said["reasoning_content"] = "\n\n".join(part.text for part in message.reasoning if part.text)
    yield said


def arguments_text(call: ToolCall) -> str:
    """Return a call's arguments as the text of an object: some servers read it, and refuse anything else."""
    is_object = isinstance(try_json(call.arguments.encode("utf-8", "replace")), dict)
    return call.arguments if is_object else json.dumps(arguments_of(call), ensure_ascii=False)


def _content_of(message: PromptMessage) -> str | list[dict[str, Any]]:
    pieces = [piece for part in message.parts if (piece := _piece_of(part))]
    return message.text if all(piece["type"] == "text" for piece in pieces) else pieces


def _piece_of(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Image():
            return {"type": "image_url", "image_url": {"url": data_url(part)}}
        case Audio():
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": _RECORDINGS[part.mime]}}
    return None


def tools_of(request: ModelRequest) -> list[Mapping[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in request.tools
    ]
