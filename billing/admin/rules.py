"""Admin pages for budgets, prices and billing rules."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.panel import Panel, TheOne, actor_of
from billing.models import Budget, MoneySettings, Price
from billing.services import budgets, policy, price_table
from billing.services.labels import in_words, tokens_in_words
from billing.services.policy import Refill
from billing.services.pricing import UNITS

_TARGETS = {
    "user": Budget.Scope.USER,
    "group": Budget.Scope.GROUP,
    "role": Budget.Scope.ROLE,
    "api_key": Budget.Scope.KEY,
}


class BudgetAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Budget
        fields = (
            "name",
            "scope",
            "user",
            "group",
            "role",
            "api_key",
            "endpoint",
            "model",
            "unit",
            "amount",
            "period",
            "per_person",
            "is_hard",
            "is_active",
        )

    def clean(self) -> dict[str, Any]:
        """The scope names its target, and only that one is filled in."""
        data = super().clean() or {}
        scope = data.get("scope")
        for name, wanted in _TARGETS.items():
            if scope == wanted and not data.get(name):
                self.add_error(name, gettext("Choose who or what the budget applies to."))
            elif scope and scope != wanted and data.get(name):
                self.add_error(name, gettext("Leave this empty: the budget applies to something else."))
        if (data.get("amount") or 0) < 0:
            self.add_error("amount", gettext("The amount can't be negative."))
        return data


@admin.register(Budget)
class BudgetAdmin(Panel):
    form = BudgetAdminForm
    list_display = ("name", "scope", "target", "amount_words", "period", "per_person", "is_hard", "is_active")
    list_filter = ("scope", "unit", "period", "is_hard", "is_active")
    list_select_related = ("user", "group", "role", "api_key")
    search_fields = ("name", "user__email", "group__name", "model")
    autocomplete_fields = ("user", "group", "role", "api_key")
    ordering = ("name", "id")
    fieldsets = (
        (None, {"fields": ("name", "is_active")}),
        (_("Applies to"), {"fields": ("scope", "user", "group", "role", "api_key", "per_person")}),
        (_("Models"), {"fields": ("endpoint", "model")}),
        (_("Amount"), {"fields": ("amount", "unit", "period", "is_hard")}),
    )

    @admin.display(description=_("Amount"), ordering="amount")
    def amount_words(self, budget: Budget) -> str:
        return in_words(budget.amount) if budget.unit == Budget.Unit.CREDITS else tokens_in_words(budget.amount)

    @admin.display(description=_("Target"))
    def target(self, budget: Budget) -> str:
        return str(budget.user or budget.group or budget.role or budget.api_key or "–")

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = actor_of(request)
        super().save_model(request, obj, form, change)

    def after_change(self) -> None:
        budgets.active.invalidate()


@admin.register(Price)
class PriceAdmin(Panel):
    list_display = ("model", "endpoint", "prompt", "completion", "cache_read", "cache_write", "updated_at")
    list_filter = ("endpoint",)
    search_fields = ("model", "endpoint")
    ordering = ("endpoint", "model")
    audit_exclude = ("updated_at",)
    fieldsets = (
        (None, {"fields": ("model", "endpoint")}),
        (
            _("Tokens"),
            {
                "fields": ("prompt", "completion", "cache_read", "cache_write", "cache_write_1h"),
                "description": _("In US dollars per million tokens."),
            },
        ),
        (
            _("Everything else"),
            {"fields": UNITS, "description": _("In US dollars each. Leave empty what costs nothing.")},
        ),
    )

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)

    def after_change(self) -> None:
        price_table.table.invalidate()


_START_RULE = _(
    "Everyone gets these credits once, with their first message while balances are on. Earlier usage "
    "stays in the ledger and isn't owed. People who were given credits by an administrator keep those "
    "instead."
)
_REFILL_RULE = _(
    "A refill is added when a message needs more credits than are left and this much time has passed "
    "since the last refill. It's always a single refill, no matter how much time has passed. The time "
    "counts from the first message, and the rule is the same for pages, titles and the API."
)


@admin.register(MoneySettings)
class MoneySettingsAdmin(TheOne):
    fieldsets = (
        (_("Balances"), {"fields": ("enforced", "start_credits"), "description": _START_RULE}),
        (
            _("Refill"),
            {
                "fields": ("refill", "refill_amount", "refill_value", "refill_unit"),
                "description": _REFILL_RULE,
            },
        ),
        (_("Models without a price"), {"fields": ("unknown", "default_rate")}),
    )

    def elsewhere(self) -> Mapping[str, object]:
        rules = policy.written()
        refill = rules.refill
        return {
            "enforced": rules.enforced,
            "start_credits": rules.start_credits,
            "refill": refill is not None,
            "default_rate": rules.default_rate,
            "unknown": rules.unknown,
            **(_refill(refill) if refill else {}),
        }

    def after_change(self) -> None:
        policy.stored.invalidate()


def _refill(refill: Refill) -> dict[str, object]:
    return {"refill_amount": refill.amount, "refill_value": refill.value, "refill_unit": refill.unit}
