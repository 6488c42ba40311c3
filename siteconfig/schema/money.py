"""`balance`, `transactions` and `parley.billing` of the file, and an endpoint's `tokenConfig`."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from core.written_numbers import as_written
from siteconfig.schema.base import Closed, Open

DEFAULT_RATE: Final = Decimal(6)  # USD per million tokens of a model nobody knows, where that is charged


Rate = Annotated[Decimal, BeforeValidator(as_written), Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Credits = Annotated[StrictInt, Field(ge=0, le=10**15)]


class BalanceSettings(Closed):
    """What is not written has the documented default, also when only `enabled` is."""

    enabled: StrictBool = False
    startBalance: Credits = 20_000
    autoRefillEnabled: StrictBool = False
    refillIntervalValue: Annotated[StrictInt, Field(ge=1, le=100_000)] = 30
    refillIntervalUnit: Literal["seconds", "minutes", "hours", "days", "weeks", "months"] = "days"
    refillAmount: Credits = 10_000
    # The time after which LibreChat drops what a lost request held. Here a lost run is swept, and its hold with it.
    reservationTtlMs: Annotated[StrictInt, Field(ge=10_000)] = 1_800_000


class Transactions(Closed):
    """The ledger is always written here: `enabled: false` is accepted, and the doctor says that it has no effect."""

    enabled: StrictBool = True


class Billing(Closed):
    pricing: Literal["usd", "tokens"] = "usd"
    unknownPrice: Literal["refuse", "default"] = "refuse"
    defaultRate: Rate = DEFAULT_RATE


class Parley(Closed):
    """What the file has no other word for."""

    billing: Billing = Billing()
    discoverLocal: StrictBool = False  # look for model servers on this machine


class TokenConfigRates(Open):
    """Rates of one model: of tokens in USD per million, of everything else in USD each.

    A missing cache rate is the prompt's, and that of an hour the cache's. All but tokens is an extension.
    """

    prompt: Rate
    completion: Rate
    context: Annotated[StrictInt, Field(gt=0)]  # tokens
    cacheRead: Rate | None = None
    cacheWrite: Rate | None = None
    cacheWrite1h: Rate | None = None
    images: Rate = Decimal(0)
    seconds: Rate = Decimal(0)
    characters: Rate = Decimal(0)
    pages: Rate = Decimal(0)
    searches: Rate = Decimal(0)
    calls: Rate = Decimal(0)
