"""What a paid call used, by kind: what `pricing.charge` multiplies by rates."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

from messages.events import Usage

# No call has more of a kind; what a provider reports beyond it is a fault of the provider, and not charged.
MAX_QUANTITY: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Quantities:
    """What one call used. `input` excludes both cache counts.

    Two kinds are parts of others: `output` includes `reasoning`, and `cache_write` includes `cache_write_1h`, those
    that the provider keeps for an hour instead of five minutes.
    """

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    images: int = 0
    seconds: Decimal = Decimal(0)
    characters: int = 0
    pages: int = 0
    searches: int = 0
    calls: int = 0

    @classmethod
    def of(cls, usage: Usage) -> "Quantities":
        """Return what a model call reported."""
        return cls(
            input=usage.input_tokens,
            output=usage.output_tokens,
            reasoning=usage.reasoning_tokens,
            cache_read=usage.cache_read_tokens,
            cache_write=usage.cache_write_tokens,
            cache_write_1h=usage.cache_write_1h_tokens,
        )

    def __add__(self, other: "Quantities") -> "Quantities":
        """Return the sum, kind by kind."""
        kinds = [kind.name for kind in fields(self)]
        return Quantities(**{kind: getattr(self, kind) + getattr(other, kind) for kind in kinds})

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, cached or not: what long-context tiers go by."""
        return self.input + self.cache_read + self.cache_write

    @property
    def cache_write_5m(self) -> int:
        return self.cache_write - self.cache_write_1h

    @property
    def tokens(self) -> int:
        return self.prompt + self.output

    def in_bounds(self) -> "Quantities":
        """Return each kind between 0 and `MAX_QUANTITY`, and the writes of an hour among all writes."""
        bounded = {kind.name: min(max(getattr(self, kind.name), 0), MAX_QUANTITY) for kind in fields(self)}
        bounded["cache_write_1h"] = min(bounded["cache_write_1h"], bounded["cache_write"])
        return Quantities(**bounded)
