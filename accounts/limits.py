"""How often something may be done: counted in Redis, for all processes together."""

import logging
import math
import time
from dataclasses import dataclass
from ipaddress import ip_address

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)


def named(name: str) -> "Limit":
    """Return the limit that the settings have as `<NAME>_MAX` and `<NAME>_WINDOW` (minutes)."""
    return Limit(name.lower(), getattr(settings, f"{name}_MAX"), 60 * getattr(settings, f"{name}_WINDOW"))


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `window` seconds; 0: as often as one likes."""

    name: str
    most: int
    window: int


class TooOften(Exception):
    """The limit is reached. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        message = _("That was too often. Try again in %(seconds)d seconds.") % {"seconds": retry_after}
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


def count(limit: Limit, who: str, *, times: int = 1) -> None:
    """Count one more time, or several, for `who`. Raises `TooOften`.

    While Redis is away nothing is counted: a limit guards against abuse, and must not stop everybody.
    """
    if not limit.most or not times:
        return
    key, into = _key(limit, who)
    try:
        cache.add(key, 0, timeout=limit.window + 1)
        counted = cache.incr(key, times)
    except ValueError:  # it expired in between
        return
    except (redis.RedisError, OSError):
        log.warning("limit %s is not counted", limit.name, exc_info=True)
        return
    if counted > limit.most:
        raise TooOften(math.ceil(limit.window - into))


def forget(limit: Limit, who: str) -> None:
    """Let what `who` did in this window count no more."""
    try:
        cache.delete(_key(limit, who)[0])
    except (redis.RedisError, OSError):
        log.warning("limit %s is not forgotten", limit.name, exc_info=True)


def _key(limit: Limit, who: str) -> tuple[str, float]:
    number, into = divmod(time.time(), limit.window)
    return f"limit:{limit.name}:{who}:{number:.0f}", into


def count_named(name: str, who: str) -> None:
    """Count against the limit of the settings `<name>_MAX` and `<name>_WINDOW` (in minutes). Raises `TooOften`."""
    count(named(name), who)


def address_of(request: HttpRequest) -> str:
    """Return the address that the request came from: what the trusted proxies say (`TRUST_PROXY`), else the peer's.

    Of ``X-Forwarded-For`` each proxy appends whom it heard from, so only as many entries count, from the end, as
    there are trusted proxies: what a client writes itself stands before them.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    hops = settings.TRUST_PROXY
    told = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if each.strip()]
    if not hops or len(told) < hops:
        return peer
    try:
        return str(ip_address(told[-hops]))
    except ValueError:
        return peer
