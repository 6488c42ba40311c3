"""How often something may be done: counted in Redis, for all processes together."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from core.client_address import client_address
from core.limits import LIMITS
from core.refusal import Refusal

log = logging.getLogger(__name__)
RETRY_UNCOUNTED = 5  # seconds
_SHORT = 90  # seconds that are told as seconds


def named(name: str) -> "Limit":
    """Return the limit of this name in the table, with the numbers that the settings have."""
    rule = LIMITS[name]
    if rule.most_from:
        return Limit(name, getattr(settings, rule.most_from), 60 * getattr(settings, rule.minutes_from))
    if rule.like:
        return replace(named(rule.like), name=name)
    return Limit(name, rule.most, 60 * rule.minutes)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `window` seconds; 0: as often as one likes."""

    name: str
    most: int
    window: int


class TooOften(Refusal):
    """The limit is reached. `retry_after` is in seconds; when to try again is said after the default message."""

    code = "too_often"
    status = 429
    default_message = gettext_lazy("Too many requests.")

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"{self.default_message} {_when(retry_after)}")

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class NotCounted(TooOften):
    """Redis takes no count, so nobody can say whether the limit is reached."""

    code = "not_counted"
    status = 503
    default_message = gettext_lazy("This can't be done right now.")

    def __init__(self) -> None:
        super().__init__(RETRY_UNCOUNTED)


def _when(seconds: int) -> str:
    if seconds <= _SHORT:
        return ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds) % {
            "count": seconds
        }
    minutes = math.ceil(seconds / 60)
    return ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes) % {"count": minutes}


@dataclass(frozen=True, slots=True)
class Counted:
    """One time that was counted, which may be taken back."""

    key: str = ""

    def take_back(self) -> None:
        if not self.key:
            return
        try:
            cache.decr(self.key)
        except ValueError:  # the window is over
            pass
        except (redis.RedisError, OSError):
            log.warning("%s is not taken back", self.key.partition(":")[2].partition(":")[0], exc_info=True)


def count(
    limit: Limit, subject: str, *, times: int = 1, closed: bool = False, refusal: Callable[[int], TooOften] = TooOften
) -> Counted:
    """Count one more time, or several, for `subject`. Raises `refusal`.

    While Redis takes no count, what is `closed` is refused (`NotCounted`): guessing passwords and making accounts must
    not go on uncounted. Everything else goes on: a limit must not stop everybody.
    """
    if not limit.most or not times:
        return Counted()
    key, into = _key(limit, subject)
    try:
        cache.add(key, 0, timeout=limit.window + 1)
        counted = cache.incr(key, times)
    except ValueError:  # it expired in between
        return Counted()
    except (redis.RedisError, OSError):
        log.warning("limit %s is not counted", limit.name, exc_info=True)
        if closed:
            raise NotCounted from None
        return Counted()
    if counted > limit.most:
        raise refusal(math.ceil(limit.window - into))
    return Counted(key)


def check(limit: Limit, subject: str, *, refusal: Callable[[int], TooOften] = TooOften) -> None:
    """Raise `refusal` where `subject` has reached the limit, and count nothing."""
    key, into = _key(limit, subject)
    try:
        reached = bool(limit.most) and int(cache.get(key, 0)) >= limit.most
    except (redis.RedisError, OSError):
        log.warning("limit %s is not looked at", limit.name, exc_info=True)
        return
    if reached:
        raise refusal(math.ceil(limit.window - into))


def forget(limit: Limit, subject: str) -> None:
    """Let what `subject` did in this window count no more."""
    try:
        cache.delete(_key(limit, subject)[0])
    except (redis.RedisError, OSError):
        log.warning("limit %s is not forgotten", limit.name, exc_info=True)


def _key(limit: Limit, subject: str) -> tuple[str, float]:
    number, into = divmod(time.time(), limit.window)
    return f"limit:{limit.name}:{subject}:{number:.0f}", into


def count_named(name: str, subject: str, *, refusal: Callable[[int], TooOften] = TooOften) -> Counted:
    """Count against the limit of this name, of the ways in.

    Raises `refusal`, and `NotCounted` where nothing can be counted.
    """
    return count(named(name), subject, closed=True, refusal=refusal)


def address_of(request: HttpRequest) -> str:
    """Return the address that the request came from: what the trusted proxies say (`TRUST_PROXY`), else the peer's."""
    return client_address(request.META, peer=str(request.META.get("REMOTE_ADDR", "")), hops=settings.TRUST_PROXY)
