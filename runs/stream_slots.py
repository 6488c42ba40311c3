"""Limits a person's long-lived connections in this process: tabs' sockets and API clients' event streams.

Each costs memory and work on every broadcast for as long as its client likes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

MAX_STREAMS: Final = 100


class Places:
    """The open ones by person. Used in the event loop alone."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()

    def are_taken(self, person: UUID) -> bool:
        """Whether this person has as many as there may be."""
        return self._taken[person] >= MAX_STREAMS

    @contextmanager
    def one(self, person: UUID) -> Iterator[None]:
        """Take a place while the block lasts, however it ends."""
        self._taken[person] += 1
        try:
            yield
        finally:
            self._taken[person] -= 1
            if not self._taken[person]:
                del self._taken[person]


tabs: Final = Places()
streams: Final = Places()
