"""Calling a model: the single entry point."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from endpoints.parameters.refused import named_in
from endpoints.providers.base import ModelRequest
from endpoints.providers.wires import wire_of
from endpoints.services.adaptation import adapted
from endpoints.services.placeholders import with_rendered_headers
from endpoints.transport.retries import USUAL, Retries, pause_before_retry
from endpoints.transport.timeouts import timeouts_of
from messages.events import Event, Failed, Usage
from messages.parts import Part, Text
from messages.reducer import MessageParts

Model = Callable[[ModelRequest], AsyncGenerator[Event]]


async def stream(request: ModelRequest, *, retries: Retries = USUAL) -> AsyncGenerator[Event]:
    """Yield the events of one model call; the last is its one `Finished` or `Failed`.

    Never raises for what the provider or the network does. Closing the iterator hangs up. A call of which nothing
    came and nothing can have been charged is made again, as `retries` says.
    """
    endpoint = with_rendered_headers(request.endpoint.for_model(request.model), request.caller)
    request = replace(request, endpoint=endpoint)
    request = replace(request, messages=adapted(request))
    adapter, timeouts = wire_of(request).stream, timeouts_of(request)
    for attempt in range(retries.max_retries + 1):
        pause = None
        async with aclosing(adapter(request, timeouts=timeouts)) as events:
            first = await anext(events)
            if isinstance(first, Failed) and attempt < retries.max_retries:
                pause = pause_before_retry(first, attempt, retries)
            if pause is None:
                yield _naming_settings(first)
                async for event in events:
                    yield _naming_settings(event)
                return
        await asyncio.sleep(pause)


def _naming_settings(event: Event) -> Event:
    """Return the event; a refusal of the request names the settings that it is about."""
    if isinstance(event, Failed) and event.code == "bad_request":
        return replace(event, settings=named_in(event.detail))
    return event


async def prepare(request: ModelRequest) -> None:
    """Load what a call of this kind needs, so that the call itself takes no longer than the provider does."""
    if load := wire_of(request).prepare:
        await asyncio.to_thread(load)


async def complete(request: ModelRequest, *, model: Model = stream) -> tuple[str, Usage | None, Failed | None]:
    """Return the whole text of a reply, its usage if the provider told it, and why it failed if it did.

    `model` makes the call.
    """
    parts, usage, failed = await collect(request, model=model)
    return "".join(part.text for part in parts if isinstance(part, Text)), usage, failed


async def collect(
    request: ModelRequest, *, model: Model = stream
) -> tuple[Sequence[Part], Usage | None, Failed | None]:
    """Return all parts of a reply, its usage if the provider told it, and why it failed if it did."""
    reply = MessageParts()
    usage: Usage | None = None
    failed: Failed | None = None
    async with aclosing(model(request)) as events:
        async for event in events:
            match event:
                case Usage():
                    usage = event
                case Failed():
                    failed = event
                case _:
                    reply.apply(event)
    return reply.parts, usage, failed
