"""How much of everything one person may write and keep: rates, volumes and numbers, all set in `config.settings`.

Each change counts once: on a page in `web.middleware.admission.CountWrites`, in the API in `api.base.throttle`. A new
route that writes is limited without being named anywhere. 0 means: as much as one likes.
"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from core import rate_limits

READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
KILOBYTE: Final = 1024


class QuotaReached(Exception):
    """A person keeps as much as they may. `message` says of what, and what to do. The HTTP status is 409."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def count_write(*, user_id: object, address: str, size: int) -> None:
    """Count one change, of `size` bytes, of a person; of an address where nobody is signed in. Raises `TooOften`."""
    who = str(user_id or address)
    rate_limits.count(rate_limits.named("WRITE_USER" if user_id else "WRITE_IP"), who)
    count_volume(who, size)


def count_volume(who: str, size: int) -> None:
    """Count bytes that are written, sent or copied. Raises `TooOften`."""
    volume = rate_limits.named("WRITE_MEGABYTES")
    rate_limits.count(
        rate_limits.Limit(volume.name, volume.most * KILOBYTE, volume.window), who, times=-(-size // KILOBYTE)
    )


def most(kind: str) -> int:
    """Return how many of this a person may keep (`settings.QUOTAS`)."""
    return int(settings.QUOTAS[kind]) or 10**9


def check(kind: str, have: int) -> None:
    """Raise `QuotaReached` where a person who has `have` of this may have no more."""
    if have >= most(kind):
        raise QuotaReached(_("You keep %(most)d of these, as many as there can be. Delete one first.") % {"most": have})
