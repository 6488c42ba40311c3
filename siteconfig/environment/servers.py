"""The addresses of Postgres and Redis, read from the environment. Errors never quote them: they hold passwords."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import environ

from siteconfig.environment.reader import env

_POSTGRES: Final = "postgres://parley@127.0.0.1:5432/parley"
_REDIS: Final = "redis://127.0.0.1:6379/0"
_PROOFS: Final = {"required", "optional", "none"}  # whether the server has to show a certificate, as redis-py says it


def database() -> dict[str, Any]:
    """Return what Django wants to know of the database."""
    url = env.text("DATABASE_URL", _POSTGRES)
    try:
        if url.partition("://")[0].lower() in {"postgres", "postgresql"}:
            config: dict[str, Any] = environ.Env.db_url_config(url)
            return config
    except ValueError:
        pass
    env.fault("DATABASE_URL", "must be an address such as postgres://name:password@host:5432/database")
    return dict(environ.Env.db_url_config(_POSTGRES))


def redis_url() -> str:
    """Return the address as redis-py reads it: for the cache, the stream logs and the channel layer."""
    url = env.text("REDIS_URL", _REDIS)
    try:
        parts = urlsplit(url)
        if (
            parts.scheme in {"redis", "rediss", "unix"}
            and (parts.port or 1) > 0
            and _has_path(parts.scheme, parts.path)
        ):
            return url if parts.scheme != "rediss" else _proven(url)
    except ValueError:
        pass
    env.fault("REDIS_URL", "must be an address such as redis://host:6379/0, or one with rediss:// or unix://")
    return _REDIS


def broker_url(url: str) -> str:
    """Return `url`, which is one of `redis_url`, as Celery reads it: it knows a socket by another name.

    Whoever may read the socket's file is known by that; a name, a password and a database go along.
    """
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = dict(parse_qsl(parts.query))
    credentials = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{credentials}{parts.path}?{urlencode({'virtual_host': query.get('db', '0')})}"


def _has_path(scheme: str, path: str) -> bool:
    return scheme != "unix" or path not in {"", "/"}


def _proven(url: str) -> str:
    """Return an encrypted address that says what the server has to show.

    Of one that leaves it out redis-py wants a certificate, and Celery none: it would give its password to anybody.
    """
    address, _mark, query = url.partition("?")
    options = dict(parse_qsl(query))
    proof = options.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    if proof not in _PROOFS:
        env.fault("REDIS_URL", f"must have one of {', '.join(sorted(_PROOFS))} as ssl_cert_reqs")
    return f"{address}?{urlencode(options | {'ssl_cert_reqs': proof})}"
