"""This process's connections to Redis: its client, the one of Django's cache, and those of an event loop."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.asyncio import ConnectionPool
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


@cache
def client() -> redis.Redis:
    """Return this process's Redis client; it is safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)


def run_script(script: str, keys: Sequence[str], arguments: Sequence[int | str]) -> Any:
    """Return what a Lua script answers: one round trip, and nothing happens between its commands.

    Raises `redis.RedisError`.
    """
    return _registered(client(), script)(keys=keys, args=arguments)


class _TrustingPool(ConnectionPool):
    """Gives out its connections as they are.

    redis-py looks whether one can be read from each time, which takes longer than the command. One that the server has
    closed fails when it is used, and the command is tried again with a new one, as when it is closed a moment later.
    """

    async def ensure_connection(self, connection: Any) -> None:
        await connection.connect()


def async_client(**options: Any) -> AsyncRedis:
    """Return a client for the running event loop; `options` are those of a connection."""
    again = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    pool = _TrustingPool.from_url(settings.REDIS_URL, socket_connect_timeout=2, retry=again, **options)
    return AsyncRedis.from_pool(pool)


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
