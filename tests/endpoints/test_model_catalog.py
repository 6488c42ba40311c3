"""What a role may use, and what a call must reserve."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.services import roles
from billing.models import Price
from billing.services import policy, price_table
from endpoints.catalog import registry
from endpoints.catalog.prices import SOURCES, UnknownPrice, price_in_force, rates_of, reserve_for
from endpoints.catalog.selection import catalog_for
from endpoints.providers.base import Endpoint
from tests.endpoint_maker import make_endpoint

YAML = """
version: 1.3.0
endpoints:
  custom:
    - name: Somewhere
      apiKey: k
      baseURL: http://127.0.0.1:9/v1
      models: {default: [gpt-3.5-turbo, gpt-4, nobody-knows]}
      tokenConfig: {gpt-4: {prompt: 3, completion: 7, context: 8192}}
balance: {enabled: true}
parley: {billing: {pricing: %s, unknownPrice: %s}}
"""


@pytest.fixture
def configure_prices(settings: Any, tmp_path: Path, db: None) -> Any:
    def configure(pricing: str = "usd", unknown: str = "refuse") -> None:
        settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
        settings.LIBRECHAT_CONFIG.write_text(YAML % (pricing, unknown))
        registry.reset()

    configure()
    yield configure
    registry.reset()


def endpoint() -> Any:
    current_endpoint = registry.current().get("Somewhere")
    assert current_endpoint is not None
    return current_endpoint


def test_a_role_without_rows_may_use_everything(configure_prices: Any, owner: User) -> None:
    assert catalog_for(owner).models("Somewhere") == ("gpt-3.5-turbo", "gpt-4", "nobody-knows")


def test_a_role_with_rows_may_use_what_they_enable(configure_prices: Any, owner: User) -> None:
    access = {"gpt-3.5-turbo": {"enabled": True, "coefficient": 1.5}, "Somewhere/gpt-4": {"enabled": False}}
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access=access)
    offer = catalog_for(owner)
    assert offer.models("Somewhere") == ("gpt-3.5-turbo",)
    assert not offer.allows("Somewhere", "gpt-4")
    assert offer.default() == (endpoint(), "gpt-3.5-turbo")
    reserve = reserve_for(owner, endpoint(), "gpt-3.5-turbo", prompt_tokens=100, reply_tokens=0)
    assert reserve.coefficient == Decimal("1.5")
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"other": {"enabled": True}})
    assert catalog_for(owner).endpoints == []
    assert catalog_for(owner).default() is None


def test_the_balance_of_the_file_has_the_documented_defaults(configure_prices: Any) -> None:
    assert policy.current() == policy.Policy(enforced=True, start_credits=20_000)


def test_prices_come_from_the_file_then_the_table_then_the_map(configure_prices: Any, owner: User) -> None:
    rates = rates_of(endpoint(), "gpt-4")
    assert rates is not None
    assert [int(rate) for rate in (rates.prompt, rates.completion, rates.cache_read)] == [3, 7, 3]
    assert rates_of(endpoint(), "nobody-knows") is None
    with pytest.raises(UnknownPrice):
        reserve_for(owner, endpoint(), "nobody-knows", prompt_tokens=1)
    Price.objects.create(model="nobody-knows", prompt=2, completion=4, cache_write=5)
    price_table.table.invalidate()
    rates = rates_of(endpoint(), "nobody-knows")
    assert rates is not None
    assert [int(rate) for rate in (rates.prompt, rates.completion, rates.cache_read)] == [2, 4, 2]
    assert int(rates.cache_write) == 5


def test_an_unknown_price_can_be_charged_at_a_default(configure_prices: Any, owner: User) -> None:
    configure_prices(unknown="default")
    assert reserve_for(owner, endpoint(), "nobody-knows", prompt_tokens=100, reply_tokens=0).credits == 600


def test_every_price_tells_where_it_is_from(configure_prices: Any) -> None:
    def source(model: str, own_endpoint: Endpoint | None = None) -> str:
        return price_in_force(own_endpoint or endpoint(), model).source

    local = make_endpoint(name="Local", label="Local", wire="openai", local=True)
    assert [source("gpt-4"), source("gpt-4o"), source("nobody-knows")] == ["token_config", "map", "unknown"]
    assert source("anything", local) == "free"
    Price.objects.create(model="gpt-4o", prompt=0, completion=0)
    Price.objects.create(model="gpt-4", prompt=0, completion=0)
    price_table.table.invalidate()
    assert [source("gpt-4"), source("gpt-4o")] == ["token_config", "table"]
    configure_prices(unknown="default")
    assert (source("nobody-knows"), price_in_force(endpoint(), "nobody-knows").is_known) == ("default", False)
    configure_prices(pricing="tokens")
    assert source("nobody-knows") == "per_token"
    assert len(SOURCES) == 7


def test_where_tokens_are_charged_every_model_costs_one_per_token(configure_prices: Any, owner: User) -> None:
    """MetoGPT: deducted tokens = base tokens x coefficient."""
    configure_prices(pricing="tokens")
    access = {"gpt-4": {"enabled": True, "coefficient": 1.5}}
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access=access)
    assert reserve_for(owner, endpoint(), "gpt-4", prompt_tokens=1_000, reply_tokens=1_000).credits == 3_000
