"""Django's Postgres backend, which looks at a connection's socket before it asks the server whether it is there."""

import selectors
from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the connection may be used for the next request; no round trip where nothing speaks against it.

        A server says nothing to an idle connection but that it ends it: one with nothing to read is open. Where there
        is something (its end, or a notice) the server is asked, as Django always does.
        """
        raw: Any = self.connection
        if raw is None or raw.closed:
            return False
        if raw.pgconn.transaction_status == TransactionStatus.IDLE and not _can_be_read(raw.pgconn.socket):
            return True
        return super().is_usable()


def _can_be_read(descriptor: int) -> bool:
    with selectors.PollSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(0))
