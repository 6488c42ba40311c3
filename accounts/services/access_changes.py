"""Notifies long-lived connections (sockets, streams) when one of their person's sessions or keys has ended."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

_listeners: list[Callable[[UUID], None]] = []


def on_end(listener: Callable[[UUID], None]) -> None:
    """Have `listener` called with the id of a person whose sessions or keys were ended, after commit.

    What is still open for them is to look again whether it may go on.
    """
    _listeners.append(listener)


def announce(user_id: UUID) -> None:
    """Tell everybody who listens, once the change at hand is committed."""
    transaction.on_commit(lambda: _tell(user_id))


def _tell(user_id: UUID) -> None:
    for listener in _listeners:
        listener(user_id)
