"""Retrying a model call: only while nothing was received and nothing can have been charged."""

from dataclasses import dataclass
from random import SystemRandom
from typing import Final

from messages.events import Failed


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call is made again, and after how many seconds; each further time doubles the pause.

    A provider that wants to be left alone for longer than `max_backoff` is not asked again.
    """

    max_retries: int = 2
    pause: float = 0.5
    max_backoff: float = 10


USUAL: Final = Retries()
ONCE: Final = Retries(max_retries=0)
# Of these nothing can have been charged: nobody was reached, or the provider refused outright.
_UNCHARGED: Final = {"connection", "connect_timeout", "overloaded"}
_LIMITED: Final = {"rate_limit", "upstream_limit"}  # and these when they say for how long
_random = SystemRandom()


def pause_before_retry(failed: Failed, attempt: int, retries: Retries) -> float | None:
    """Return the seconds after which the call may be made again, or None when it may not."""
    if failed.code in _LIMITED and failed.wait:
        pause = float(failed.wait)
    elif failed.code in _UNCHARGED:
        pause = max(failed.wait, retries.pause * 2**attempt)
    else:
        return None
    # Never sooner than asked, and not all at once.
    return pause + _random.uniform(0, retries.pause) if pause <= retries.max_backoff else None
