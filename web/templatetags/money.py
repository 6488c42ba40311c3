"""Credits, tokens and budgets in templates."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from billing.models import Budget
from billing.services.account_summary import WARN
from billing.services.budgets import Meter
from billing.services.labels import in_words, tokens_in_words

register = template.Library()


@register.filter
def credits(amount: int) -> str:
    """Return credits as dollars, or as tokens where a token costs one."""
    return in_words(amount)


@register.filter
def change(amount: int) -> str:
    """Return credits with the sign of what happened to the balance."""
    return in_words(amount, signed=True)


@register.filter
def count(number: int) -> str:
    """Return a number with its thousands set apart."""
    return number_format(number, force_grouping=True)


@register.filter
def reason_label(reason: str) -> str:
    """Return why there is an entry; a reason nobody has put into words stands for itself."""
    labels = {
        "message": _("Message"),
        "tool": _("Tool"),
        "title": _("Title"),
        "test": _("Connection test"),
        "start": _("Start credit"),
        "refill": _("Refill"),
        "adjustment": _("Adjustment"),
    }
    return labels.get(reason, reason)


@register.filter
def in_unit(amount: int, budget: Budget) -> str:
    """Return an amount of a budget in the budget's unit."""
    return in_words(amount) if budget.unit == Budget.Unit.CREDITS else tokens_in_words(amount)


@register.filter
def spent_text(meter: Meter) -> str:
    """Return what is spent of a budget in its present day, week or month."""
    sentences = {
        Budget.Period.DAY: _("%(spent)s of %(amount)s today"),
        Budget.Period.WEEK: _("%(spent)s of %(amount)s this week"),
        Budget.Period.MONTH: _("%(spent)s of %(amount)s this month"),
    }
    numbers = {"spent": in_unit(meter.spent, meter.budget), "amount": in_unit(meter.budget.amount, meter.budget)}
    return sentences[Budget.Period(meter.budget.period)] % numbers


@register.filter
def per_person_text(budget: Budget) -> str:
    """Return what a budget that everybody has for themselves gives each of them."""
    sentences = {
        Budget.Period.DAY: _("%(amount)s per person per day"),
        Budget.Period.WEEK: _("%(amount)s per person per week"),
        Budget.Period.MONTH: _("%(amount)s per person per month"),
    }
    return sentences[Budget.Period(budget.period)] % {"amount": in_unit(budget.amount, budget)}


@register.filter
def used(meter: Meter) -> int:
    """Return what is spent or reserved, but no more than there is: so far a bar can go."""
    return min(meter.spent + meter.held, meter.budget.amount)


@register.filter
def is_close(meter: Meter) -> bool:
    """Whether a budget is near its end."""
    return meter.percent >= WARN
