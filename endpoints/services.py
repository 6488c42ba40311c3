"""Calling a model: the one way in for everything that wants an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from endpoints.adapters import litellm, openai_wire
from endpoints.adapters.base import ModelRequest
from endpoints.events import Event, Failed, TextDelta, Usage
from endpoints.placeholders import filled

_ADAPTERS = {"openai_wire": openai_wire.stream, "litellm": litellm.stream}


def stream(request: ModelRequest) -> AsyncGenerator[Event]:
    """Return the events of one model call; the last is its one `Finished` or `Failed`.

    Never raises for what the provider or the network does. Closing the iterator hangs up.
    """
    endpoint = request.endpoint.for_model(request.model)
    ready = replace(endpoint, headers=filled(endpoint.headers, request.caller))
    return _ADAPTERS[endpoint.adapter](replace(request, endpoint=ready))


async def complete(request: ModelRequest) -> tuple[str, Usage | None, Failed | None]:
    """Return the whole text of a reply, its usage if the provider told it, and why it failed if it did."""
    text: list[str] = []
    usage: Usage | None = None
    failed: Failed | None = None
    async with aclosing(stream(request)) as events:
        async for event in events:
            match event:
                case TextDelta(piece):
                    text.append(piece)
                case Usage():
                    usage = event
                case Failed():
                    failed = event
    return "".join(text), usage, failed
