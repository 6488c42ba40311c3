"""A person's API keys: creating, limiting and revoking them. A key's text is shown once, on one page."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import api_key_for
from accounts.admin import stepup
from accounts.models import ApiKey
from accounts.services import api_keys
from billing.models import Budget
from billing.services import budget_admin, budgets
from billing.services.budget_admin import BudgetRefused
from core.refusal import AsFormError
from web.forms.api_keys import ApiKeyForm
from web.forms.budgets import BudgetForm
from web.shell import SignedInRequest, shell_of, show_done, show_form, show_page, signed_in


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    keys = list(request.user.api_keys.order_by("-created_at", "id"))
    limits = budgets.limits_of(keys)
    meters = budgets.meters(limits, request.user.id)
    rows = [(key, [meter for meter in meters if meter.budget.api_key_id == key.id]) for key in keys]
    context = {"rows": rows, "may_make": api_keys.may_make(request.user), "tab": "security"}
    return show_page(request, "chat/settings_api_keys.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@signed_in
def create(request: SignedInRequest) -> HttpResponse:
    """A POST answers with the key itself: nothing keeps its text, so no redirect could bring it."""
    if not api_keys.may_make(request.user):
        raise Http404("This person's role does not allow API keys.")
    if again := stepup.refusal(request):
        return again
    form = ApiKeyForm(request.POST or None, administers=request.user.is_staff)
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, api_keys.BadKey):
            made = api_keys.make(
                user=request.user, name=form.cleaned_data["name"], scopes=form.scopes(), expires_at=form.expires_at()
            )
            context = {"title": _("Your new key"), "made": made, "shell": shell_of(request)}
            return render(request, "chat/api_key_made.html", context | {"back": reverse("chat:api_keys")})
    back = reverse("chat:api_keys")
    return show_form(request, form=form, title=_("New API key"), button=_("Create key"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    key = api_key_for(request.user, key_id)
    if request.method == "POST":
        api_keys.delete(user=request.user, key_id=key.id)
        return show_done(request, _("Key deleted. It no longer works."), go=reverse("chat:api_keys"))
    return show_form(
        request,
        title=_("Delete the key “%(name)s”?") % {"name": key.name},
        button=_("Delete"),
        kind="danger",
        text=_("Anything using it stops working."),
        back=reverse("chat:api_keys"),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def limit(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    """A budget of the person's own for a key; the one that is there is changed."""
    key = api_key_for(request.user, key_id)
    budget = budgets.own_limits_of(request.user, key).first()
    form = BudgetForm(request.POST or None, budget=budget, initial={"name": key.name})
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, BudgetRefused):
            _set_limit(request, form, key, budget)
            return show_done(request, _("The limit is saved."), go=reverse("chat:api_keys"))
    title = _("Limit for “%(name)s”") % {"name": key.name}
    return show_form(request, form=form, title=title, button=_("Save"), back=reverse("chat:api_keys"))


@require_http_methods(["POST"])
@signed_in
def unlimit(request: SignedInRequest, key_id: UUID) -> HttpResponse:
    """Take away the person's own limits of a key; those that others set stay."""
    key = api_key_for(request.user, key_id)
    for budget in budgets.own_limits_of(request.user, key):
        budget_admin.switch_off(actor=request.user, budget_id=budget.id)
    return show_done(request, _("Limit removed."), go=reverse("chat:api_keys"))


def _set_limit(request: SignedInRequest, form: BudgetForm, key: ApiKey, budget: Budget | None) -> None:
    limit = form.limit()
    if budget is None:
        budget_admin.create(actor=request.user, limit=limit, target=key)
    else:
        budget_admin.change(
            actor=request.user, budget_id=budget.id, name=limit.name, amount=limit.amount, is_hard=limit.is_hard
        )
