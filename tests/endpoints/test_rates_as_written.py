"""Money on its way from a price list to the ledger: decimals as they are written, rounded by one rule."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from billing.models import LedgerEntry
from billing.services import ledger
from billing.services.price_map import installed, rates_of_entry, read_map
from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
from endpoints.catalog import model_lists, registry
from endpoints.catalog.model_list_reader import read_list
from endpoints.catalog.prices import price_in_force
from endpoints.transport.failures import try_json
from siteconfig.configuration import load_config

MILLION = Quantities(input=1_000_000)
# How a price per million tokens is written, and what a million tokens then cost in credits.
WRITTEN = [
    ("1.6000000000000001", 1_600_000), ("0.30000000000000004", 300_000), ("0.1", 100_000),
    ("0.7000000000000001", 700_000),
    ("0.1000000000000000055511151231257827", 100_000), ("1.1e-1", 110_000), ("1_0.25", 10_250_000), ("3", 3_000_000),
    ("0.123456789", 123_457), ("0", 0),
]  # fmt: skip
ENDPOINTS = """
version: 1.3.5
parley: {{billing: {{unknownPrice: default, defaultRate: {rate}}}}}
endpoints:
  custom:
    - name: Somewhere
      apiKey: k
      baseURL: https://a.example.org
      models: {{default: [m, nobody-knows]}}
      tokenConfig: {{m: {{prompt: {rate}, completion: {rate}, context: 5000, cacheRead: {rate}}}}}
"""


def written_entry(user: User, rates: Rates | None) -> LedgerEntry:
    """Return what the ledger says of a million tokens at these rates, as the database has it."""
    line = ledger.LedgerLine(key="k", reason="message", endpoint="E", model="m", quantities=MILLION, rates=rates)
    with transaction.atomic():
        ledger.write([ledger.Due(user.id, [line])])
    return LedgerEntry.objects.get(key="k")


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "credits"), WRITTEN)
@pytest.mark.parametrize("model", ["m", "nobody-knows"])
def test_a_rate_of_the_file_reaches_the_ledger_as_it_is_written(
    owner: User, settings: Settings, tmp_path: Path, fresh_registry: None, text: str, credits: int, model: str
) -> None:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS.format(rate=text))
    registry.reset()
    endpoint = registry.current().get("Somewhere")
    assert endpoint is not None
    entry = written_entry(owner, price_in_force(endpoint, model).rates)
    assert entry.credits == -credits
    assert all(len(rate.partition(".")[2]) <= 9 for rate in entry.rates.values())


@pytest.mark.parametrize("text", ["0.123456789012345678901234", "3.5", "1e-06", "2"])
def test_the_file_s_text_is_what_counts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "librechat.yaml"
    path.write_text(ENDPOINTS.format(rate=text))
    assert load_config(path).document.parley.billing.defaultRate == Decimal(text)


@pytest.mark.parametrize("text", [".inf", ".nan", "-0.1", "1000000.1", "[1]"])
def test_what_is_no_rate_is_still_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "librechat.yaml"
    path.write_text(ENDPOINTS.format(rate=text))
    with pytest.raises(Exception, match="defaultRate"):
        load_config(path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "rate", "credits"),
    [
        ("1.6000000000000001e-06", "1.6", 1_600_000), ("3.0000000000000004e-7", "0.3", 300_000),
        ("0.00000010000000000000000555", "0.1", 100_000), ("9.499999999999999e-07", "0.95", 950_000), ("0", "0", 0),
    ],
)  # fmt: skip
def test_a_price_of_a_map_reaches_the_ledger_as_it_is_written(
    owner: User, tmp_path: Path, text: str, rate: str, credits: int
) -> None:
    path = tmp_path / "map.json"
    path.write_text(f'{{"m": {{"input_cost_per_token": {text}, "output_cost_per_token": {text}}}}}')
    entry = written_entry(owner, rates_of_entry(read_map(path)["m"]))
    assert (entry.rates["prompt"], entry.credits) == (rate, -credits)


def test_the_installed_map_has_no_binary_floats() -> None:
    values = [value for entry in installed().values() for value in entry.values()]
    assert len(values) > 10_000
    assert not [value for value in values if isinstance(value, float)]


def test_a_fetched_list_has_none_either_and_absurd_numbers_are_no_fault() -> None:
    priced = b'{"id": "m", "pricing": {"prompt": 1.6000000000000001e-06}, "context": 4096.0}'
    rows = try_json(b"[" + priced + b', {"id": "n", "context": 1e400}]', parse_float=Decimal)
    assert rows[0]["pricing"] == {"prompt": Decimal("1.6000000000000001e-06")}
    assert model_lists._rate(rows[0], "prompt") == Decimal("1.6")
    assert read_list(rows).windows == {"m": 4096}
    assert model_lists._rate({"pricing": {"prompt": Decimal("1e400")}}, "prompt") is None
    assert isinstance(try_json(b"[1e99999999999999999999]", parse_float=Decimal), str | list)


numbers = st.integers(0, 10**8)
rates = st.decimals(0, 1_000_000, places=9)


@given(numbers, numbers, numbers, rates, rates, rates, st.decimals(0, 1000, places=4))
def test_only_the_sum_is_rounded_and_only_up(
    read: int, written: int, cached: int, prompt: Decimal, completion: Decimal, cache: Decimal, coefficient: Decimal
) -> None:
    used = Quantities(input=read, output=written, cache_read=cached)
    exact = read * Fraction(prompt) + written * Fraction(completion) + cached * Fraction(cache)
    credits = charge(used, Rates(prompt, completion, cache, cache), coefficient)
    assert 0 <= credits - exact * Fraction(coefficient) < 1
