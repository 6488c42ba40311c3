"""The threads in which event streams read the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 3  # of this process for all its streams: each keeps a connection, so a burst must not have one each
pool = ThreadPoolExecutor(THREADS, thread_name_prefix="stream")


def in_database(function: Callable[P, R]) -> Callable[P, Any]:
    """Return `function` as a coroutine that runs in one of the few threads kept for streams."""

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        return function(*args, **kwargs)

    return sync_to_async(call, thread_sensitive=False, executor=pool)
