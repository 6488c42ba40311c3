"""What managers see of their groups: people, spending and budgets. Never what they wrote."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Group, Membership, User
from billing.models import Budget, BudgetUsage
from billing.services import account_statement
from billing.services.budget_admin import changeable_by, groups_managed_by
from billing.services.budgets import NOBODY, Meter, period_end, period_start


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A budget as a manager sees it. `meter` is None where each of the group has the amount for themself."""

    budget: Budget
    meter: Meter | None
    may_change: bool


@dataclass(frozen=True, slots=True)
class Member:
    user: User
    credits: int
    tokens: int
    budgets: list[BudgetView]


@dataclass(frozen=True, slots=True)
class ManagedGroup:
    """A group with its people and its own budgets."""

    group: Group
    members: list[Member]
    budgets: list[BudgetView]
    credits: int


def managed_groups_of(manager: User) -> list[ManagedGroup]:
    """Return the groups this person manages. Six queries, however many people and budgets there are."""
    groups = list(groups_managed_by(manager))
    memberships = list(
        Membership.objects.filter(group__in=groups).select_related("user").order_by("user__name", "user__id")
    )
    spent = account_statement.spent_since(
        {membership.user_id for membership in memberships}, account_statement.month_start()
    )
    seen = _seen(manager, list(budgets_under(manager)))
    managed_groups = []
    for group in groups:
        members = [
            Member(
                membership.user,
                *spent.get(membership.user_id, (0, 0)),
                [one for one in seen if _is_for(one, membership.user_id)],
            )
            for membership in memberships
            if membership.group_id == group.id
        ]
        own = [one for one in seen if one.budget.group_id == group.id]
        managed_groups.append(ManagedGroup(group, members, own, sum(member.credits for member in members)))
    return managed_groups


def budgets_under(manager: User) -> QuerySet[Budget]:
    """Return the budgets of the groups this person manages, and of the people in them."""
    groups = groups_managed_by(manager).values("id")
    people = Membership.objects.filter(group__in=groups).values("user")
    return Budget.objects.filter(Q(user__in=people) | Q(group__in=groups), is_active=True).order_by("id")


def _seen(manager: User, budgets: list[Budget]) -> list[BudgetView]:
    mine = changeable_by(manager, budgets)
    return [
        BudgetView(budget, meter, budget.id in mine) for budget, meter in zip(budgets, _meters(budgets), strict=True)
    ]


def _meters(budgets: Iterable[Budget]) -> list[Meter | None]:
    """Return how far each is used by whom it is for. One query."""
    budgets, now = list(budgets), timezone.now()
    rows = BudgetUsage.objects.filter(budget__in=budgets)
    used = {(row.budget_id, row.subject, row.period_start): (row.spent, row.held) for row in _current(rows)}
    result: list[Meter | None] = []
    for budget in budgets:
        subject = budget.user_id or NOBODY
        spent, held = used.get((budget.id, subject, period_start(budget.period, now)), (0, 0))
        is_split = budget.scope == Budget.Scope.GROUP and budget.per_person
        result.append(None if is_split else Meter(budget, spent, held, period_end(budget.period, now)))
    return result


def _current(rows: QuerySet[BudgetUsage]) -> QuerySet[BudgetUsage]:
    return rows.filter(period_start__gte=min(period_start(period, timezone.now()) for period in Budget.Period.values))


def _is_for(seen: BudgetView, user_id: UUID) -> bool:
    return seen.budget.user_id == user_id
