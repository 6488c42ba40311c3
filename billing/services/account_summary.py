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
    rules, budgets = policy.current(), active()
    if not rules.enforced and not budgets:
        return AccountSummary(None, None)
    since = min(period_start(period, timezone.now()) for period in Budget.Period.values)
    values: dict[str, Any] = {
        "user": user.id,
        "nobody": NOBODY,
        "budgets": [budget.id for budget in budgets],
        "since": since,
    }
    values["start"] = rules.start_credits
    with connection.cursor() as cursor:
        cursor.execute(_ALL, values)
        credits, groups, used = cursor.fetchone()
    if credits is None:
        credits = rules.start_credits
    mine = frozenset(UUID(group_id) for group_id in _read(groups))
    bound = [budget for budget in budgets if binds(budget, user.id, user.role_name, mine)]
    return AccountSummary(credits if rules.enforced else None, _fullest(bound, user.id, _read(used)))


def _fullest(budgets: list[Budget], user_id: UUID, used: list[Any]) -> Meter | None:
    now = timezone.now()
    known = {(UUID(budget_id), UUID(subject), day): (spent, held) for budget_id, subject, day, spent, held in used}
    meters = []
    for budget in budgets:
        key = (budget.id, user_id if is_own(budget) else NOBODY, period_start(budget.period, now).isoformat())
        meters.append(Meter(budget, *known.get(key, (0, 0)), period_end(budget.period, now)))
    fullest = max(meters, key=lambda meter: meter.percent, default=None)
    return fullest if fullest and fullest.percent >= WARN else None


def _read(rows: Any) -> list[Any]:
    values: list[Any] = json.loads(rows) if isinstance(rows, str) else rows or []
    return values
