"""Which budgets apply to a call, how much of them is left, and reserving from them together with a hold.

A budget's usage row is its lock, like the balance's row: one conditional update reserves, so that any number of turns
starting at once cannot reserve more than the budget has left. Locks are taken after the balance's, in the order of the
rows' budgets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Membership, User
from billing.models import Budget, BudgetUsage, HoldShare
from core.refusal import Refusal
from core.sql_pipeline import Statement
from core.ttl_cache import ttl_cache

NOBODY: Final = UUID(int=0)  # the subject where people share a budget


class OverBudget(Refusal):
    """A hard budget has not enough left. `budget_id` says which; `explain` has the words."""

    code = "over_budget"
    status = 402

    def __init__(self, budget_id: UUID) -> None:
        super().__init__()
        self.budget_id = budget_id


@dataclass(frozen=True, slots=True)
class Binding:
    """A budget that binds a call, with the usage row it is counted in."""

    budget: Budget
    subject: UUID
    period_start: date

    def amount(self, *, credits: int, tokens: int) -> int:
        return credits if self.budget.unit == Budget.Unit.CREDITS else tokens


@dataclass(frozen=True, slots=True)
class Meter:
    """How far a budget is used in the period at hand. All numbers in the budget's unit."""

    budget: Budget
    spent: int
    held: int
    ends: datetime

    @property
    def left(self) -> int:
        return max(self.budget.amount - self.spent - self.held, 0)

    @property
    def percent(self) -> int:
        return min(100, (self.spent + self.held) * 100 // self.budget.amount) if self.budget.amount else 100


@ttl_cache
def active() -> list[Budget]:
    """Return all budgets that are switched on; asked of the database every two seconds at most."""
    return list(Budget.objects.filter(is_active=True).select_related("api_key").order_by("id"))


def binding(*, user_id: UUID, role: str, endpoint: str, model: str, key_id: UUID | None = None) -> list[Binding]:
    """Return the budgets that bind this person's call of this model, in the order their locks are taken.

    `key_id` is the API key that the call is begun with. No query, unless there are budgets of groups (one).
    """
    candidates = [budget for budget in active() if _names(budget, endpoint, model)]
    if not candidates:
        return []
    groups = _groups_of(user_id) if any(budget.scope == Budget.Scope.GROUP for budget in candidates) else frozenset()
    now = timezone.now()
    return [
        Binding(budget, user_id if is_own(budget) else NOBODY, period_start(budget.period, now))
        for budget in candidates
        if (budget.api_key_id == key_id if budget.api_key_id else binds(budget, user_id, role, groups))
    ]


def reserve_statements(
    bindings: Sequence[Binding], *, hold_id: UUID, credits: int, tokens: int
) -> tuple[list[Statement], list[Statement]]:
    """Return what reserves the budgets, and what notes it beside the hold (after the hold is inserted).

    The first raise `OverBudget`.
    """
    reserving, noting = [], []
    for budget_binding in bindings:
        key = (budget_binding.budget.id, budget_binding.subject, budget_binding.period_start)
        amount = budget_binding.amount(credits=credits, tokens=tokens)
        room = max(amount, 1) if budget_binding.budget.is_hard else None
        reserving += [
            Statement(_OPEN, key),
            Statement(
                _RESERVE,
                (amount, *key, room, room, budget_binding.budget.amount),
                on_no_row=OverBudget(budget_binding.budget.id),
            ),
        ]
        noting.append(Statement(_NOTE, (hold_id, amount, *key)))
    return reserving, noting


_OPEN = """
INSERT INTO billing_budgetusage (budget_id, subject, period_start, spent, held) VALUES (%s, %s, %s, 0, 0)
ON CONFLICT (budget_id, subject, period_start) DO NOTHING
"""
_RESERVE = """
UPDATE billing_budgetusage SET held = held + %s WHERE budget_id = %s AND subject = %s AND period_start = %s
AND (%s::bigint IS NULL OR spent + held + %s::bigint <= %s)
"""
_NOTE = """
INSERT INTO billing_holdshare (hold_id, usage_id, amount) SELECT %s, id, %s FROM billing_budgetusage
WHERE budget_id = %s AND subject = %s AND period_start = %s
"""


def locked_shares(hold_id: UUID) -> list[HoldShare]:
    """Return what an open hold has of each budget, with the usage rows locked in the order of their budgets.

    The caller holds the hold's lock.
    """
    order = ("usage__budget_id", "usage__subject", "usage__period_start")
    return list(shares_of(hold_id).select_for_update(of=("usage",)).order_by(*order))


def shares_of(hold_id: UUID) -> QuerySet[HoldShare]:
    """Return what a hold has of each budget."""
    return HoldShare.objects.filter(hold=hold_id).select_related("usage__budget")


def store_shares(shares: Sequence[HoldShare]) -> None:
    """Store locked shares and their usage rows as they are now. Two statements."""
    usages = [share.usage for share in shares]
    columns = [[getattr(usage, name) for usage in usages] for name in ("id", "spent", "held")]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_USAGES, columns)
        cursor.execute(_STORE_SHARES, [[share.id for share in shares], [share.amount for share in shares]])


_STORE_USAGES = """
UPDATE billing_budgetusage u SET spent = v.spent, held = v.held
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v (id, spent, held) WHERE u.id = v.id
"""
_STORE_SHARES = """
UPDATE billing_holdshare s SET amount = v.amount FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, amount)
WHERE s.id = v.id
"""


def settle(spent: dict[UUID, tuple[int, int]]) -> None:
    """Turn what closed holds reserved into what was spent: `spent` has the credits and tokens by hold.

    The caller has closed the holds. Locks the usage rows in the order of their budgets.
    """
    totals: dict[int, tuple[int, int]] = {}
    shares = HoldShare.objects.filter(hold__in=list(spent)).values_list(
        "hold_id", "usage_id", "amount", "usage__budget__unit"
    )
    for hold_id, usage_id, reserved, unit in shares:
        credits, tokens = spent[hold_id]
        used, freed = totals.get(usage_id, (0, 0))
        totals[usage_id] = used + (credits if unit == Budget.Unit.CREDITS else tokens), freed + reserved
    if totals:
        used_and_freed = [list(column) for column in zip(*totals.values(), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, [list(totals), list(totals), *used_and_freed])


_SETTLE = """
WITH due AS (
    SELECT id FROM billing_budgetusage WHERE id = ANY(%s) ORDER BY budget_id, subject, period_start FOR UPDATE
)
UPDATE billing_budgetusage u SET spent = u.spent + v.used, held = u.held - v.freed
FROM due JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v (id, used, freed) ON v.id = due.id
WHERE u.id = due.id
"""


def meters_of(user: User) -> list[Meter]:
    """Return how far each budget is used that binds this person or a key of theirs, whatever the model.

    Three queries at most.
    """
    groups = _groups_of(user.id)
    return meters([budget for budget in active() if binds(budget, user.id, user.role_name, groups)], user.id)


def meters(budgets: Sequence[Budget], user_id: UUID) -> list[Meter]:
    """Return how far these budgets are used, for this person where they are per person. One query."""
    now = timezone.now()
    starts = {budget.id: period_start(budget.period, now) for budget in budgets}
    rows = BudgetUsage.objects.filter(budget__in=list(starts), subject__in=[user_id, NOBODY])
    used = {(row.budget_id, row.subject, row.period_start): row for row in rows}
    result = []
    for budget in budgets:
        row = used.get((budget.id, user_id if is_own(budget) else NOBODY, starts[budget.id]))
        spent, held = (row.spent, row.held) if row else (0, 0)
        result.append(Meter(budget, spent, held, period_end(budget.period, now)))
    return result


def limits_of(keys: Sequence[ApiKey]) -> list[Budget]:
    """Return what limits these keys now, whoever set it, oldest first."""
    return list(Budget.objects.filter(is_active=True, api_key__in=keys).order_by("created_at", "id"))


def own_limits_of(user: User, key: ApiKey) -> QuerySet[Budget]:
    """Return what limits the key now and was set by this person."""
    return Budget.objects.filter(api_key=key, is_active=True, created_by=user)


def explain(budget_id: UUID) -> str:
    """Return, for the person, why a budget refuses, and when there is more."""
    budget = Budget.objects.filter(id=budget_id).first()
    if budget is None:
        return _("A budget is used up.")
    ends = period_end(budget.period, timezone.now())
    values = {"name": budget.name, "date": f"{ends:%Y-%m-%d}"}
    return _("The budget “%(name)s” is used up until %(date)s (UTC).") % values


def period_start(period: str, now: datetime) -> date:
    """Return the first day of the period that `now` is in, in UTC."""
    today = now.astimezone(UTC).date()
    if period == Budget.Period.WEEK:
        return today - timedelta(days=today.weekday())
    return today.replace(day=1) if period == Budget.Period.MONTH else today


def period_end(period: str, now: datetime) -> datetime:
    """Return when the next period begins."""
    start = period_start(period, now)
    if period == Budget.Period.MONTH:
        after = (start + timedelta(days=32)).replace(day=1)
    else:
        after = start + timedelta(days=7 if period == Budget.Period.WEEK else 1)
    return datetime(after.year, after.month, after.day, tzinfo=UTC)


def _names(budget: Budget, endpoint: str, model: str) -> bool:
    return budget.endpoint in {"", endpoint} and budget.model in {"", model}


def is_own(budget: Budget) -> bool:
    """Whether each person has the amount for themself."""
    return budget.scope == Budget.Scope.USER or (budget.per_person and budget.scope != Budget.Scope.KEY)


def binds(budget: Budget, user_id: UUID, role: str, groups: frozenset[UUID]) -> bool:
    """Whether a budget binds this person, or a key of theirs, whatever the model."""
    return (
        budget.scope == Budget.Scope.EVERYONE
        or (budget.scope == Budget.Scope.USER and budget.user_id == user_id)
        or (budget.api_key is not None and budget.api_key.user_id == user_id)
        or (budget.scope == Budget.Scope.ROLE and budget.role_id == role)
        or (budget.scope == Budget.Scope.GROUP and budget.group_id in groups)
    )


def _groups_of(user_id: UUID) -> frozenset[UUID]:
    return frozenset(Membership.objects.filter(user=user_id).values_list("group_id", flat=True))
