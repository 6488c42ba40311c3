"""This process's connections to Redis, outside of asyncio: its client, and the one of Django's cache."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache, RedisCacheClient


@cache
def client() -> redis.Redis:
    """Return this process's Redis client; it is safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)


def run_script(script: str, keys: Sequence[str], arguments: Sequence[int | str]) -> Any:
    """Return what a Lua script answers: one round trip, and nothing happens between its commands.

    Raises `redis.RedisError`.
    """
    return _registered(client(), script)(keys=keys, args=arguments)


@cache
def _registered(of: redis.Redis, script: str) -> Any:
    return of.register_script(script)


class _KeptClient(RedisCacheClient):
    """Keeps the client of the one server, which Django makes anew for every command: a third of what that costs."""

    _kept: redis.Redis | None = None

    def get_client(self, key: Any = None, *, write: bool = False) -> redis.Redis:
        kept = self._kept
        if kept is None:
            kept = self._kept = super().get_client(key, write=write)
        return kept


class Cache(RedisCache):
    """Django's cache in Redis, with one client that is kept."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClient
