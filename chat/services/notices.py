"""Small messages to all of a person's tabs: a title is ready, the list changed, a run began or ended.

They go over the channel layer, which may lose them: a page never depends on one to be right after a reload.
"""

import logging
from typing import Any
from uuid import UUID

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)


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


def close_sockets(user_id: UUID) -> None:
    """Have every tab of a person connect anew, which only those can who are still signed in."""
    try:
        async_to_sync(get_channel_layer().group_send)(group_of(user_id), {"type": "signed.out"})
    except (redis.RedisError, OSError):
        log.warning("sockets of a person who was signed out stay open", exc_info=True)
