"""Credits, tokens and budgets in templates."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from billing.models import Budget
from billing.services.budgets import Meter
from billing.services.standing import WARN
from billing.words import in_words, tokens_in_words

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
def reason_words(reason: str) -> str:
    """Return why there is an entry; a reason nobody has put into words stands for itself."""
    words = {
        "message": _("Message"), "title": _("Title"), "start": _("Start credit"), "refill": _("Refill"),
        "adjustment": _("Adjustment"),
    }  # fmt: skip
    return words.get(reason, reason)


@register.filter
def in_unit(amount: int, budget: Budget) -> str:
    """Return an amount of a budget in the budget's unit."""
    return in_words(amount) if budget.unit == Budget.Unit.CREDITS else tokens_in_words(amount)


@register.filter
def period_words(budget: Budget) -> str:
    """Return how often a budget begins anew."""
    words = {Budget.Period.DAY: _("a day"), Budget.Period.WEEK: _("a week"), Budget.Period.MONTH: _("a month")}
    return words[Budget.Period(budget.period)]


@register.filter
def used(meter: Meter) -> int:
    """Return what is spent or reserved, but no more than there is: so far a bar can go."""
    return min(meter.spent + meter.held, meter.budget.amount)


@register.filter
def is_close(meter: Meter) -> bool:
    """Whether a budget is near its end."""
    return meter.percent >= WARN
