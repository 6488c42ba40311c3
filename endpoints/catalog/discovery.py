"""Finds model servers on this machine if `parley.discoverLocal` allows it, in the background only."""

import asyncio
import time

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from endpoints.catalog.model_lists import refresh
from endpoints.providers.base import Connection, Display, Endpoint, EndpointOrigin, ServedModels
from endpoints.providers.compatible.hosts import LOCAL_PORTS

LOOK = "endpoints.tasks.look_for_local_servers"  # by name, as the task needs the registry
FRESH_SECONDS = 60
KEPT_SECONDS = 600  # a server that was started again has not gone
_KEY = "local-servers"
PORTS = LOCAL_PORTS


def servers() -> list[Endpoint]:
    """Return every endpoint that there could be."""
    return [
        Endpoint(
            name,
            Connection("openai", f"http://127.0.0.1:{port}/v1"),
            Display(name, icon=name.lower()),
            ServedModels(fetch=True),
            origin=EndpointOrigin(custom=True, written_by_operator=True),
        )
        for name, port in PORTS.items()
    ]


def server_names() -> tuple[str, ...]:
    """Return the names of those that answered; have them asked again when that is long ago."""
    try:
        names, seen_at = cache.get(_KEY) or ((), 0.0)
        if time.time() - seen_at > FRESH_SECONDS and cache.add(_KEY + ":asked", 1, 30):
            current_app.send_task(LOOK)
    except (RedisError, OperationalError, OSError):
        return ()
    return tuple(names)


async def look() -> tuple[str, ...]:
    """Ask every port for its models, and keep who answered, with its list."""
    there = servers()
    lists = await asyncio.gather(*(refresh(server) for server in there))
    names = tuple(server.name for server, models in zip(there, lists, strict=True) if models)
    await cache.aset(_KEY, (names, time.time()), KEPT_SECONDS)
    return names
