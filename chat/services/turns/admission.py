"""Limits of messages per person or address, and of simultaneous replies per person."""

from django.conf import settings
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import audit
from accounts.services.bans import record_violation
from chat.services import storage
from chat.services.refusal import TurnRefused
from core import rate_limits
from core.refusal import Refusal
from core.sql_pipeline import Statement


class TooManyAtOnce(Refusal):
    """As many replies as may be are being written for this person; `too_many_at_once` has the words."""

    code = "concurrent"
    status = 429


# The lock makes the starts of one person wait for one another, so that the count cannot be passed by two at once.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_COUNT = """
SELECT 1 WHERE (
    SELECT count(*) FROM chat_generation
    WHERE owner_id = %s AND state IN ('queued', 'running') AND parent_id IS NULL
) < %s
"""


def count_message(user: User, text: str = "") -> None:
    """Count one message of this person and of the address it came from. Raises `TurnRefused` (429), `QuotaReached`."""
    address = audit.origin.get()
    uses = [rate_limits.Use(rate_limits.named("message_user"), str(user.id))]
    if address:
        uses.insert(0, rate_limits.Use(rate_limits.named("message_ip"), address))
    if passed := rate_limits.count_all(*uses):
        record_violation("message_limit", user=user, address=address)
        limit, often = passed.limit, rate_limits.TooOften(rate_limits.seconds_left(passed.limit))
        limiter = "ip" if limit.name == "message_ip" else "user"
        details = {"max": limit.most, "limiter": limiter, "windowInMinutes": limit.window // 60}
        raise TurnRefused(often.message, status=often.status, code="message_limit", details=details)
    storage.take_known(user, len(text.encode()))


def at_once_statements(user: User) -> list[Statement]:
    """Return what refuses one reply too many, for the caller's transaction. Raises `TooManyAtOnce` there."""
    most = settings.CONCURRENT_MESSAGE_MAX
    if not most:
        return []
    return [
        Statement(_LOCK, (f"turns:{user.id}",)),
        Statement(_COUNT, (user.id, most), on_no_row=TooManyAtOnce()),
    ]


def too_many_at_once(user: User) -> TurnRefused:
    """Count the violation; return what the person is told."""
    most = settings.CONCURRENT_MESSAGE_MAX
    score = record_violation("concurrent", user=user, address=audit.origin.get())
    message = ngettext(
        "You already have %(most)d reply in progress. Wait for it to finish, or stop it.",
        "You already have %(most)d replies in progress. Wait for one to finish, or stop it.",
        most,
    ) % {"most": most}
    details = {"limit": most, "pendingRequests": most, "score": score}
    return TurnRefused(message, status=TooManyAtOnce.status, code=TooManyAtOnce.code, details=details)
