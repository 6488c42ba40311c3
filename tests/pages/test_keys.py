"""The page of one's own keys, and what a chat says when one is missing."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from billing.models import Balance, LedgerEntry, Price
from chat.models import Message
from endpoints.catalog import keys, stored_endpoints
from endpoints.models import UserKey
from tests.cast import signed_in
from tests.model_server.fixtures import ModelServer
from tests.pages.conftest import FRAGMENT

pytestmark = pytest.mark.django_db
SECRET = "sk-of-olivia-0123456789"


@pytest.fixture(autouse=True)
def model_server_endpoints(admin_user: User, model_server: ModelServer) -> None:
    """`Own`, the model server with each person's key; and `Anywhere`, with an address of theirs too."""
    for name, base_url in (("Own", model_server.url), ("Anywhere", "")):
        entry = stored_endpoints.Entry(
            kind="custom", name=name, base_url=base_url, key_from_user=True, model_names=("mini",)
        )
        stored_endpoints.save(actor=admin_user, entry=entry)


@pytest.fixture
def owner_client(
    owner: User,
) -> Client:
    return signed_in(owner)


def add(client: Client, **fields: str) -> int:
    form = {"endpoint": "Own", "apiKey": SECRET, "lasts": "", **fields}
    return client.post("/settings/keys/set", form, headers=FRAGMENT).status_code


def test_only_endpoints_that_take_a_key_are_listed(owner_client: Client) -> None:
    page = owner_client.get("/settings/keys").content.decode()
    assert "Own" in page
    assert "Anywhere" in page
    assert page.count("No key") == 2
    assert 'aria-label="Add a key for Own"' in page


def test_a_key_is_kept_for_as_long_as_chosen_and_never_shown(owner_client: Client, owner: User) -> None:
    assert add(owner_client, lasts="7200") == 200
    left = keys.state(owner, "Own").expires_at
    assert left is not None
    assert timedelta(minutes=119) < left - timezone.now() <= timedelta(hours=2)
    page = owner_client.get("/settings/keys").content.decode()
    assert "Saved for another" in page
    assert SECRET not in page
    assert SECRET not in owner_client.get("/settings/keys/set?endpoint=Own").content.decode()


def test_a_key_that_is_refused_says_why_and_is_not_sent_back(owner_client: Client) -> None:
    form = {"endpoint": "Anywhere", "apiKey": SECRET, "baseURL": "http://192.168.1.1/v1", "lasts": ""}
    answer = owner_client.post("/settings/keys/set", form, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "public" in answer.content.decode()
    assert SECRET not in answer.content.decode()
    assert not UserKey.objects.exists()


def test_keys_are_revoked_one_by_one_and_all_at_once(owner_client: Client, owner: User) -> None:
    add(owner_client)
    add(owner_client, endpoint="Anywhere", baseURL="https://mine.example.com/v1")
    assert UserKey.objects.count() == 2
    assert owner_client.post("/settings/keys/revoke", {"endpoint": "Own"}).status_code == 302
    assert set(keys.states(owner)) == {"Anywhere"}
    assert owner_client.post("/settings/keys/revoke-all").status_code == 302
    assert keys.states(owner) == {}


@pytest.mark.wire
def test_testing_ones_key_makes_a_real_call(owner_client: Client, model_server: ModelServer) -> None:
    assert owner_client.post("/settings/keys/test", {"endpoint": "Own"}).status_code == 422
    add(owner_client)
    page = owner_client.post("/settings/keys/test", {"endpoint": "Own"}, headers=FRAGMENT).content.decode()
    assert "It works" in page
    assert model_server.requests()[0]["headers"]["Authorization"] == f"Bearer {SECRET}"
    assert "It works" in owner_client.post("/settings/keys/test", {"endpoint": "Own"}).content.decode()


@pytest.mark.wire
def test_a_test_is_in_ones_ledger_and_refused_without_credit(
    owner_client: Client, owner: User, model_server: ModelServer, settings: Settings
) -> None:
    add(owner_client)
    Price.objects.create(model="mini", prompt=1, completion=1)
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 1_000
    assert (
        "It works" in owner_client.post("/settings/keys/test", {"endpoint": "Own"}, headers=FRAGMENT).content.decode()
    )
    entry = LedgerEntry.objects.get(user=owner, reason="test")
    assert Balance.objects.get(user=owner).credits == 1_000 + entry.credits < 1_000
    page = owner_client.get("/settings/balance?reason=test").content.decode()
    assert "Connection test" in page
    assert "Start credit</td>" not in page
    csv = b"".join(owner_client.get("/settings/balance/ledger.csv?reason=test"))
    assert b",test,Own,mini," in csv
    Balance.objects.update(credits=1)
    toast = owner_client.post("/settings/keys/test", {"endpoint": "Own"}, headers=FRAGMENT)
    assert toast.status_code == 402
    assert "You don't have enough credit" in unescape(toast.content.decode())
    page = owner_client.post("/settings/keys/test", {"endpoint": "Own"}).content.decode()
    assert "You don't have enough credit" in unescape(page)
    assert model_server.count == 1


def test_no_form_for_an_endpoint_that_takes_no_key(owner_client: Client) -> None:
    for path in ("/settings/keys/set", "/settings/keys/needed"):
        for name in ("Somewhere", "Nowhere", ""):
            assert owner_client.get(path, {"endpoint": name}).status_code == 404


def test_a_chat_asks_for_the_key_until_it_is_there(owner_client: Client) -> None:
    assert "needs your own key" in owner_client.get("/c/new?endpoint=Own&model=mini").content.decode()
    dialog = owner_client.get("/settings/keys/needed?endpoint=Own", headers=FRAGMENT)
    assert "needs your own key" in dialog.content.decode()
    add(owner_client, stays="1")
    assert owner_client.get("/settings/keys/needed?endpoint=Own", headers=FRAGMENT).status_code == 204
    assert "needs your own key" not in owner_client.get("/c/new?endpoint=Own&model=mini").content.decode()


def test_a_message_without_a_key_is_refused_beside_the_composer(owner_client: Client) -> None:
    draft = {"text": "Hello", "endpoint": "Own", "model": "mini"}
    answer = owner_client.post("/c/new/turns", draft, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "Add your key" in answer.content.decode()
    assert '/settings/keys"' in answer.content.decode()
    assert not Message.objects.exists()


def test_the_menu_says_which_models_may_ask_for_a_key(owner_client: Client) -> None:
    page = owner_client.get("/c/new").content.decode()
    assert 'data-ask="/settings/keys/needed?endpoint=Own"' in page
    assert page.count("data-ask=") == 2
