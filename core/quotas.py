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
    rate_limits.count(rate_limits.named("write_user" if user_id else "write_ip"), subject)
    count_volume(subject, size)


def count_volume(subject: str, size: int) -> None:
    """Count bytes that are written, sent or copied. Raises `TooOften`."""
    volume = rate_limits.named("write_megabytes")
    rate_limits.count(
        rate_limits.Limit(volume.name, volume.most * KILOBYTE, volume.window), subject, times=-(-size // KILOBYTE)
    )


def most(kind: str) -> int:
    """Return how many of this a person may keep (`settings.QUOTAS`)."""
    return int(settings.QUOTAS[kind]) or 10**9


def check(kind: str, have: int) -> None:
    """Raise `QuotaReached` where a person who has `have` of this may have no more."""
    if have >= most(kind):
        raise QuotaReached(_("You've reached the limit of %(most)d. Delete one first.") % {"most": have})
