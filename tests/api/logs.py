"""Being the generator of a run whose event stream is read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from django.conf import settings
from redis.asyncio import Redis

from api.librechat.chat.threads import in_database
from chat.models import Conversation, Message, Run
from messages.events import Event
from messages.parts import Part, grown_text
from messages.stream_format import key_of
from runs import follow
from runs.stream_log import LogWriter, RunLog

Frames = list[tuple[str, dict[str, Any]]]


@asynccontextmanager
async def writing(run: Run, parts: tuple[Part, ...] = (), position: int = 0) -> AsyncIterator[Callable[[Event], None]]:
    """Be the generator of `run`: yields a function that logs an event; what ends the run is stored first.

    One that goes on with it begins with the `parts` there are, at a higher `position`.
    """
    writer = LogWriter(Redis.from_url(settings.REDIS_URL))
    flushing = asyncio.create_task(writer.flush_for_ever())
    log: RunLog = writer.open(run.id, parts, position)
    yield lambda event: writer.append(log, event)
    await writer.close(log)
    flushing.cancel()
    with suppress(asyncio.CancelledError):
        await flushing


async def joined(run: Run, clients: int = 1) -> None:
    """Wait until so many clients follow the run."""
    key, logs = key_of(run.id).encode(), follow.reader()._subscriptions
    while key not in logs or len(logs[key].listeners) < clients:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0.01)


async def heard(run: Run, text: str) -> None:
    """Wait until this process has read this as the last part of a log that it follows."""
    subscription = follow.reader()._subscriptions[key_of(run.id).encode()]
    while not (parts := subscription.reducer.parts) or grown_text(parts[-1]) != text:  # noqa: ASYNC110 (as above)
        await asyncio.sleep(0.01)


@in_database
def store_end(run: Run, text: str, state: str = "done", error: str = "", title: str = "") -> None:
    message_state = {"done": "complete"}.get(state, state)
    Message.objects.filter(id=run.message_id).update(
        text=text, parts=[{"type": "text", "text": text}] if text else [], state=message_state
    )
    Run.objects.filter(id=run.id).update(state=state, error=error)
    if title:
        Conversation.objects.filter(id=run.conversation_id).update(title=title, titled_by="model")


def events(frames: Frames) -> list[str]:
    names = ("created", "sync", "final")
    return [payload.get("event") or next(name for name in names if name in payload) for _, payload in frames]


def text_of(frames: Frames) -> str:
    deltas = [payload["data"] for _, payload in frames if payload.get("event") == "on_message_delta"]
    return "".join(part["text"] for delta in deltas for part in delta["delta"]["content"])
