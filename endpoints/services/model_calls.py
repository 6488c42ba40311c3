"""Calling a model: the one way in for everything that wants an answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from random import SystemRandom

from endpoints.parameters.refused import named_in
from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import Adapter, ModelRequest
from endpoints.providers.bedrock import wire as bedrock_wire
from endpoints.providers.google import wire as gemini_wire
from endpoints.providers.litellm import wire as litellm
from endpoints.providers.openai import responses_wire
from endpoints.providers.openai import wire as openai_wire
from endpoints.providers.vertex import wire as vertex_wire
from endpoints.services.placeholders import render_headers
from endpoints.services.prompts import tidy
from endpoints.transport.timeouts import timeouts_of
from messages.events import Event, Failed, TextDelta, Usage


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is made again, and after how many seconds; each further time doubles the pause.

    A provider that wants to be left alone for longer than `max_backoff` is not asked again.
    """

    max_retries: int = 2
    pause: float = 0.5
    max_backoff: float = 10


_RETRIES = Retries()
ONCE = Retries(max_retries=0)
# By the provider that `litellm_prefix` names: those that have a wire of our own. litellm speaks to all others.
_WIRES: dict[str, Adapter] = {
    "anthropic": anthropic_wire.stream,
    "bedrock": bedrock_wire.stream,
    "gemini": gemini_wire.stream,
    "vertex_ai": vertex_wire.stream,
}
# Of these nothing can have been charged: nobody was reached, or the provider refused outright.
_AGAIN = {"connection", "connect_timeout", "overloaded"}
_LIMITED = {"rate_limit", "upstream_limit"}  # and these when they say for how long
_random = SystemRandom()


async def stream(request: ModelRequest, *, retries: Retries = _RETRIES) -> AsyncGenerator[Event]:
    """Yield the events of one model call; the last is its one `Finished` or `Failed`.

    Never raises for what the provider or the network does. Closing the iterator hangs up. A call of which nothing
    came and nothing can have been charged is made again, as `retries` says.
    """
    endpoint = request.endpoint.for_model(request.model)
    endpoint = replace(endpoint, headers=render_headers(endpoint.headers, request.caller))
    request = replace(request, endpoint=endpoint, messages=tidy(request.messages))
    adapter, timeouts = adapter_of(request), timeouts_of(request)
    for attempt in range(retries.max_retries + 1):
        pause = None
        async with aclosing(adapter(request, timeouts=timeouts)) as events:
            first = await anext(events)
            if isinstance(first, Failed) and attempt < retries.max_retries:
                pause = _pause(first, attempt, retries)
            if pause is None:
                yield _told(first)
                async for event in events:
                    yield _told(event)
                return
        await asyncio.sleep(pause)


def _told(event: Event) -> Event:
    """Return the event; a refusal of the request names the settings that it is about."""
    if isinstance(event, Failed) and event.code == "bad_request":
        return replace(event, settings=named_in(event.detail))
    return event


def _pause(failed: Failed, attempt: int, retries: Retries) -> float | None:
    """Return the seconds after which the call may be made again, or None when it may not."""
    if failed.code in _LIMITED and failed.wait:
        pause = float(failed.wait)
    elif failed.code in _AGAIN:
        pause = max(failed.wait, retries.pause * 2**attempt)
    else:
        return None
    # Never sooner than asked, and not all at once.
    return pause + _random.uniform(0, retries.pause) if pause <= retries.max_backoff else None


def adapter_of(request: ModelRequest) -> Adapter:
    """Return what speaks the wire of the request's endpoint."""
    if request.endpoint.adapter == "litellm":
        return _WIRES.get(request.endpoint.litellm_prefix.partition("/")[0], litellm.stream)
    return responses_wire.stream if request.wire == "responses" else openai_wire.stream


async def prepare(request: ModelRequest) -> None:
    """Load what a call of this kind needs, so that the call itself takes no longer than the provider does."""
    if adapter_of(request) is litellm.stream:
        await asyncio.to_thread(litellm.load)


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
