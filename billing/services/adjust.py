"""Manual and scheduled balance changes: gifts, corrections, refills. Each is a ledger entry."""

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit, delegation
from billing.models import Balance, LedgerEntry
from billing.services import policy
from billing.services.ledger import locked_balances
from core.ids import uuid7
from core.refusal import Refusal

MAX_CREDITS = 10**15  # credits; a billion dollars is a typing error


class AdjustmentRefused(Refusal):
    """The adjustment cannot be made."""


def add_credits(*, actor: User | None, user: User, credits: int, reason: str, key: str = "") -> LedgerEntry:
    """Add credits (or take them, when negative), with a reason. Raises `AdjustmentRefused`.

    `key` makes a repeated request harmless: the first entry is returned. Locks the person's balance.
    """
    _check(credits, reason)
    return _change(actor=actor, user=user, reason=reason, key=key, change=credits)


def set_balance(*, actor: User | None, user: User, credits: int, reason: str, key: str = "") -> LedgerEntry | None:
    """Bring the balance to exactly so many credits; None when it has them. Raises `AdjustmentRefused`.

    Credit that open holds reserve is part of the balance and stays reserved.
    """
    _check(credits, reason)
    if credits < 0:
        raise AdjustmentRefused(_("A balance can't be set below 0."))
    return _change(actor=actor, user=user, reason=reason, key=key, to=credits)


def refill_if_due(*, user_id: UUID, needed: int = 0) -> int:
    """Add the refill if the credit does not reach for `needed` and the time has come; return what was added.

    Of several at once one adds: the balance's row is the lock. Months are calendar months.
    """
    rule = policy.current().refill
    if rule is None or rule.amount <= 0:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "WITH due AS (UPDATE billing_balance SET credits = credits + %s, last_refill_at = now(),"
            " updated_at = now() WHERE user_id = %s AND credits - held - %s <= 0"
            f" AND last_refill_at + make_interval({_INTERVAL[rule.unit]} => %s) <= now() RETURNING user_id, credits)"
            " INSERT INTO billing_ledgerentry (id, user_id, key, reason, credits, balance_after, endpoint, model,"
            " input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens, estimated, rates,"
            " coefficient, created_at) SELECT %s::uuid, user_id, 'refill:' || %s::uuid, 'refill', %s, credits,"
            " '', '', 0, 0, 0, 0, 0, false, '{}', 1, clock_timestamp() FROM due",
            [rule.amount, user_id, needed, rule.value, (entry := uuid7()), entry, rule.amount],
        )
        return rule.amount if cursor.rowcount else 0


_INTERVAL = {
    "seconds": "secs",
    "minutes": "mins",
    "hours": "hours",
    "days": "days",
    "weeks": "weeks",
    "months": "months",
}


def _check(credits: object, reason: str) -> None:
    if isinstance(credits, bool) or not isinstance(credits, int) or abs(credits) > MAX_CREDITS:
        raise AdjustmentRefused(_("Credits must be a whole number."))
    if not reason.strip():
        raise AdjustmentRefused(_("Enter a reason. It's saved with the change."))


def _change(
    *, actor: User | None, user: User, reason: str, key: str, change: int = 0, to: int | None = None
) -> LedgerEntry:
    if actor is not None and actor.id == user.id:
        message = _("Only an administrator can change their own balance. Ask someone else.")
        delegation.refuse_administration(actor, AdjustmentRefused, message)
    with transaction.atomic():
        if key and (earlier := LedgerEntry.objects.filter(key=f"adjust:{key}").first()):
            return earlier
        balance = locked_balances({user.id})[user.id]
        before = balance.credits
        change = change if to is None else to - before
        Balance.objects.filter(user=user).update(credits=before + change, updated_at=timezone.now())
        entry = LedgerEntry.objects.create(
            user=user,
            key=f"adjust:{key or uuid7()}",
            reason="adjustment",
            note=reason.strip()[:500],
            credits=change,
            balance_after=before + change,
            actor_id=actor.id if actor else None,
        )
        audit.record(
            actor=actor,
            action="balance.changed",
            target=audit.AuditTarget("user", str(user.id), user.email),
            before={"credits": before},
            after={"credits": before + change, "reason": reason.strip()[:500]},
        )
    return entry
