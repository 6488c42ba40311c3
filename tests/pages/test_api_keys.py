"""The page of API keys, and the limits that people set for their keys."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, AuditEntry, Role, User
from accounts.services import api_keys, roles, tokens
from billing.models import Budget, BudgetUsage, Hold
from billing.services import budgets
from chat.models import Conversation
from chat.services.turns import titles
from tests.cast import PASSWORD, signed_in
from tests.pages.conftest import FRAGMENT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys_allowed")]

NEW = {"name": "Backup script", "read": "on", "write": "on", "days": "30"}
LIMIT = {"name": "A little", "amount": "1500", "unit": "tokens", "period": "day", "is_hard": "on"}


def start(text: str, token: str) -> Any:
    body = {"text": text, "endpoint": "Somewhere", "model": "tiny"}
    headers = {"Authorization": f"Bearer {token}"}
    client = Client(raise_request_exception=False)
    return client.post("/api/agents/chat/Somewhere", body, "application/json", headers=headers)


def test_a_key_is_made_and_its_text_shown_once(owner: User) -> None:
    client = signed_in(owner)
    made = client.post("/settings/api-keys/new", NEW)
    key = re.search(r"sk-[0-9a-f]{64}", made.content.decode())
    assert key is not None
    assert "no-store" in made.headers["Cache-Control"]
    assert api_keys.find(key[0]) == ApiKey.objects.get(name="Backup script", scopes=["read", "write"])
    page = client.get("/settings/api-keys").content.decode()
    assert "Backup script" in page
    assert key[0] not in page


@pytest.mark.security
def test_case_55_no_key_is_made_long_after_signing_in(owner: User) -> None:
    client = signed_in(owner)
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - 3_700} for record in session["account_authentication_methods"]
    ]
    session.save()
    again = "/account/reauthenticate?next=%2Fsettings%2Fapi-keys%2Fnew"
    assert client.get("/settings/api-keys/new")["Location"] == again
    assert client.post("/settings/api-keys/new", NEW)["Location"] == again
    assert client.get("/settings/api-keys/new", headers=FRAGMENT)["HX-Redirect"] == again
    assert not ApiKey.objects.exists()
    shown = client.post("/account/reauthenticate", {"password": PASSWORD, "next": "/settings/api-keys/new"})
    assert shown["Location"] == "/settings/api-keys/new"
    assert client.post("/settings/api-keys/new", NEW).status_code == 200
    assert ApiKey.objects.exists()


@pytest.mark.parametrize("fault", [{"name": " "}, {"days": "5"}, {"read": "", "write": ""}])
def test_a_faulty_key_is_explained_and_not_made(owner: User, fault: dict[str, str]) -> None:
    sent = {name: value for name, value in (NEW | fault).items() if value}
    assert signed_in(owner).post("/settings/api-keys/new", sent).status_code == 422
    assert not ApiKey.objects.exists()


def test_a_role_without_keys_sees_why(owner: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), permissions_={"REMOTE_AGENTS": {"USE": False}})
    client = signed_in(owner)
    assert "allow API keys. An administrator" in client.get("/settings/api-keys").content.decode()
    assert client.post("/settings/api-keys/new", NEW).status_code == 404


def test_a_deleted_key_opens_nothing(owner: User) -> None:
    made = api_keys.make(user=owner, name="Old")
    signed_in(owner).post(f"/settings/api-keys/{made.row.id}/delete")
    assert api_keys.find(made.text) is None
    assert AuditEntry.objects.filter(action="api_key.deleted", target_id=str(made.row.id)).count() == 1


def test_nobody_reaches_the_key_of_another(owner: User, stranger: User) -> None:
    key = api_keys.make(user=owner, name="Mine").row
    client = signed_in(stranger)
    for act in ("delete", "limit", "unlimit"):
        assert client.post(f"/settings/api-keys/{key.id}/{act}", LIMIT).status_code == 404
    assert ApiKey.objects.get() == key
    assert not Budget.objects.exists()


def test_a_limit_binds_one_key_and_its_titles_and_nothing_else(owner: User) -> None:
    first, second = api_keys.make(user=owner, name="First"), api_keys.make(user=owner, name="Second")
    client, address = signed_in(owner), f"/settings/api-keys/{first.row.id}/limit"
    assert client.post(address, LIMIT | {"amount": "1010"}).status_code == 302  # a slice; too little for the smallest
    budget = Budget.objects.get(scope="key", api_key=first.row)
    assert start("Hello", first.text).status_code == 200
    refused = start("Once more", first.text)
    assert refused.status_code == 402
    assert "A little" in refused.content.decode()
    assert start("Hello", second.text).status_code == 200
    assert start("Hello", tokens.access_token(owner)).status_code == 200
    assert list(BudgetUsage.objects.values_list("budget", flat=True)) == [budget.id]
    assert Hold.objects.filter(key_id=first.row.id).count() == 1
    client.post(address, LIMIT | {"amount": "9000"})
    titles.write_title(Conversation.objects.order_by("id")[0].id)
    assert Hold.objects.filter(key_id=first.row.id, state="released").count() == 1
    assert [meter.budget for meter in budgets.meters_of(owner)] == [budget]


def test_a_limit_is_changed_and_taken_away_by_who_set_it(owner: User, admin_user: User) -> None:
    key = api_keys.make(user=owner, name="First").row
    above = Budget.objects.create(name="From above", scope="key", api_key=key, amount=5, created_by=admin_user)
    client = signed_in(owner)
    client.post(f"/settings/api-keys/{key.id}/limit", LIMIT)
    client.post(f"/settings/api-keys/{key.id}/limit", LIMIT | {"amount": "2000"})
    assert set(Budget.objects.values_list("name", "amount")) == {("From above", 5), ("A little", 2_000)}
    client.post(f"/settings/api-keys/{key.id}/unlimit")
    assert [budget.id for budget in Budget.objects.filter(is_active=True)] == [above.id]
