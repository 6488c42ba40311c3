"""What calls cost. Pure: quantities x rates x coefficient, in credits (1,000,000 credits are 1 US dollar).

Rates are decimals, read from the text of the list or the file that has them, never from a binary float. Two roundings
happen, both here: a rate has nine decimal places at most (`as_rate`), and a call's charge is rounded up to whole
credits, once, after everything is summed up (`in_credits`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any, Final, Literal, TypeAlias

from billing.services.quantities import Quantities

_NONE: Final = Decimal(0)
_CREDITS: Final = 1_000_000  # of a US dollar
UNITS: Final = ("images", "seconds", "characters", "pages", "searches", "calls")  # kinds that are not tokens
CacheLife: TypeAlias = Literal["", "5m", "1h"]  # for how long a provider keeps a prompt at most; empty: it does not


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices by kind: of tokens in USD per million, of everything else in USD each.

    `cache_write_1h` None: a write for an hour costs as much as one for five minutes. `tiers` hold (threshold, rates):
    above so many prompt tokens, those count.
    """

    prompt: Decimal
    completion: Decimal
    cache_read: Decimal
    cache_write: Decimal
    tiers: Sequence[tuple[int, "Rates"]] = ()
    cache_write_1h: Decimal | None = field(default=None, kw_only=True)
    images: Decimal = field(default=_NONE, kw_only=True)
    seconds: Decimal = field(default=_NONE, kw_only=True)
    characters: Decimal = field(default=_NONE, kw_only=True)
    pages: Decimal = field(default=_NONE, kw_only=True)
    searches: Decimal = field(default=_NONE, kw_only=True)
    calls: Decimal = field(default=_NONE, kw_only=True)

    def at(self, prompt_tokens: int) -> "Rates":
        """Return the rates of a call with so many prompt tokens: the tier replaces those of tokens for all of it."""
        passed = [rates for threshold, rates in self.tiers if prompt_tokens > threshold]
        if not passed:
            return replace(self, tiers=())
        return passed[-1].with_units({kind: getattr(self, kind) for kind in UNITS})

    def with_units(self, rates: Mapping[str, Decimal]) -> "Rates":
        """Return the rates with these of what is not counted in tokens, by kind."""
        values: dict[str, Any] = dict(rates)
        return replace(self, **values)

    def scaled(self, coefficient: Decimal) -> "Rates":
        """Return the rates times a role's coefficient."""
        tiers = tuple((threshold, rates.scaled(coefficient)) for threshold, rates in self.tiers)
        scaled = {kind: rate * coefficient for kind, rate in self._by_kind().items()}
        return replace(self, **scaled, tiers=tiers)

    def to_json(self) -> dict[str, str]:
        """Return the rates as text; those of tokens always, the others where they cost something."""
        rates = self._by_kind()
        if self.cache_write_1h == self.cache_write:
            del rates["cache_write_1h"]
        return {kind: str(rate) for kind, rate in rates.items() if rate or kind not in UNITS}

    def _by_kind(self) -> dict[str, Decimal]:
        """Return every rate that is set."""
        values = {kind.name: getattr(self, kind.name) for kind in fields(self) if kind.name != "tiers"}
        return {kind: rate for kind, rate in values.items() if rate is not None}


_PLACES: Final = Decimal("1e-9")  # of a rate; prices are written with fewer, what is beyond is noise of arithmetic


def as_rate(usd: Decimal) -> Decimal:
    """Return a rate without the noise of its author's arithmetic, which would be rounded up to one more credit.

    >>> as_rate(Decimal("0.30000000000000004"))
    Decimal('0.3')
    """
    return usd.quantize(_PLACES, ROUND_HALF_EVEN).normalize() + 0


def rate_of(per_token: object) -> Decimal:
    """Return USD per million tokens of a price per token, as a list has it: a number, or its text.

    >>> rate_of("1.6000000000000001e-06")
    Decimal('1.6')
    """
    return as_rate(Decimal(str(per_token)) * 1_000_000)


def in_credits(amount: Decimal) -> int:
    """Return a call's charge in whole credits, rounded up.

    >>> [in_credits(Decimal(amount)) for amount in ("0", "0.001", "1", "1.5")]
    [0, 1, 1, 2]
    """
    return int(amount.to_integral_value(ROUND_CEILING))


# One credit per token: what `parley.billing.pricing: tokens` charges, whatever the model costs. Tokens alone count.
PER_TOKEN: Final = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))


def charge(quantities: Quantities, rates: Rates, coefficient: Decimal = Decimal(1)) -> int:
    """Return the credits that a call costs, rounded up."""
    return in_credits(exact_charge(quantities, rates, coefficient))


def exact_charge(quantities: Quantities, rates: Rates, coefficient: Decimal = Decimal(1)) -> Decimal:
    """Return what a call costs, in credits with their fraction: for sums that are rounded up as one.

    Negative quantities are taken for 0, absurd ones capped. A rate in USD per million tokens is the same number in
    credits per token.
    """
    used = quantities.in_bounds()
    at = rates.at(used.prompt)
    total = (
        used.input * at.prompt
        + used.output * at.completion
        + used.cache_read * at.cache_read
        + used.cache_write_5m * at.cache_write
        + used.cache_write_1h * (at.cache_write if at.cache_write_1h is None else at.cache_write_1h)
        + sum((getattr(used, kind) * getattr(at, kind) for kind in UNITS), _NONE) * _CREDITS
    )
    return total * coefficient


def dearest_prompt(tokens: int, rates: Rates, cached_for: CacheLife) -> Quantities:
    """Return a prompt as that which costs most of what it may turn out to be, wholly or in part.

    It may be read, found in the provider's cache, or written to it, for `cached_for` or a shorter time.

    >>> rates = Rates(Decimal(1), Decimal(5), Decimal("0.1"), Decimal("1.25"), cache_write_1h=Decimal(2))
    >>> [charge(dearest_prompt(100, rates, life), rates) for life in ("", "5m", "1h")]
    [100, 125, 200]
    """
    kinds = [Quantities(input=tokens), Quantities(cache_read=tokens)]
    if cached_for:
        kinds.append(Quantities(cache_write=tokens))
    if cached_for == "1h":
        kinds.append(Quantities(cache_write=tokens, cache_write_1h=tokens))
    return max(kinds, key=lambda kind: exact_charge(kind, rates))
