"""The rules of money on this site: what is enforced, what people begin with, what is added again.

They come from the environment, field by field from `librechat.yaml` (`balance`, `parley.billing`), and then from what
administrators set in the browser. `endpoints` reads the file: it hands over a callable, since nothing here may import
it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, Literal, cast

from django.conf import settings

from accounts.remembered import remembered
from billing.models import MoneySettings

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months"]
DEFAULT_RATE: Final = Decimal(6)  # USD per million tokens of a model nobody knows, where that is charged


@dataclass(frozen=True, slots=True)
class Refill:
    """So many credits are added when the credit is used up and so much time has passed since the last time."""

    amount: int
    value: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`enforced`: balances are on. `pricing`: by USD rates, or one per token. `unknown`: models without a price."""

    enforced: bool
    start_credits: int
    refill: Refill | None = None
    pricing: Literal["usd", "tokens"] = "usd"
    unknown: Literal["refuse", "default"] = "refuse"
    default_rate: Decimal = DEFAULT_RATE


_source: list[Callable[[], Mapping[str, Any]]] = []


def read_from(source: Callable[[], Mapping[str, Any]]) -> None:
    """Let `source` say which fields of `Policy` the configuration sets."""
    _source[:] = [source]


def current() -> Policy:
    """Return the rules that hold now; each process asks the database every two seconds."""
    row = stored()
    return written() if row is None else replace(written(), **_told(row, written()))


def written() -> Policy:
    """Return the rules of the environment and the file."""
    base = Policy(enforced=settings.BALANCE_ENABLED, start_credits=settings.BALANCE_START_CREDITS)
    return replace(base, **_source[0]()) if _source else base


@remembered
def stored() -> MoneySettings | None:
    return MoneySettings.objects.first()


def _told(row: MoneySettings, rules: Policy) -> dict[str, Any]:
    """Return the fields of `Policy` that the row sets; `rules` are those of the file and the environment."""
    names = ("enforced", "start_credits", "unknown", "default_rate")
    told = {name: value for name in names if (value := getattr(row, name)) not in (None, "")}
    refill = rules.refill
    if row.refill_amount is not None and row.refill_value is not None:
        refill = Refill(row.refill_amount, row.refill_value, cast("Unit", row.refill_unit))
    wanted = rules.refill is not None if row.refill is None else row.refill
    return told | {"refill": refill if wanted else None}
