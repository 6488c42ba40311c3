"""From a model request to the body and headers of the OpenAI wire. Nothing of the person's own request is in them."""

from collections.abc import Mapping
from typing import Any

from endpoints.adapters.base import Endpoint, ModelRequest, PromptMessage
from endpoints.parameters.openai import cap_field
from endpoints.parameters.sets import additions

OFFICIAL = ("api.openai.com", 443)
_NEEDED = {"model", "messages", "stream"}


def url_of(endpoint: Endpoint) -> str:
    return endpoint.base_url.rstrip("/") + "/chat/completions"


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """Return the operator's headers; one called `Authorization` replaces the key."""
    named = {name.lower() for name in endpoint.headers}
    key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key and "authorization" not in named else {}
    return key | dict(endpoint.headers)


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the request's body. `add_params` is applied last, then `drop_params` takes away."""
    endpoint = request.endpoint
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [message_of(each) for each in request.messages],
        "stream": request.stream,
    }
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    if request.user_id:
        body["user"] = request.user_id
    body |= {name: value for name, value in request.params.items() if name not in body and value not in (None, "")}
    if request.max_tokens:
        body[cap_field(endpoint, request.model, request.wire)] = request.max_tokens
    if request.tools:
        body["tools"] = [*body.get("tools", ()), *tools_of(request)]
    body |= additions(endpoint)
    for name in endpoint.drop_params:
        if name not in _NEEDED:
            body.pop(name, None)
    return body


def message_of(message: PromptMessage) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}
        for call in message.tool_calls
    ]
    said = {"role": message.role, "content": message.content or None, "tool_calls": calls}
    thoughts = "\n\n".join(part["think"] for part in message.reasoning if part["think"])
    return said | ({"reasoning_content": thoughts} if thoughts else {})


def tools_of(request: ModelRequest) -> list[Mapping[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in request.tools
    ]
