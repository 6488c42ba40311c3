"""The only functions that turn an external id into a budget. A stranger gets 404, never a hint that it exists."""

from uuid import UUID

from django.http import Http404

from accounts.models import Group, User
from billing.models import Budget
from billing.services import budget_admin, oversight


def managed_group_for(manager: User, group_id: UUID) -> Group:
    """Return the group if `manager` manages it. Raises `Http404`."""
    group = budget_admin.groups_managed_by(manager).filter(id=group_id).first()
    if group is None:
        raise Http404("There is no such group.")
    return group


def managed_budget_for(manager: User, budget_id: UUID) -> Budget:
    """Return the budget if `manager` may change it. Raises `Http404`."""
    budget = oversight.budgets_under(manager).filter(id=budget_id).first()
    if budget is None or not budget_admin.changeable_by(manager, [budget]):
        raise Http404("There is no such budget.")
    return budget
