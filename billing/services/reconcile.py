"""Checks that ledger and balances agree, for everybody. Runs every night, and by `manage.py reconcile`."""

import logging
from dataclasses import asdict, dataclass
from typing import Literal

from django.db import connection, transaction
from django.utils import timezone

from billing.models import Balance, LedgerEntry, Reconciliation

log = logging.getLogger(__name__)
MAX_REPORTED = 1_000
SECONDS = 240  # that the comparison may take in the database


@dataclass(frozen=True, slots=True)
class Drift:
    """A number that is not what the rows behind it add up to. `subject` is a person's id, or a usage row's."""

    kind: Literal["balance", "held", "budget_held"]
    subject: str
    stored: int
    computed: int


# One statement, so one snapshot: what is charged meanwhile is in all of it or in none.
_COMPARE = """
SELECT 'balance', b.user_id::text, b.credits, coalesce(l.total, 0)::bigint FROM billing_balance b
LEFT JOIN (SELECT user_id, sum(credits) AS total FROM billing_ledgerentry GROUP BY user_id) l ON l.user_id = b.user_id
WHERE b.credits <> coalesce(l.total, 0)
UNION ALL
SELECT 'held', b.user_id::text, b.held, coalesce(h.total, 0)::bigint FROM billing_balance b
LEFT JOIN (SELECT user_id, sum(amount) AS total FROM billing_hold WHERE state = 'open' GROUP BY user_id) h
    ON h.user_id = b.user_id
WHERE b.held <> coalesce(h.total, 0)
UNION ALL
SELECT 'budget_held', u.id::text, u.held, coalesce(s.total, 0)::bigint FROM billing_budgetusage u
LEFT JOIN (
    SELECT s.usage_id, sum(s.amount) AS total FROM billing_holdshare s JOIN billing_hold h ON h.id = s.hold_id
    WHERE h.state = 'open' GROUP BY s.usage_id
) s ON s.usage_id = u.id
WHERE u.held <> coalesce(s.total, 0)
"""


def reconcile() -> Reconciliation:
    """Compare everything, in one snapshot of the database; store and return the result. Drift is logged as an error."""
    report = Reconciliation(started_at=timezone.now())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])
        cursor.execute(_COMPARE)
        drift = [Drift(*row) for row in cursor.fetchall()]
    report.entries = LedgerEntry.objects.count()
    report.people = Balance.objects.count()
    report.drift = [asdict(difference) for difference in drift[:MAX_REPORTED]]
    report.finished_at = timezone.now()
    report.save()
    if drift:
        log.error("the ledger and the balances differ in %d places; see reconciliation %s", len(drift), report.pk)
    return report
