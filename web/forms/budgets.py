"""The form that sets a budget. Credits are entered in dollars if models have prices."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Budget
from billing.services.budget_admin import BudgetLimit
from billing.services.labels import PER_DOLLAR, is_usd


class BudgetForm(forms.Form):
    """Of a budget that is there, `unit` and `period` stay: what was counted is counted in them."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput({"autocomplete": "off"}))
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_value=Decimal(10**9), decimal_places=6)
    unit = forms.ChoiceField(label=_("Unit"))
    period = forms.ChoiceField(
        label=_("Period"),
        choices=[("day", _("Day")), ("week", _("Week (from Monday)")), ("month", _("Month"))],
        initial="month",
    )
    shared = forms.BooleanField(label=_("Shared by the group (otherwise per person)"), required=False)
    is_hard = forms.BooleanField(label=_("Block when used up (otherwise only warn)"), required=False, initial=True)

    def __init__(self, *args: Any, budget: Budget | None = None, for_group: bool = False, **options: Any) -> None:
        if budget is not None:
            amount = Decimal(budget.amount) / _factor(budget.unit)
            options["initial"] = {
                "name": budget.name,
                "amount": f"{amount:f}".rstrip("0").rstrip(".") if amount % 1 else int(amount),
                "is_hard": budget.is_hard,
            }
        super().__init__(*args, **options)
        self.budget = budget
        credits = _("US dollars") if is_usd() else _("Credits (one per token)")
        self.fields["unit"].choices = [("credits", credits), ("tokens", _("Tokens"))]  # type: ignore[attr-defined]
        if budget is not None:
            del self.fields["unit"], self.fields["period"]
        if budget is not None or not for_group:
            del self.fields["shared"]

    def limit(self) -> BudgetLimit:
        """Return what was typed, in the budget's unit."""
        data = self.cleaned_data
        unit = self.budget.unit if self.budget else data["unit"]
        period = self.budget.period if self.budget else data["period"]
        amount = int(data["amount"] * _factor(unit))
        return BudgetLimit(name=data["name"], amount=amount, unit=unit, period=period, is_hard=data["is_hard"])


def _factor(unit: str) -> int:
    return PER_DOLLAR if unit == Budget.Unit.CREDITS and is_usd() else 1
