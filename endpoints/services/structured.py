"""Asking a model for a JSON object instead of text, in the way that each wire has for it."""

import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import ModelRequest, ToolSpec
from endpoints.providers.bedrock import wire as bedrock_wire
from endpoints.providers.google import wire as gemini_wire
from endpoints.providers.openai import responses_wire
from endpoints.providers.vertex import wire as vertex_wire
from endpoints.services.model_calls import adapter_of, stream
from messages.events import Failed, TextDelta, ToolCallDelta, Usage

Schema = Mapping[str, Any]


async def complete_object(
    request: ModelRequest, *, name: str, schema: Schema
) -> tuple[dict[str, Any] | None, Usage | None, Failed | None]:
    """Return the object that the model wrote by the JSON Schema `schema`, or None when it wrote none.

    Beside it the usage, if the provider told it, and why the call failed if it did. `name` is what the provider
    calls the object: letters and underlines.
    """
    text: list[str] = []
    usage: Usage | None = None
    failed: Failed | None = None
    async with aclosing(stream(_asking(request, name, schema))) as events:
        async for event in events:
            match event:
                case TextDelta(piece) | ToolCallDelta(_, piece):
                    text.append(piece)
                case Usage():
                    usage = event
                case Failed():
                    failed = event
    try:
        found = json.loads("".join(text))
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else None, usage, failed


def _asking(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    """Return the request that asks for the object."""
    request = replace(request, endpoint=request.endpoint.for_model(request.model))
    adapter = adapter_of(request)
    if adapter is vertex_wire.stream:
        adapter = anthropic_wire.stream if vertex_wire.is_claude(request) else gemini_wire.stream
    return _WAYS.get(adapter, _by_format)(request, name, schema)


def _by_format(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    wanted = {"name": name, "schema": schema, "strict": True}
    return _with(request, response_format={"type": "json_schema", "json_schema": wanted})


def _by_text_format(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    wanted = {"type": "json_schema", "name": name, "schema": schema, "strict": True}
    return _with(request, text={**request.params.get("text", {}), "format": wanted})


def _by_mime_type(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    return _with(request, responseMimeType="application/json", responseJsonSchema=schema)


def _by_tool(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    return replace(
        _with(request, tool_choice={"type": "tool", "name": name}),
        tools=(ToolSpec(name, "Takes the answer.", schema),),
    )


def _by_tool_choice(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    chosen = {"toolChoice": {"tool": {"name": name}}}
    return replace(_with(request, toolConfig=chosen), tools=(ToolSpec(name, "Takes the answer.", schema),))


def _with(request: ModelRequest, **params: Any) -> ModelRequest:
    return replace(request, params={**request.params, **params})


_WAYS: dict[Any, Callable[[ModelRequest, str, Schema], ModelRequest]] = {
    responses_wire.stream: _by_text_format,
    anthropic_wire.stream: _by_tool,
    bedrock_wire.stream: _by_tool_choice,
    gemini_wire.stream: _by_mime_type,
}
