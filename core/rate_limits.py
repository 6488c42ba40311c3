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
from core.redis_client import run_script
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


@dataclass(frozen=True, slots=True)
class Use:
    """Something that is counted: `times` more times, for `subject`."""

    limit: Limit
    subject: str
    times: int = 1


# Counts until a limit is passed; returns which (from 1), or 0.
_COUNT = """
for number, key in ipairs(KEYS) do
    local most, times, seconds = unpack(ARGV, 3 * number - 2, 3 * number)
    redis.call('SET', key, 0, 'EX', seconds, 'NX')
    if redis.call('INCRBY', key, times) > tonumber(most) then
        return number
    end
end
return 0
"""


def count_all(*uses: Use, closed: bool = False) -> Use | None:
    """Count all of these in one round trip; return the first whose limit is passed, after which nothing is counted.

    While Redis takes no count, what is `closed` is refused (`NotCounted`): guessing passwords and making accounts must
    not go on uncounted. Everything else goes on: a limit must not stop everybody.
    """
    counted = [use for use in uses if use.limit.most and use.times]
    if not counted:
        return None
    keys = [cache.make_key(_key(use.limit, use.subject)) for use in counted]
    numbers = [number for use in counted for number in (use.limit.most, use.times, use.limit.window + 1)]
    try:
        passed = int(run_script(_COUNT, keys, numbers))
    except (redis.RedisError, OSError):
        log.warning("not counted: %s", ", ".join(use.limit.name for use in counted), exc_info=True)
        if closed:
            raise NotCounted from None
        return None
    return counted[passed - 1] if passed else None


def count(
    limit: Limit, subject: str, *, times: int = 1, closed: bool = False, refusal: Callable[[int], TooOften] = TooOften
) -> Counted:
    """Count one more time, or several, for `subject`. Raises `refusal`; `closed` is as for `count_all`."""
    if count_all(Use(limit, subject, times), closed=closed):
        raise refusal(seconds_left(limit))
    return Counted(_key(limit, subject)) if limit.most and times else Counted()


def seconds_left(limit: Limit) -> int:
    """Return after how many seconds the present window of this limit is over."""
    return math.ceil(limit.window - time.time() % limit.window)


def check(limit: Limit, subject: str, *, refusal: Callable[[int], TooOften] = TooOften) -> None:
    """Raise `refusal` where `subject` has reached the limit, and count nothing."""
    try:
        reached = bool(limit.most) and int(cache.get(_key(limit, subject), 0)) >= limit.most
    except (redis.RedisError, OSError):
        log.warning("limit %s is not looked at", limit.name, exc_info=True)
        return
    if reached:
        raise refusal(seconds_left(limit))


def forget(limit: Limit, subject: str) -> None:
    """Let what `subject` did in this window count no more."""
    try:
        cache.delete(_key(limit, subject))
    except (redis.RedisError, OSError):
        log.warning("limit %s is not forgotten", limit.name, exc_info=True)


def _key(limit: Limit, subject: str) -> str:
    return f"limit:{limit.name}:{subject}:{time.time() // limit.window:.0f}"


def count_named(name: str, subject: str, *, refusal: Callable[[int], TooOften] = TooOften) -> Counted:
    """Count against the limit of this name, of the ways in.

    Raises `refusal`, and `NotCounted` where nothing can be counted.
    """
    return count(named(name), subject, closed=True, refusal=refusal)


def address_of(request: HttpRequest) -> str:
    """Return the address that the request came from: what the trusted proxies say (`TRUST_PROXY`), else the peer's."""
    return client_address(request.META, peer=str(request.META.get("REMOTE_ADDR", "")), hops=settings.TRUST_PROXY)
