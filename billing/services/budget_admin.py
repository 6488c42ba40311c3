"""Setting budgets, and who may set them for whom. Every change is in the audit log.

People set budgets for their own API keys. A group's manager sets budgets for the group and for its people. Nobody can
loosen what others have set above them: a manager changes only what a manager set, and nothing that another manager set
for them.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Group, Membership, User
from accounts.services import audit
from billing.models import Budget
from billing.services import budgets
from core import quotas
from core.refusal import Refusal

MAX_AMOUNT: Final = 10**15


class BudgetRefused(Refusal):
    """The budget cannot be so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLimit:
    """What a budget says. `amount` is in its unit."""

    name: str
    amount: int
    unit: str = Budget.Unit.CREDITS
    period: str = Budget.Period.MONTH
    is_hard: bool = True


def create(*, actor: User | None, limit: BudgetLimit, target: User | Group | ApiKey, per_person: bool = True) -> Budget:
    """Set a budget for a person, an API key, or a group (of which each has the amount, or all share it).

    Raises `BudgetRefused`.
    """
    _check(limit)
    budget = Budget(
        name=_name(limit),
        amount=limit.amount,
        unit=limit.unit,
        period=limit.period,
        is_hard=limit.is_hard,
        per_person=per_person,
        created_by=actor,
        **_scope(target),
    )
    with transaction.atomic():
        if actor is not None and not actor.is_admin:
            User.objects.select_for_update(no_key=True).only("id").get(id=actor.id)
            quotas.check("budgets", Budget.objects.filter(created_by=actor).count())
        budget.save(force_insert=True)
        audit.record(actor=actor, action="budget.created", target=_target(budget), after=_to_dict(budget))
        budgets.active.invalidate()
    return budget


def change(*, actor: User | None, budget_id: UUID, name: str, amount: int, is_hard: bool) -> Budget:
    """Change what may change while a period runs: its unit and its period stay. Locks the budget.

    Raises `BudgetRefused`.
    """
    with transaction.atomic():
        budget = Budget.objects.select_for_update().get(id=budget_id)
        limit = BudgetLimit(name=name, amount=amount, unit=budget.unit, period=budget.period, is_hard=is_hard)
        _check(limit)
        before = _to_dict(budget)
        budget.name, budget.amount, budget.is_hard = _name(limit), amount, is_hard
        old, new = audit.changes(before, _to_dict(budget))
        if new:
            budget.save(update_fields=["name", "amount", "is_hard"])
            audit.record(actor=actor, action="budget.updated", target=_target(budget), before=old, after=new)
            budgets.active.invalidate()
    return budget


def switch_off(*, actor: User | None, budget_id: UUID) -> None:
    """Let a budget bind nobody any more; a second time changes nothing."""
    with transaction.atomic():
        if Budget.objects.filter(id=budget_id, is_active=True).update(is_active=False):
            budget = Budget.objects.get(id=budget_id)
            audit.record(
                actor=actor,
                action="budget.switched_off",
                target=_target(budget),
                before={"active": True},
                after={"active": False},
            )
            budgets.active.invalidate()


def groups_managed_by(manager: User) -> QuerySet[Group]:
    """Return the groups whose budgets this person may set."""
    managed = Membership.objects.filter(user=manager, is_manager=True)
    return Group.objects.filter(id__in=managed.values("group")).order_by("name", "id")


def changeable_by(manager: User, budgets: list[Budget]) -> set[UUID]:
    """Return which of these budgets a manager may change: their own, and those another manager set for others.

    The caller has made sure that the budgets are of the manager's people and groups. One query.
    """
    groups = groups_managed_by(manager).values("id")
    managers = Membership.objects.filter(is_manager=True, group__in=groups).exclude(user__role="ADMIN")
    peers = set(managers.values_list("user_id", flat=True))
    return {
        budget.id
        for budget in budgets
        if budget.created_by_id == manager.id or (budget.created_by_id in peers and budget.user_id != manager.id)
    }


def _scope(target: User | Group | ApiKey) -> dict[str, Any]:
    if isinstance(target, User):
        return {"scope": Budget.Scope.USER, "user": target}
    if isinstance(target, Group):
        return {"scope": Budget.Scope.GROUP, "group": target}
    return {"scope": Budget.Scope.KEY, "api_key": target}


def _check(limit: BudgetLimit) -> None:
    if not _name(limit) or len(limit.name) > 120 or not _name(limit).isprintable():
        raise BudgetRefused(_("A budget's name must have 1 to 120 characters."))
    if not 0 <= limit.amount <= MAX_AMOUNT:
        raise BudgetRefused(_("A budget's amount must be 0 or more, and not implausibly large."))
    if limit.unit not in Budget.Unit.values or limit.period not in Budget.Period.values:
        raise BudgetRefused(_("Unknown unit or period."))


def _name(limit: BudgetLimit) -> str:
    return " ".join(limit.name.split())


def _to_dict(budget: Budget) -> dict[str, Any]:
    subject = budget.user_id or budget.group_id or budget.api_key_id or ""
    return {
        "name": budget.name,
        "scope": budget.scope,
        "subject": str(subject),
        "amount": budget.amount,
        "unit": budget.unit,
        "period": budget.period,
        "hard": budget.is_hard,
        "perPerson": budget.per_person,
    }


def _target(budget: Budget) -> audit.AuditTarget:
    return audit.AuditTarget("budget", str(budget.id), budget.name)
