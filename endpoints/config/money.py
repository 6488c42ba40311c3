"""`balance`, `transactions` and `parley.billing` of the file, and an endpoint's `tokenConfig`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from billing.policy import DEFAULT_RATE, Refill
from billing.pricing import Rates
from endpoints.config.base import Closed, Open

Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Credits = Annotated[StrictInt, Field(ge=0, le=10**15)]


class Balance(Closed):
    """What is not written has the documented default, also when only `enabled` is."""

    enabled: StrictBool = False
    startBalance: Credits = 20_000
    autoRefillEnabled: StrictBool = False
    refillIntervalValue: Annotated[StrictInt, Field(ge=1, le=100_000)] = 30
    refillIntervalUnit: Literal["seconds", "minutes", "hours", "days", "weeks", "months"] = "days"
    refillAmount: Credits = 10_000
    # The time after which LibreChat drops what a lost request held. Here a lost run is swept, and its hold with it.
    reservationTtlMs: Annotated[StrictInt, Field(ge=10_000)] = 1_800_000

    def to_policy(self) -> dict[str, Any]:
        refill = Refill(self.refillAmount, self.refillIntervalValue, self.refillIntervalUnit)
        return {
            "enforced": self.enabled,
            "start_credits": self.startBalance,
            "refill": refill if self.autoRefillEnabled else None,
        }


class Transactions(Closed):
    """The ledger is always written here: `enabled: false` is accepted, and the doctor says that it has no effect."""

    enabled: StrictBool = True


class Billing(Closed):
    pricing: Literal["usd", "tokens"] = "usd"
    unknownPrice: Literal["refuse", "default"] = "refuse"
    defaultRate: Rate = DEFAULT_RATE

    def to_policy(self) -> dict[str, Any]:
        return {"pricing": self.pricing, "unknown": self.unknownPrice, "default_rate": self.defaultRate}


class Parley(Closed):
    """What the file has no other word for."""

    billing: Billing = Billing()
    discoverLocal: StrictBool = False  # look for model servers on this machine


class TokenRates(Open):
    """Rates of one model, in USD per million tokens. A missing cache rate is the prompt's."""

    prompt: Rate
    completion: Rate
    context: Annotated[StrictInt, Field(gt=0)]  # tokens
    cacheRead: Rate | None = None
    cacheWrite: Rate | None = None

    def to_rates(self) -> Rates:
        read, write = self.cacheRead, self.cacheWrite
        return Rates(
            prompt=self.prompt,
            completion=self.completion,
            cache_read=self.prompt if read is None else read,
            cache_write=self.prompt if write is None else write,
        )


def policy_of(balance: Balance | None, parley: Parley) -> Mapping[str, Any]:
    """Return the fields of `billing.policy.Policy` that the file sets."""
    found = balance.to_policy() if balance is not None else {}
    if parley.model_fields_set:
        found |= parley.billing.to_policy()
    if balance is not None and "unknownPrice" not in parley.billing.model_fields_set:
        found["unknown"] = "default"  # what `balance` means: a model that nobody knows is charged, never refused
    return found
