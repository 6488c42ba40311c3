"""Calling a model, whichever wire it speaks."""

from collections.abc import AsyncIterator
from functools import lru_cache

from endpoints.adapters.base import Adapter, Endpoint, ModelRequest
from endpoints.adapters.litellm import LiteLLM
from endpoints.adapters.openai_wire import OpenAIWire
from endpoints.events import Event, Failed, TextDelta, Usage
from endpoints.http import OutboundClient


@lru_cache(256)
def _wire(base_url: str) -> OpenAIWire:
    return OpenAIWire(base_url)


_litellm = LiteLLM()


def adapter_for(endpoint: Endpoint) -> Adapter:
    return _wire(endpoint.base_url) if endpoint.adapter == "openai_wire" else _litellm


def stream(request: ModelRequest) -> AsyncIterator[Event]:
    """Return the events of one model call; see `Adapter`."""
    return adapter_for(request.endpoint).stream(request)


async def complete(request: ModelRequest) -> tuple[str, Usage | None, Failed | None]:
    """Return the text of one model call, its usage if reported, and why it failed if it did."""
    pieces: list[str] = []
    usage: Usage | None = None
    async for event in stream(request):
        match event:
            case TextDelta(text):
                pieces.append(text)
            case Usage():
                usage = event
            case Failed():
                return "".join(pieces), usage, event
    return "".join(pieces), usage, None


async def close_connections() -> None:
    """Close the connections of the running event loop; for a loop that ends, as in a task."""
    for client in list(OutboundClient.instances):
        await client.close()
