"""The site's billing rules: enforcement, start credits, refills.

They come from the environment, then field by field from `librechat.yaml` (`balance`, `parley.billing`), then from what
administrators set in the browser; the last one wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, cast

from django.conf import settings

from billing.models import MoneySettings
from core.ttl_cache import ttl_cache
from siteconfig import live
from siteconfig.schema.money import DEFAULT_RATE, BalanceSettings, Billing, Parley

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months"]


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


def current() -> Policy:
    """Return the rules that hold now; each process asks the database every two seconds."""
    row = stored()
    return written() if row is None else replace(written(), **_overrides_of(row, written()))


def written() -> Policy:
    """Return the rules of the environment and the file."""
    base = Policy(enforced=settings.BALANCE_ENABLED, start_credits=settings.BALANCE_START_CREDITS)
    return replace(base, **_of_file())


def _of_file() -> Mapping[str, Any]:
    document = live.current().document
    return fields_of(document.balance, document.parley)


@ttl_cache
def stored() -> MoneySettings | None:
    return MoneySettings.objects.first()


def _overrides_of(row: MoneySettings, rules: Policy) -> dict[str, Any]:
    """Return the fields of `Policy` that the row sets; `rules` are those of the file and the environment."""
    names = ("enforced", "start_credits", "unknown", "default_rate")
    overrides = {name: value for name in names if (value := getattr(row, name)) not in (None, "")}
    refill = rules.refill
    if row.refill_amount is not None and row.refill_value is not None:
        refill = Refill(row.refill_amount, row.refill_value, cast("Unit", row.refill_unit))
    wanted = rules.refill is not None if row.refill is None else row.refill
    return overrides | {"refill": refill if wanted else None}


def fields_of(balance: BalanceSettings | None, parley: Parley) -> Mapping[str, Any]:
    """Return the fields of `Policy` that `librechat.yaml` sets."""
    fields = _of_balance(balance) if balance is not None else {}
    if parley.model_fields_set:
        fields |= _of_billing(parley.billing)
    if balance is not None and "unknownPrice" not in parley.billing.model_fields_set:
        fields["unknown"] = "default"  # what `balance` means: a model that nobody knows is charged, never refused
    return fields


def _of_balance(balance: BalanceSettings) -> dict[str, Any]:
    refill = Refill(balance.refillAmount, balance.refillIntervalValue, balance.refillIntervalUnit)
    return {
        "enforced": balance.enabled,
        "start_credits": balance.startBalance,
        "refill": refill if balance.autoRefillEnabled else None,
    }


def _of_billing(billing: Billing) -> dict[str, Any]:
    return {"pricing": billing.pricing, "unknown": billing.unknownPrice, "default_rate": billing.defaultRate}
