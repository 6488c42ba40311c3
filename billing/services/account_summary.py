"""A person's account at a glance, for the menu on every page: one query, however many budgets there are."""

import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import User
from billing.models import Budget
from billing.services import policy
from billing.services.budgets import NOBODY, Meter, active, binds, is_own, period_end, period_start

WARN: Final = 80  # percent of a budget from which it is pointed out


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """`credits`: what is available, None where balances are off. `fullest`: the budget to be careful with, if any."""

    credits: int | None
    fullest: Meter | None


_ALL = """
SELECT
    (SELECT CASE WHEN awaits_start AND credits <= 0 THEN %(start)s ELSE credits END - held FROM billing_balance
        WHERE user_id = %(user)s),
    (SELECT json_agg(group_id) FROM accounts_membership WHERE user_id = %(user)s),
    (SELECT json_agg(json_build_array(budget_id, subject, period_start, spent, held)) FROM billing_budgetusage
        WHERE budget_id = ANY(%(budgets)s) AND subject IN (%(user)s, %(nobody)s) AND period_start >= %(since)s)
"""


def account_summary_of(user: User) -> AccountSummary:
    """Return how the person stands. One query; none where neither balances nor budgets are used."""
    rules, found = policy.current(), active()
    if not rules.enforced and not found:
        return AccountSummary(None, None)
    since = min(period_start(period, timezone.now()) for period in Budget.Period.values)
    values: dict[str, Any] = {"user": user.id, "nobody": NOBODY, "budgets": [each.id for each in found], "since": since}
    values["start"] = rules.start_credits
    with connection.cursor() as cursor:
        cursor.execute(_ALL, values)
        credits, groups, used = cursor.fetchone()
    if credits is None:
        credits = rules.start_credits
    mine = frozenset(UUID(each) for each in _read(groups))
    bound = [each for each in found if binds(each, user.id, user.role_name, mine)]
    return AccountSummary(credits if rules.enforced else None, _fullest(bound, user.id, _read(used)))


def _fullest(found: list[Budget], user_id: UUID, used: list[Any]) -> Meter | None:
    now = timezone.now()
    known = {(UUID(budget), UUID(who), day): (spent, held) for budget, who, day, spent, held in used}
    meters = []
    for each in found:
        key = (each.id, user_id if is_own(each) else NOBODY, period_start(each.period, now).isoformat())
        meters.append(Meter(each, *known.get(key, (0, 0)), period_end(each.period, now)))
    fullest = max(meters, key=lambda meter: meter.percent, default=None)
    return fullest if fullest and fullest.percent >= WARN else None


def _read(rows: Any) -> list[Any]:
    found: list[Any] = json.loads(rows) if isinstance(rows, str) else rows or []
    return found
