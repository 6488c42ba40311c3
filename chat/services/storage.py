"""The bytes of messages that a person stores, and their quota.

The sum is measured from the rows at most every ten minutes; in between, additions are counted in Redis. A quota guards
against abuse and need not be exact. A task does the measuring, so a turn never waits for it.
"""

import logging
from collections.abc import Callable
from uuid import UUID

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from accounts.models import User
from core import quotas

log = logging.getLogger(__name__)

FRESH = 600  # seconds
ROW = 1024  # bytes that a message costs beside its text: row, indexes, search entry
_SUM = """
SELECT coalesce(sum(pg_column_size(m.text) + pg_column_size(m.parts) + %s), 0) + coalesce((
    SELECT sum(pg_column_size(r.content)) FROM chat_toolresult r JOIN chat_message m ON m.id = r.message_id
    JOIN chat_conversation c ON c.id = m.conversation_id WHERE c.owner_id = %s
), 0)
FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id
WHERE c.owner_id = %s
"""
_OF_MESSAGES = """
SELECT coalesce(sum(pg_column_size(text) + pg_column_size(parts) + %s), 0)
    + coalesce((SELECT sum(pg_column_size(content)) FROM chat_toolresult WHERE message_id = ANY(%s)), 0)
FROM chat_message WHERE id = ANY(%s)
"""


def take(user: User, size: int) -> None:
    """Count `size` bytes more, before they are stored. Raises `core.quotas.QuotaReached`."""
    if quota():
        _add(user.id, size, lambda: measure(user.id))


def take_known(user: User, size: int, *, measure_later: Callable[[UUID], None]) -> None:
    """Do the same without a query: what is not known now is measured later, and counts from then on."""
    if quota():
        _add(user.id, size, lambda: measure_later(user.id))


def measure(user_id: UUID) -> int:
    """Return what the person keeps, and remember it for ten minutes. One query."""
    kept = _number(_SUM, user_id)
    _remember(user_id, kept)
    return kept


def size_of(message_ids: list[UUID]) -> int:
    """Return what these messages cost. One query."""
    return _number(_OF_MESSAGES, message_ids)


def quota() -> int:
    return int(settings.QUOTAS["storage_megabytes"]) << 20


def _add(user_id: UUID, size: int, ask: Callable[[], int | None]) -> None:
    key = _key(user_id)
    try:
        known = cache.get(key)
        kept = int(known) if known is not None else ask()
        if kept is None:
            return
        if kept + size > quota():
            raise quotas.QuotaReached(
                _("Your messages use all of your %(most)d MB of storage. Delete chats you no longer need.")
                % {"most": settings.QUOTAS["storage_megabytes"]}
            )
        cache.incr(key, size + ROW)
    except ValueError:  # it was forgotten in between
        return
    except (redis.RedisError, KombuError, OSError):
        log.warning("what a person keeps is not counted", exc_info=True)


def _remember(user_id: UUID, kept: int) -> None:
    try:
        cache.set(_key(user_id), kept, timeout=FRESH)
    except (redis.RedisError, OSError):
        log.warning("what a person keeps is not remembered", exc_info=True)


def _key(user_id: UUID) -> str:
    return f"storage:{user_id}"


def _number(statement: str, argument: UUID | list[UUID]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [ROW, argument, argument])
        return int(cursor.fetchone()[0])
