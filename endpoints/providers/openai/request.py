"""Builds body and headers of the OpenAI wire from a model request. The person's HTTP request adds nothing."""

import re
from collections.abc import Mapping
from typing import Any

from endpoints.parameters.additions import additions
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.providers.openai.parameters import cap_field
from endpoints.transport.exchange import wire_model_name

_REPLAYED = re.compile(r"deepseek", re.IGNORECASE)  # these refuse a tool's result without the thoughts before the call
_NEEDED = {"model", "messages", "stream"}
_BARE = 2  # fields of a message that has neither calls nor thoughts: its role and its content


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


def messages_of(request: ModelRequest) -> list[dict[str, Any]]:
    """Return the prompt. Where the endpoint wants thoughts back, those of this run are in it, or of all replies."""
    endpoint, messages = request.endpoint, request.messages
    replayed = endpoint.parameters.resend_reasoning or bool(_REPLAYED.search(request.model))
    asked = max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)
    wire_messages = [
        message_of(message, thoughts=endpoint.parameters.resend_reasoning_history or (replayed and at > asked))
        for at, message in enumerate(messages)
    ]
    return [wire_message for wire_message in wire_messages if wire_message["content"] or len(wire_message) > _BARE]


def message_of(message: PromptMessage, *, thoughts: bool = False) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        said["content"] = message.content or None
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in message.tool_calls
        ]
    thought = "\n\n".join(part.text for part in message.reasoning if part.text)
    return said | ({"reasoning_content": thought} if thought and thoughts else {})


def tools_of(request: ModelRequest) -> list[Mapping[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in request.tools
    ]
