"""What the model menu says beside the names: windows, prices, and why a model cannot be used."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing.models import Price
from endpoints.catalog import registry
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

KEYED = """
    - name: Brought along
      apiKey: user_provided
      baseURL: http://127.0.0.1:9/v1
      models:
        default: [mine]
"""


def facts_of(client: Client) -> dict[str, dict[str, Any]]:
    return {model["model"]: model for model in client.get("/c/new/models").json()["models"]}


def test_a_price_that_is_known_is_told_and_nothing_is_blocked(owner: User) -> None:
    Price.objects.create(endpoint="Somewhere", model="tiny", prompt=3, completion=15)
    models = facts_of(signed_in(owner))
    assert "$3 in, $15 out per million" in models["tiny"]["words"]
    assert models["small"]["words"] == ""
    assert not any(model["blocked"] or model["trouble"] for model in models.values())


def test_without_a_price_a_model_is_blocked_where_balances_are_on(
    owner: User, admin_user: User, settings: Settings
) -> None:
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS = True, 5
    Price.objects.create(endpoint="Somewhere", model="tiny", prompt=3, completion=15)
    models = facts_of(signed_in(owner))
    assert (models["tiny"]["blocked"], models["small"]["blocked"]) == (False, True)
    assert "No price yet" in models["small"]["trouble"]
    assert models["small"]["link"] == ""
    assert facts_of(signed_in(admin_user))["small"]["link"].endswith("/price/add/")


def test_a_missing_key_is_said_and_choosing_the_model_asks_for_it(owner: User, settings: Settings) -> None:
    file = settings.LIBRECHAT_CONFIG
    file.write_text(file.read_text() + KEYED)
    registry.reset()
    mine = facts_of(signed_in(owner))["mine"]
    assert (mine["trouble"], mine["blocked"]) == ("Needs your key", False)


def test_strangers_are_sent_to_the_way_in(client: Client) -> None:
    assert client.get("/c/new/models").status_code == 302
