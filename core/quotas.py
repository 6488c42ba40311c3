"""How much one person may write and store: rates, volumes and counts, all set in `config.settings`.

Each write counts once: on a page in `web.middleware.admission.CountWrites`, in the API in `api.base.throttle`, so a new
route is limited without being listed anywhere. 0 means no limit.
"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from core import rate_limits
from core.refusal import Refusal

READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
KILOBYTE: Final = 1024


class QuotaReached(Refusal):
    """A person keeps as much as they may. The message says of what, and what to do."""

    code = "quota"
    status = 409


def count_write(*, user_id: object, address: str, size: int) -> None:
    """Count one change, of `size` bytes, of a person; of an address where nobody is signed in. Raises `TooOften`."""
    subject = str(user_id or address)
    limit = rate_limits.named("write_user" if user_id else "write_ip")
    _count(rate_limits.Use(limit, subject), _volume(subject, size))


def count_volume(subject: str, size: int) -> None:
    """Count bytes that are written, sent or copied. Raises `TooOften`."""
    _count(_volume(subject, size))


def _volume(subject: str, size: int) -> rate_limits.Use:
    volume = rate_limits.named("write_megabytes")
    kilobytes = rate_limits.Limit(volume.name, volume.most * KILOBYTE, volume.window)
    return rate_limits.Use(kilobytes, subject, -(-size // KILOBYTE))


def _count(*uses: rate_limits.Use) -> None:
    if passed := rate_limits.count_all(*uses):
        raise rate_limits.TooOften(rate_limits.seconds_left(passed.limit))


def most(kind: str) -> int:
    """Return how many of this a person may keep (`settings.QUOTAS`)."""
    return int(settings.QUOTAS[kind]) or 10**9


def check(kind: str, have: int) -> None:
    """Raise `QuotaReached` where a person who has `have` of this may have no more."""
    if have >= most(kind):
        raise QuotaReached(_("You've reached the limit of %(most)d. Delete one first.") % {"most": have})
