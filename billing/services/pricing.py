"""What tokens cost. Pure: token counts x rates x coefficient, in credits (1,000,000 credits are 1 US dollar)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of one model call. `input` excludes both cache counts; `output` includes `reasoning`."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, cached or not: what long-context tiers go by."""
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens, by kind. `tiers` hold (threshold, rates): above so many prompt tokens, those count."""

    prompt: Decimal
    completion: Decimal
    cache_read: Decimal
    cache_write: Decimal
    tiers: Sequence[tuple[int, "Rates"]] = ()

    def at(self, prompt_tokens: int) -> "Rates":
        """Return the rates of a call with so many prompt tokens: the tier replaces them for the whole call."""
        passed = [rates for threshold, rates in self.tiers if prompt_tokens > threshold]
        return replace(passed[-1] if passed else self, tiers=())

    def scaled(self, coefficient: Decimal) -> "Rates":
        """Return the rates times a role's coefficient."""
        tiers = tuple((threshold, rates.scaled(coefficient)) for threshold, rates in self.tiers)
        return Rates(
            prompt=self.prompt * coefficient,
            completion=self.completion * coefficient,
            cache_read=self.cache_read * coefficient,
            cache_write=self.cache_write * coefficient,
            tiers=tiers,
        )

    def to_json(self) -> dict[str, str]:
        return {
            "prompt": str(self.prompt),
            "completion": str(self.completion),
            "cache_read": str(self.cache_read),
            "cache_write": str(self.cache_write),
        }


_PLACES: Final = Decimal("1e-9")  # of a rate; prices are written with fewer, what is beyond is noise of arithmetic


def rate_of(per_token: object) -> Decimal:
    """Return USD per million tokens of a price per token, as a list has it: a number, or its text.

    Lists hold `1.6000000000000001e-06`, of which the noise would be rounded up to one more credit.

    >>> rate_of(1.6000000000000001e-06)
    Decimal('1.6')
    """
    return (Decimal(str(per_token)) * 1_000_000).quantize(_PLACES, ROUND_HALF_EVEN).normalize() + 0


# One credit per token: what `parley.billing.pricing: tokens` charges, whatever the model costs.
PER_TOKEN: Final = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))
# No call has more; what a provider reports beyond it is a fault of the provider, and not charged.
MAX_TOKENS: Final = 100_000_000


def in_bounds(counts: TokenCounts) -> TokenCounts:
    """Return the counts between 0 and `MAX_TOKENS`."""

    def bound(number: int) -> int:
        return min(max(number, 0), MAX_TOKENS)

    return TokenCounts(
        input=bound(counts.input),
        output=bound(counts.output),
        reasoning=bound(counts.reasoning),
        cache_read=bound(counts.cache_read),
        cache_write=bound(counts.cache_write),
    )


def charge(counts: TokenCounts, rates: Rates, coefficient: Decimal = Decimal(1)) -> int:
    """Return the credits that a call costs, rounded up. Negative counts are taken for 0, absurd ones capped.

    A rate in USD per million tokens is the same number in credits per token.
    """
    counts = in_bounds(counts)
    at = rates.at(counts.prompt)
    total = (
        counts.input * at.prompt
        + counts.output * at.completion
        + counts.cache_read * at.cache_read
        + counts.cache_write * at.cache_write
    )
    return int((total * coefficient).to_integral_value(ROUND_CEILING))
