"""A short-lived cache in each process, for rows that every request or turn needs."""

import time
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
V = TypeVar("V")


class ttl_cache(Generic[P, V]):  # noqa: N801 (a decorator)
    """Call the function again only when its last answer to the same arguments is older than `FRESH` seconds.

    A change counts everywhere after that, and at once in the process that made it: whoever changes what the function
    reads calls its `invalidate`. Arguments are positional and few: what was asked is kept until then.
    """

    FRESH: ClassVar[float] = 2.0
    every: ClassVar[list["ttl_cache[..., Any]"]] = []

    def __init__(self, read: Callable[P, V]) -> None:
        self._read = read
        self._known: dict[object, tuple[float, V]] = {}
        update_wrapper(self, read)
        self.every.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> V:
        entry = self._known.get(args)
        if entry is None or time.monotonic() - entry[0] > self.FRESH:
            entry = time.monotonic(), self._read(*args, **kwargs)
            self._known[args] = entry
        return entry[1]

    def remember(self, answer: V) -> None:
        """Take this as the answer to no arguments, without asking."""
        self._known[()] = time.monotonic(), answer

    def clear(self) -> None:
        self._known.clear()

    def invalidate(self) -> None:
        """Ask anew at the next question, and again once the change at hand is committed."""
        self.clear()
        transaction.on_commit(self.clear)
