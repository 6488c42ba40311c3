"""`balance`, `transactions` and `parley.billing` of the file, and an endpoint's `tokenConfig`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from billing.policy import DEFAULT_RATE, Refill
from billing.pricing import Rates

Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Credits = Annotated[StrictInt, Field(ge=0, le=10**15)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Balance(_Closed):
    """What is not written has the documented default, also when only `enabled` is."""

    enabled: StrictBool = False
    startBalance: Credits = 20_000  # noqa: N815
    autoRefillEnabled: StrictBool = False  # noqa: N815
    refillIntervalValue: Annotated[StrictInt, Field(ge=1, le=100_000)] = 30  # noqa: N815
    refillIntervalUnit: Literal["seconds", "minutes", "hours", "days", "weeks", "months"] = "days"  # noqa: N815
    refillAmount: Credits = 10_000  # noqa: N815
    # The time after which LibreChat drops what a lost request held. Here a lost run is swept, and its hold with it.
    reservationTtlMs: Annotated[StrictInt, Field(ge=10_000)] = 1_800_000  # noqa: N815

    def to_policy(self) -> dict[str, Any]:
        refill = Refill(self.refillAmount, self.refillIntervalValue, self.refillIntervalUnit)
        return {
            "enforced": self.enabled,
            "start_credits": self.startBalance,
            "refill": refill if self.autoRefillEnabled else None,
        }


class Transactions(_Closed):
    """The ledger is always written here: `enabled: false` is accepted, and the doctor says that it has no effect."""

    enabled: StrictBool = True


class Billing(_Closed):
    pricing: Literal["usd", "tokens"] = "usd"
    unknownPrice: Literal["refuse", "default"] = "refuse"  # noqa: N815
    defaultRate: Rate = DEFAULT_RATE  # noqa: N815

    def to_policy(self) -> dict[str, Any]:
        return {"pricing": self.pricing, "unknown": self.unknownPrice, "default_rate": self.defaultRate}


class Parley(_Closed):
    """What the file has no other word for."""

    billing: Billing = Billing()


class TokenRates(BaseModel):
    """Rates of one model, in USD per million tokens. A missing cache rate is the prompt's."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: Rate = DEFAULT_RATE
    completion: Rate = DEFAULT_RATE
    context: Annotated[int, Field(gt=0)] | None = None
    cacheRead: Rate | None = None  # noqa: N815
    cacheWrite: Rate | None = None  # noqa: N815

    def to_rates(self) -> Rates:
        read, write = self.cacheRead, self.cacheWrite
        return Rates(
            prompt=self.prompt,
            completion=self.completion,
            cache_read=self.prompt if read is None else read,
            cache_write=self.prompt if write is None else write,
        )


def policy_of(balance: Balance | None, parley: Parley | None) -> Mapping[str, Any]:
    """Return the fields of `billing.policy.Policy` that the file sets."""
    found = balance.to_policy() if balance is not None else {}
    return found | (parley.billing.to_policy() if parley is not None else {})
