"""Notices: short messages to all of a person's tabs, such as a new title, a changed list, a run that began or ended.

They go over the channel layer, which may lose them, so no page depends on one to be right after a reload.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final
from uuid import UUID

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from core.tasks import end_tasks

log = logging.getLogger(__name__)
ENDED: Final = "signed.out"


def group_of(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def notify(user_id: UUID, name: str, data: dict[str, Any]) -> None:
    """Send after commit, from a thread."""
    transaction.on_commit(lambda: async_to_sync(notify_now)(user_id, name, data))


async def notify_now(user_id: UUID, name: str, data: dict[str, Any]) -> None:
    """Send at once, from a coroutine. Never raises: what is lost is only a hint."""
    try:
        await get_channel_layer().group_send(group_of(user_id), {"type": "notice", "name": name, "data": data})
    except (redis.RedisError, OSError):
        log.warning("notice %r was lost", name, exc_info=True)


def look_again(user_id: UUID) -> None:
    """Have every socket and stream of a person look whether it may go on; those that may not end at once."""
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(user_id), {"type": ENDED})
    except (redis.RedisError, OSError):
        log.warning("sockets of a person who was signed out stay open until they look by themselves", exc_info=True)


def endings(user_id: UUID) -> AbstractAsyncContextManager[asyncio.Event]:
    """Give an event that is set each time something of this person's is ended, while the block lasts."""
    return _hearing(user_id, lambda message: message["type"] == ENDED)


def titles(user_id: UUID) -> AbstractAsyncContextManager[asyncio.Event]:
    """Give an event that is set each time one of this person's conversations gets its title, while the block lasts."""
    return _hearing(user_id, lambda message: message.get("name") == "title")


@asynccontextmanager
async def _hearing(user_id: UUID, wanted: Callable[[dict[str, Any]], bool]) -> AsyncIterator[asyncio.Event]:
    heard = asyncio.Event()
    listening = asyncio.create_task(_listen(user_id, heard, wanted))
    try:
        yield heard
    finally:
        await end_tasks(listening)


async def _listen(user_id: UUID, heard: asyncio.Event, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Set `heard` at each word; while Redis is away nothing is heard, and who waits looks from time to time."""
    layer, group = get_channel_layer(), group_of(user_id)
    try:
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        try:
            heard.set()  # what was said before somebody listened
            while True:
                if wanted(await layer.receive(channel)):
                    heard.set()
        finally:
            await layer.group_discard(group, channel)
    except (redis.RedisError, OSError):
        log.warning("whoever waits does not hear what a person's tabs are told", exc_info=True)
