"""The bytes of messages that a person stores, and their quota.

The sum is measured from the rows at most every ten minutes; in between, additions are counted in Redis. A quota guards
against abuse and need not be exact. A scheduled task does the measuring, of many people at once, so a turn never waits.
"""

import logging
from typing import cast
from uuid import UUID

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from core import quotas
from core.redis_client import client, run_script

log = logging.getLogger(__name__)

FRESH = 600  # seconds
ROW = 1024  # bytes that a message costs beside its text: row, indexes, search entry
UNKNOWN = "parley:storage-unknown"  # a set of ids of people
BATCH = 200  # people that are measured at once
_ADD = """
local kept = redis.call('GET', KEYS[1])
if not kept then
    redis.call('SADD', KEYS[2], ARGV[4])
    return 'unknown'
end
if kept + ARGV[1] > tonumber(ARGV[3]) then
    return 'full'
end
redis.call('INCRBY', KEYS[1], ARGV[2])
return 'added'
"""
_SUMS = """
SELECT owner_id, sum(size) FROM (
    SELECT c.owner_id, pg_column_size(m.text) + pg_column_size(m.parts) + %s AS size
    FROM chat_message m JOIN chat_conversation c ON c.id = m.conversation_id
    WHERE c.owner_id = ANY(%s)
    UNION ALL
    SELECT c.owner_id, pg_column_size(r.content)
    FROM chat_toolresult r JOIN chat_message m ON m.id = r.message_id
    JOIN chat_conversation c ON c.id = m.conversation_id
    WHERE c.owner_id = ANY(%s)
) AS kept GROUP BY owner_id
"""
_OF_MESSAGES = """
SELECT coalesce(sum(pg_column_size(text) + pg_column_size(parts) + %s), 0)
    + coalesce((SELECT sum(pg_column_size(content)) FROM chat_toolresult WHERE message_id = ANY(%s)), 0)
FROM chat_message WHERE id = ANY(%s)
"""


def take(user: User, size: int) -> None:
    """Count `size` bytes more, before they are stored. Raises `core.quotas.QuotaReached`."""
    if quota() and _added(user.id, size) is None:
        measure(user.id)
        _added(user.id, size)


def take_known(user: User, size: int) -> None:
    """Do the same without a query: what is not known now is measured soon, and counts from then on."""
    if quota():
        _added(user.id, size)


def measure(user_id: UUID) -> int:
    """Return what the person keeps, and remember it for ten minutes. One query."""
    return _measured([user_id])[user_id]


def measure_unknown() -> int:
    """Measure what those keep of whom it was not known when they wrote; return how many they were. One query."""
    members = cast(list[bytes], client().spop(UNKNOWN, BATCH))
    ids = [UUID(user_id.decode()) for user_id in members]
    return len(_measured(ids)) if ids else 0


def _measured(user_ids: list[UUID]) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [ROW, user_ids, user_ids])
        kept = dict.fromkeys(user_ids, 0) | {user_id: int(size) for user_id, size in cursor.fetchall()}
    for user_id in user_ids:
        _remember(user_id, kept[user_id])
    return kept


def size_of(message_ids: list[UUID]) -> int:
    """Return what these messages cost. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_MESSAGES, [ROW, message_ids, message_ids])
        return int(cursor.fetchone()[0])


def quota() -> int:
    return int(settings.QUOTAS["storage_megabytes"]) << 20


def _added(user_id: UUID, size: int) -> bool | None:
    """Add to what the person keeps, in one round trip; None where that is not known. Raises `QuotaReached`."""
    try:
        answer = run_script(_ADD, [cache.make_key(_key(user_id)), UNKNOWN], [size, size + ROW, quota(), str(user_id)])
    except (redis.RedisError, OSError):
        log.warning("what a person keeps is not counted", exc_info=True)
        return False
    if answer == b"full":
        raise quotas.QuotaReached(
            _("Your messages use all of your %(most)d MB of storage. Delete chats you no longer need.")
            % {"most": settings.QUOTAS["storage_megabytes"]}
        )
    return None if answer == b"unknown" else True


def _remember(user_id: UUID, kept: int) -> None:
    try:
        cache.set(_key(user_id), kept, timeout=FRESH)
    except (redis.RedisError, OSError):
        log.warning("what a person keeps is not remembered", exc_info=True)


def _key(user_id: UUID) -> str:
    return f"storage:{user_id}"
