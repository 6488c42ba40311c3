"""Requesting a JSON object instead of text, in each wire's own way."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from endpoints.providers.base import ModelRequest
from endpoints.providers.wires import wire_of
from endpoints.services.model_calls import Model, collect, stream
from messages.events import Failed, Usage
from messages.parts import Text, ToolCall, grown_text

Schema = Mapping[str, Any]


async def complete_object(
    request: ModelRequest, *, name: str, schema: Schema, model: Model = stream
) -> tuple[dict[str, Any] | None, Usage | None, Failed | None]:
    """Return the object that the model wrote by the JSON Schema `schema`, or None when it wrote none.

    Beside it the usage, if the provider told it, and why the call failed if it did. `name` is what the provider
    calls the object: letters and underlines. `model` makes the call.
    """
    parts, usage, failed = await collect(_asking(request, name, schema), model=model)
    text = "".join(grown_text(part) for part in parts if isinstance(part, Text | ToolCall))
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else None, usage, failed


def _asking(request: ModelRequest, name: str, schema: Schema) -> ModelRequest:
    """Return the request that asks for the object, as its wire has it."""
    request = replace(request, endpoint=request.endpoint.for_model(request.model))
    return wire_of(request).ask_for_object(request, name, schema)
