"""Rebuilding search entries from earlier releases, in the background."""

import time

from django.db import connection, transaction

BATCH_SIZE = 200
_RENEW = """
UPDATE chat_searchentry e SET vector = chat_search_vector(e.owner_id, m.author, m.text), version = 1
FROM chat_message m
WHERE m.id = e.message_id AND e.message_id IN (
    SELECT message_id FROM chat_searchentry WHERE version = 0 ORDER BY created_at DESC LIMIT %s
    FOR UPDATE SKIP LOCKED
)
"""


def renew(*, seconds: float) -> bool:
    """Renew outdated entries, the newest first, for so many seconds; return whether some are left.

    Safe to run twice at once.
    """
    end = time.monotonic() + seconds
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_RENEW, [BATCH_SIZE])
            renewed = cursor.rowcount
        if not renewed:
            return False
        if time.monotonic() > end:
            return True
