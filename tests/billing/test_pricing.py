from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services.price_map import entry, rates_for, rates_of_entry
from billing.services.pricing import PER_TOKEN, CacheLife, Rates, charge, dearest_prompt
from billing.services.quantities import Quantities

FLAT = Rates(prompt=Decimal(3), completion=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"))


@pytest.mark.parametrize(
    ("counts", "coefficient", "credits"),
    [
        (Quantities(), "1", 0),
        (Quantities(input=1_000_000), "1", 3_000_000),
        (Quantities(input=100, output=10), "1", 450),
        (Quantities(input=100, output=10, reasoning=8), "1", 450),
        (Quantities(cache_read=1), "1", 1),
        (Quantities(input=10, cache_read=100, cache_write=100), "1", 435),
        (Quantities(input=100, output=10), "1.5", 675),
        (Quantities(input=-5, output=-1), "1", 0),
    ],
)
def test_credits_are_tokens_times_rate_times_coefficient_rounded_up(
    counts: Quantities, coefficient: str, credits: int
) -> None:
    assert charge(counts, FLAT, Decimal(coefficient)) == credits


HOUR = replace(FLAT, cache_write_1h=Decimal(6))


@pytest.mark.parametrize(
    ("rates", "written", "hour", "credits"),
    [
        (HOUR, 100, 0, 375), (HOUR, 100, 40, 465), (HOUR, 100, 100, 600), (HOUR, 10, 999, 60), (FLAT, 100, 40, 375),
        (PER_TOKEN, 100, 40, 100),
    ],
)  # fmt: skip
def test_what_a_cache_keeps_for_an_hour_has_a_price_of_its_own(
    rates: Rates, written: int, hour: int, credits: int
) -> None:
    used = Quantities(cache_write=written, cache_write_1h=hour)
    assert charge(used, rates) == credits
    assert charge(used, rates, Decimal(2)) == charge(used, rates.scaled(Decimal(2))) == 2 * credits


@pytest.mark.parametrize("kind", ["images", "seconds", "characters", "pages", "searches", "calls"])
def test_what_is_no_token_is_charged_each_at_the_coefficient_too(kind: str) -> None:
    rate: dict[str, Any] = {kind: Decimal("0.0000125")}
    three: dict[str, Any] = {kind: Decimal(3) if kind == "seconds" else 3}
    fewer: dict[str, Any] = {kind: -3}
    rates, used = replace(FLAT, **rate), Quantities(**three)
    assert charge(used, rates) == 38
    assert charge(used, rates, Decimal("1.5")) == charge(used, rates.scaled(Decimal("1.5"))) == 57
    assert charge(replace(used, input=100), rates) == 338
    assert charge(used, FLAT) == charge(used, PER_TOKEN) == 0
    assert charge(replace(used, **fewer), rates) == 0


def test_where_each_token_is_one_credit_every_token_counts_once() -> None:
    used = Quantities(input=5, output=7, reasoning=6, cache_read=11, cache_write=13, cache_write_1h=12)
    assert charge(used, PER_TOKEN) == used.tokens == 36
    assert charge(used, PER_TOKEN, Decimal("1.5")) == 54


def test_an_entry_keeps_the_rates_that_were_charged() -> None:
    flat = {"prompt": "3", "completion": "15", "cache_read": "0.3", "cache_write": "3.75"}
    assert FLAT.to_json() == flat
    assert HOUR.to_json() == flat | {"cache_write_1h": "6"}
    assert replace(FLAT, images=Decimal("0.04")).to_json() == flat | {"images": "0.04"}


def test_a_long_prompt_is_charged_by_its_tier_for_the_whole_call() -> None:
    long = Rates(prompt=Decimal(6), completion=Decimal(20), cache_read=Decimal(1), cache_write=Decimal(7))
    rates = Rates(Decimal(3), Decimal(15), Decimal("0.3"), Decimal("3.75"), tiers=((200_000, long),))
    assert charge(Quantities(input=200_000, output=1), rates) == 600_015
    assert charge(Quantities(input=200_001, output=1), rates) == 1_200_026
    assert charge(Quantities(input=1, cache_read=200_000), rates) == 200_006


def test_the_map_gives_known_models_their_prices_and_windows() -> None:
    rates = rates_for(["no/such-model", "gpt-4o-mini"])
    assert rates is not None
    assert (rates.prompt, rates.completion, rates.cache_read) == (Decimal("0.15"), Decimal("0.6"), Decimal("0.075"))
    prices = entry("gpt-4o-mini")
    assert prices is not None
    assert prices["max_input_tokens"] == 128_000
    assert rates_for(["no/such-model"]) is None


def test_the_map_tells_what_an_hour_in_the_cache_costs() -> None:
    rates = rates_for(["claude-haiku-4-5"])
    assert rates is not None
    assert [rates.cache_write, rates.cache_write_1h] == [Decimal("1.25"), Decimal(2)]
    tiered = rates_of_entry(
        {"input_cost_per_token": 3e-06, "output_cost_per_token": 15e-06, "cache_creation_input_token_cost": 3.75e-06,
         "cache_creation_input_token_cost_above_1hr": 6e-06, "cache_creation_input_token_cost_above_200k_tokens": 7e-06,
         "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 12e-06}
    )  # fmt: skip
    assert tiered is not None
    assert [tiered.at(size).cache_write_1h for size in (200_000, 200_001)] == [6, 12]
    nobody = rates_for(["gpt-4o-mini"])
    assert nobody is not None
    assert nobody.cache_write_1h is None


def test_tiers_of_the_map_are_read() -> None:
    rates = rates_for(["gemini/gemini-2.5-pro"])
    assert rates is not None
    assert rates.at(200_000).prompt < rates.at(200_001).prompt


@pytest.mark.parametrize(
    ("model", "used", "credits"),
    [
        ("whisper-1", Quantities(seconds=Decimal("61.5")), 6_150),  # in and out are one price under two names
        ("tts-1", Quantities(characters=1_000), 15_000),
        ("mistral/mistral-ocr-latest", Quantities(pages=3), 12_000),
        ("rerank-v3.5", Quantities(calls=2), 4_000),
        ("tavily/search", Quantities(searches=5), 40_000),
        ("gemini/gemini-2.5-pro", Quantities(input=1_000, output=100, searches=1), 1_250 + 1_000 + 35_000),
        ("gemini/gemini-2.5-pro", Quantities(input=300_000, searches=1), 750_000 + 35_000),  # of the higher tier
    ],
)
def test_the_map_tells_what_is_not_counted_in_tokens(model: str, used: Quantities, credits: int) -> None:
    rates = rates_for([model])
    assert rates is not None
    assert charge(used, rates) == credits
    assert charge(used, rates, Decimal("1.5")) == credits * Decimal("1.5")
    assert charge(used, PER_TOKEN) == used.tokens


def test_images_cost_what_is_made_and_a_model_rented_by_the_hour_has_no_price() -> None:
    images = rates_of_entry({"mode": "image_generation", "output_cost_per_image": 0.04, "input_cost_per_image": 0.01})
    assert images is not None
    assert charge(Quantities(images=2), images) == 80_000
    assert rates_of_entry({"mode": "chat", "input_cost_per_second": 0.01, "output_cost_per_second": 0.01}) is None
    assert rates_of_entry({"mode": "image_generation"}) is None


RATE = st.decimals(0, 100, places=4)
COUNT = st.integers(0, 1_000_000)


TOKEN_RATES = st.builds(Rates, RATE, RATE, RATE, RATE, cache_write_1h=st.none() | RATE)
TIERED = st.builds(lambda rates, tiers: replace(rates, tiers=sorted(tiers, key=lambda tier: tier[0])),
                   TOKEN_RATES, st.lists(st.tuples(COUNT, TOKEN_RATES), max_size=2))  # fmt: skip


@given(
    rates=TIERED,
    coefficient=st.decimals(0, 10, places=2),
    counts=st.tuples(COUNT, COUNT, COUNT, COUNT),
    life=st.sampled_from(("", "5m", "1h")),
    written=COUNT,
)
def test_no_prompt_costs_more_than_what_is_reserved_for_it(
    rates: Rates, coefficient: Decimal, counts: tuple[int, int, int, int], life: CacheLife, written: int
) -> None:
    plain, read, short, hour = counts
    short, hour = (short if life else 0), (hour if life == "1h" else 0)
    used = Quantities(input=plain, cache_read=read, cache_write=short + hour, cache_write_1h=hour)
    reserve = replace(dearest_prompt(used.prompt, rates, life), output=written)
    assert charge(replace(used, output=written), rates, coefficient) <= charge(reserve, rates, coefficient)


@given(rates=TOKEN_RATES, tokens=COUNT)
def test_no_more_is_reserved_than_a_prompt_may_cost(rates: Rates, tokens: int) -> None:
    """Also where writing to a cache is dear, and nobody asks for that."""
    read = max(rates.prompt, rates.cache_read)
    short = max(read, rates.cache_write)
    hour = max(short, rates.cache_write if rates.cache_write_1h is None else rates.cache_write_1h)
    for life, dearest in (("", read), ("5m", short), ("1h", hour)):
        reserved = charge(dearest_prompt(tokens, rates, life), rates)  # type: ignore[arg-type]
        assert reserved == charge(Quantities(input=tokens), replace(rates, prompt=dearest))
