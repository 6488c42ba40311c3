"""Models whose price nobody knows, where credit is limited."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing.services import policy
from billing.services.price_map import _entries, rates_for
from billing.services.pricing import Rates, charge, rate_of
from billing.services.quantities import Quantities
from endpoints.catalog import registry
from endpoints.catalog.selection import ModelRef, catalog_for
from siteconfig import live
from siteconfig.configuration import load_config
from tests.endpoint_maker import make_endpoint
from web.model_menu import initial_model_ref, model_groups

ONE = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))


@pytest.fixture
def catalog(settings: Settings, fresh_registry: None) -> None:
    """Models of which the first have no price, and balances that count."""
    settings.BALANCE_ENABLED = True
    first = make_endpoint("First", "First", "openai", models=("house-a", "house-b"))
    second = make_endpoint("Second", "Second", "openai", models=("house-c", "house-d"), token_rates={"house-d": ONE})
    registry.reset()
    registry._state.append(registry._State(registry.Registry((first, second)), live.current(), (), float("inf")))


@pytest.mark.django_db
def test_a_model_without_a_price_is_never_what_a_chat_begins_with(owner: User, catalog: None) -> None:
    assert catalog_for(owner).first_model_ref() == ModelRef("Second", "house-d")
    assert initial_model_ref(owner, ModelRef("First", "house-b")) == ModelRef("Second", "house-d")
    assert initial_model_ref(owner, None) == ModelRef("Second", "house-d")


@pytest.mark.django_db
def test_the_menu_says_which_have_none(owner: User, catalog: None) -> None:
    is_unpriced = {choice.model: choice.is_unpriced for group in model_groups(owner) for choice in group.choices}
    assert is_unpriced == {"house-a": True, "house-b": True, "house-c": True, "house-d": False}
    client = Client()
    client.force_login(owner)
    page = client.get("/c/new").content.decode()
    assert page.count("data-unpriced") == 3


@pytest.mark.django_db
def test_where_nothing_is_limited_the_first_is_the_default(owner: User, catalog: None, settings: Settings) -> None:
    settings.BALANCE_ENABLED = False
    assert catalog_for(owner).first_model_ref() == ModelRef("First", "house-a")


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("balance: {enabled: true}", "default"),
        ("balance: {enabled: true}\nparley: {discoverLocal: false}", "default"),
        ("balance: {enabled: true}\nparley: {billing: {pricing: usd}}", "default"),
        ("balance: {enabled: true}\nparley: {billing: {unknownPrice: refuse}}", "refuse"),
        ("balance: {enabled: true}\nparley: {billing: {unknownPrice: default}}", "default"),
        ("parley: {billing: {unknownPrice: default}}", "default"),
        ("parley: {billing: {pricing: usd}}", "refuse"),
    ],
)
def test_a_file_with_balances_charges_the_rate_for_unknown_models(tmp_path: Path, text: str, unknown: str) -> None:
    path = tmp_path / "librechat.yaml"
    path.write_text(f"version: 1.3.5\n{text}\n")
    document = load_config(path).document
    assert policy.fields_of(document.balance, document.parley)["unknown"] == unknown


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        (1.6000000000000001e-06, "1.6"), ("1.6000000000000001e-06", "1.6"), (9.499999999999999e-07, "0.95"),
        ("0.000003", "3"), (0, "0"), (2.5e-08, "0.025"), (1e-9, "0.001"), (0.00012, "120"),
    ],
)  # fmt: skip
def test_noise_of_arithmetic_is_no_part_of_a_price(written: object, rate: str) -> None:
    assert rate_of(written) == Decimal(rate)


def test_a_million_tokens_of_a_noisy_price_cost_no_credit_more() -> None:
    noisy = [
        (key, entry["input_cost_per_token"])
        for key, entry in _entries().items()
        if len(str(entry.get("input_cost_per_token", ""))) > 14 and "output_cost_per_token" in entry
    ]
    assert noisy
    for key, cost in noisy:
        rates = rates_for([key])
        assert rates is not None
        assert charge(Quantities(input=1_000_000), rates.at(0)) <= round(cost * 10**12, 3) + 1
        assert rates.prompt == round(rates.prompt, 9)
    nothing = Decimal(0)
    rates = Rates(rate_of(1.6000000000000001e-06), nothing, nothing, nothing)
    assert charge(Quantities(input=1_000_000), rates) == 1_600_000
