"""Formatting credits: as dollars if models have prices, as tokens if each token costs one credit."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import ngettext

from billing.services import policy

PER_DOLLAR = 1_000_000
MINUS = "\N{MINUS SIGN}"


def in_words(credits: int, *, signed: bool = False) -> str:
    """Return an amount as people read it, with a sign before what was added when `signed`."""
    sign = MINUS if credits < 0 else "+" if signed and credits > 0 else ""
    return f"{sign}{_dollars(abs(credits)) if is_usd() else tokens_in_words(abs(credits))}"


def is_usd() -> bool:
    return policy.current().pricing == "usd"


def tokens_in_words(tokens: int) -> str:
    label = ngettext("%(count)s token", "%(count)s tokens", tokens)
    return label % {"count": number_format(tokens, force_grouping=True)}


def _dollars(credits: int) -> str:
    """Small sums keep the digits that tell them apart; a sum of money never shows less than two."""
    amount = Decimal(credits) / PER_DOLLAR
    if not amount or amount >= 1:
        return f"${number_format(round(amount, 2), 2, force_grouping=True)}"
    digits = 4 if amount >= Decimal("0.001") else 6
    return f"${number_format(round(amount, digits), digits)}"
