"""Pages for managers of groups: their people's spending, and budgets."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import managed_person_for
from accounts.models import Group, User
from billing.access import managed_budget_for, managed_group_for
from billing.models import Budget
from billing.services import budget_admin, oversight
from billing.services.budget_admin import BudgetRefused
from core.refusal import AsFormError
from web.forms.budgets import BudgetForm
from web.shell import SignedInRequest, show_done, show_form, show_page, signed_in


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    managed_groups = oversight.managed_groups_of(request.user)
    if not managed_groups:
        raise Http404("This person manages no group.")
    return show_page(request, "chat/people.html", {"managed_groups": managed_groups})


@require_http_methods(["GET", "POST"])
@signed_in
def new_for_person(request: SignedInRequest, user_id: UUID) -> HttpResponse:
    person = managed_person_for(request.user, user_id)
    return _new(request, person)


@require_http_methods(["GET", "POST"])
@signed_in
def new_for_group(request: SignedInRequest, group_id: UUID) -> HttpResponse:
    group = managed_group_for(request.user, group_id)
    return _new(request, group)


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: SignedInRequest, budget_id: UUID) -> HttpResponse:
    budget = managed_budget_for(request.user, budget_id)
    form = BudgetForm(request.POST or None, budget=budget)

    def save() -> Budget:
        limit = form.limit()
        return budget_admin.change(
            actor=request.user, budget_id=budget.id, name=limit.name, amount=limit.amount, is_hard=limit.is_hard
        )

    return _show(request, form, save, _("Edit the budget “%(name)s”") % {"name": budget.name})


@require_http_methods(["GET", "POST"])
@signed_in
def switch_off(request: SignedInRequest, budget_id: UUID) -> HttpResponse:
    budget = managed_budget_for(request.user, budget_id)
    if request.method == "POST":
        budget_admin.switch_off(actor=request.user, budget_id=budget.id)
        return show_done(request, _("Budget turned off."), go=reverse("chat:people"))
    return show_form(
        request,
        title=_("Turn off this budget?"),
        text=_("The budget “%(name)s” will be turned off.") % {"name": budget.name},
        button=_("Turn off"),
        kind="danger",
        back=reverse("chat:people"),
    )


def _new(request: SignedInRequest, target: User | Group) -> HttpResponse:
    whose = target.name if isinstance(target, User) else str(target)
    form = BudgetForm(request.POST or None, for_group=isinstance(target, Group))

    def save() -> Budget:
        shared = bool(form.cleaned_data.get("shared"))
        return budget_admin.create(actor=request.user, limit=form.limit(), target=target, per_person=not shared)

    return _show(request, form, save, _("Budget for %(name)s") % {"name": whose})


def _show(request: SignedInRequest, form: BudgetForm, save: Callable[[], Budget], title: str) -> HttpResponse:
    """Show the form, or save what it says."""
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, BudgetRefused):
            save()
            return show_done(request, _("Budget saved."), go=reverse("chat:people"))
    return show_form(request, form=form, title=title, button=_("Save"), back=reverse("chat:people"))
