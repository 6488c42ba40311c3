"""Money on its way from a price list to the ledger: decimals as they are written, rounded by one rule."""

from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.forms import modelform_factory
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.admin.matrix import Matrix
from accounts.models import ModelAccess, Role, User
from accounts.services import roles
from billing.models import Hold, LedgerEntry, Price
from billing.services import holds, ledger
from billing.services.payer import CallPrice, Payer
from billing.services.price_map import installed, rates_of_entry, read_map
from billing.services.price_table import price_of, table
from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
from core.ids import uuid7
from endpoints.catalog import model_lists, registry
from endpoints.catalog.model_list_reader import read_list
from endpoints.catalog.prices import price_in_force, reserve_of
from endpoints.transport.failures import try_json
from siteconfig.configuration import load_config
from tests.api.conftest import Api

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


# A coefficient, and what a million tokens at one USD a million then cost. It has four decimal places. To a binary float
# 1.00005 with something far behind it is 1.00005, which is rounded to an even digit.
COEFFICIENTS = [
    ("1.5", 1_500_000), ("1.8", 1_800_000), ("0.1", 100_000), ("1.00005000000000000000001", 1_000_100),
    ("1.00005", 1_000_000), ("1.0000499999999999999999", 1_000_000), ("1e-1", 100_000), ("7", 7_000_000),
]  # fmt: skip


def charged_for_a_million(user: User) -> int:
    """Return what a call costs this person that is reserved at their role's coefficient, as the ledger has it."""
    rates = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))
    reserve = reserve_of(Payer(user_id=user.id, role=user.role_name), CallPrice("E", "m", rates), MILLION)
    holds.place(hold_id=(hold_id := uuid7()), reserve=reserve)
    coefficient = Hold.objects.get(id=hold_id).coefficient
    line = ledger.LedgerLine(
        key="k", reason="message", endpoint="E", model="m", quantities=MILLION, rates=rates, coefficient=coefficient
    )
    [entry] = holds.settle(hold_id=hold_id, lines=[line])
    assert reserve.credits == -entry.credits
    return -entry.credits


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "credits"), COEFFICIENTS)
@pytest.mark.parametrize("as_text", [False, True])
def test_a_coefficient_of_the_rest_interface_reaches_the_ledger_as_it_is_written(
    owner: User, admin_user: User, text: str, credits: int, as_text: bool
) -> None:
    written = f'"{text}"' if as_text else text
    body = f'{{"modelAccess": {{"m": {{"enabled": true, "coefficient": {written}}}}}}}'.encode()
    assert Api(admin_user).raw("PUT", "/api/admin/roles/USER", body).status_code == 200
    assert charged_for_a_million(owner) == credits
    # What is shown is read back as it was.
    shown = Api(admin_user).get("/api/admin/roles/USER").json()["modelAccess"]
    assert Api(admin_user).send("PUT", "/api/admin/roles/USER", {"modelAccess": shown}).json()["modelAccess"] == shown


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "credits"), [row for row in COEFFICIENTS if "e" not in row[0]])
def test_a_coefficient_of_the_matrix_does_too(owner: User, admin_user: User, text: str, credits: int) -> None:
    role = Role.objects.get(name="USER")
    roles.update(actor=None, role=role, model_access={"m": {"coefficient": "2"}})
    form = QueryDict(f"matrix=USER&m|USER||m=on&m|USER||m|c={text}")
    assert Matrix([role]).save(form, actor=admin_user) == 1
    assert charged_for_a_million(owner) == credits


@pytest.mark.django_db
def test_the_example_roles_coefficients_do_too() -> None:
    call_command("seed_roles", "--yes", stdout=StringIO())
    coefficients = dict(ModelAccess.objects.values_list("model", "coefficient"))
    assert coefficients == {"gpt-3.5-turbo": Decimal(1), "gpt-4": Decimal("1.5"), "claude-3": Decimal("1.8")}


@pytest.mark.django_db
@pytest.mark.parametrize(("rate", "credits"), [("0.1", 100_000), ("0.00000001", 1), ("999999.99999999", 10**12)])
def test_a_price_of_an_administrator_reaches_the_ledger_as_it_is_written(owner: User, rate: str, credits: int) -> None:
    fields = {"model": "m", "prompt": rate, "completion": rate}
    modelform_factory(Price, fields=tuple(fields))(fields).save()
    table.invalidate()
    entry = written_entry(owner, price_of("Somewhere", "m"))
    assert (Decimal(entry.rates["prompt"]), -entry.credits) == (Decimal(rate), credits)


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


EACH = {"images": "0.04", "seconds": "0.0001", "characters": "0.000015", "pages": "0.004", "searches": "0.008"}


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["file", "table"])
def test_file_and_table_may_price_what_is_not_counted_in_tokens(
    settings: Settings, tmp_path: Path, fresh_registry: None, source: str
) -> None:
    keys = "".join(f", {kind}: {rate}" for kind, rate in EACH.items()) if source == "file" else ""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    written = ENDPOINTS.format(rate=1).replace("cacheRead: 1", f"cacheRead: 1, cacheWrite1h: 6, calls: 0.002{keys}")
    settings.LIBRECHAT_CONFIG.write_text(written if source == "file" else ENDPOINTS.format(rate=1))
    registry.reset()
    if source == "table":
        Price.objects.create(
            model="nobody-knows", prompt=1, completion=1, cache_write_1h=Decimal(6), calls=Decimal("0.002"), **EACH
        )
        table.invalidate()
    model = {"file": "m", "table": "nobody-knows"}[source]
    endpoint = registry.current().get("Somewhere")
    assert endpoint is not None
    rates = price_in_force(endpoint, model).rates
    assert rates is not None
    assert (rates.cache_write_1h, rates.calls) == (Decimal(6), Decimal("0.002"))
    assert {kind: getattr(rates, kind) for kind in EACH} == {kind: Decimal(rate) for kind, rate in EACH.items()}
    used = Quantities(images=1, seconds=Decimal(10), characters=100, pages=1, searches=1, calls=1)
    assert charge(used, rates, Decimal(2)) == 2 * (40_000 + 1_000 + 1_500 + 4_000 + 8_000 + 2_000)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [*EACH, "calls", "cache_write_1h"])
def test_a_price_of_units_has_bounds_in_the_database(kind: str) -> None:
    for rate in ("-0.1", "1000001"):
        with pytest.raises(IntegrityError, match="price_of_units_in_bounds"), transaction.atomic():
            Price.objects.create(model="m", prompt=1, completion=1, **{kind: rate})
