"""The addresses of Postgres and of Redis, read from the environment. What is wrong with one is said without it."""

from typing import Any, Final
from urllib.parse import urlsplit

import environ

from config.environment import env

_POSTGRES: Final = "postgres://parley@127.0.0.1:5432/parley"
_REDIS: Final = "redis://127.0.0.1:6379/0"


def database() -> dict[str, Any]:
    """Return what Django wants to know of the database."""
    url = env.text("DATABASE_URL", _POSTGRES)
    try:
        if url.partition("://")[0].lower() in {"postgres", "postgresql"}:
            found: dict[str, Any] = environ.Env.db_url_config(url)
            return found
    except ValueError:
        pass
    env.fault("DATABASE_URL", "must be an address such as postgres://name:password@host:5432/database")
    return dict(environ.Env.db_url_config(_POSTGRES))


def redis_url() -> str:
    url = env.text("REDIS_URL", _REDIS)
    try:
        parts = urlsplit(url)
        if parts.scheme in {"redis", "rediss", "unix"} and (parts.port or 1) > 0:
            return url
    except ValueError:
        pass
    env.fault("REDIS_URL", "must be an address such as redis://host:6379/0, or one with rediss:// or unix://")
    return _REDIS
