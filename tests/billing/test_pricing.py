from decimal import Decimal

import pytest

from billing.services.price_map import entry, rates_for
from billing.services.pricing import Rates, TokenCounts, charge

FLAT = Rates(prompt=Decimal(3), completion=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"))


@pytest.mark.parametrize(
    ("counts", "coefficient", "credits"),
    [
        (TokenCounts(), "1", 0),
        (TokenCounts(input=1_000_000), "1", 3_000_000),
        (TokenCounts(input=100, output=10), "1", 450),
        (TokenCounts(input=100, output=10, reasoning=8), "1", 450),
        (TokenCounts(cache_read=1), "1", 1),
        (TokenCounts(input=10, cache_read=100, cache_write=100), "1", 435),
        (TokenCounts(input=100, output=10), "1.5", 675),
        (TokenCounts(input=-5, output=-1), "1", 0),
    ],
)
def test_credits_are_tokens_times_rate_times_coefficient_rounded_up(
    counts: TokenCounts, coefficient: str, credits: int
) -> None:
    assert charge(counts, FLAT, Decimal(coefficient)) == credits


def test_a_long_prompt_is_charged_by_its_tier_for_the_whole_call() -> None:
    long = Rates(prompt=Decimal(6), completion=Decimal(20), cache_read=Decimal(1), cache_write=Decimal(7))
    rates = Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"), tiers=((200_000, long),))
    assert charge(TokenCounts(input=200_000, output=1), rates) == 600_015
    assert charge(TokenCounts(input=200_001, output=1), rates) == 1_200_026
    assert charge(TokenCounts(input=1, cache_read=200_000), rates) == 200_006


def test_the_map_gives_known_models_their_prices_and_windows() -> None:
    rates = rates_for(["no/such-model", "gpt-4o-mini"])
    assert rates is not None
    assert (rates.prompt, rates.completion, rates.cache_read) == (Decimal("0.15"), Decimal("0.6"), Decimal("0.075"))
    prices = entry("gpt-4o-mini")
    assert prices is not None
    assert prices["max_input_tokens"] == 128_000
    assert rates_for(["no/such-model"]) is None


def test_tiers_of_the_map_are_read() -> None:
    rates = rates_for(["gemini/gemini-2.5-pro"])
    assert rates is not None
    assert rates.at(200_000).prompt < rates.at(200_001).prompt
