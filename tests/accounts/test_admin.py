"""The administrators' pages for people, roles and books."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import RefreshSession, Role, User
from accounts.services import tokens
from billing.models import Balance, Hold, LedgerEntry
from billing.services import holds, ledger
from billing.services.quantities import Quantities

PAGES = ["accounts_user", "accounts_role", "billing_ledgerentry", "billing_balance", "billing_hold"]


@pytest.fixture
def books(owner: User) -> LedgerEntry:
    line = holds.LedgerLine(
        key="a", reason="message", endpoint="E", model="m", quantities=Quantities(input=3), rates=None
    )
    with transaction.atomic():
        [entry] = ledger.write([ledger.Due(owner.id, [line])])
    Hold.objects.create(user=owner, amount=0)
    return entry


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    fields = {"name": user.name, "username": "", "role": user.role_id, "is_active": "on", "email_verified": "on"}
    return {name: value for name, value in (fields | changes).items() if value is not None}


@pytest.mark.parametrize("listing", PAGES)
def test_an_administrator_reads_every_list(admin_client: Client, books: LedgerEntry, listing: str) -> None:
    answer = admin_client.get(reverse(f"admin:{listing}_changelist"), {"q": "olivia"})
    assert answer.status_code == 200


@pytest.mark.security
@pytest.mark.parametrize("listing", PAGES)
def test_others_are_sent_away(client: Client, owner: User, listing: str) -> None:
    path = reverse(f"admin:{listing}_changelist")
    assert client.get(path)["Location"].startswith("/admin/login/")
    assert client.get(client.get(path)["Location"])["Location"].startswith("/login?")
    client.force_login(owner)
    assert client.get(path, follow=True).status_code == 403


@pytest.mark.security
@pytest.mark.parametrize("model", [Balance, Hold, LedgerEntry])
def test_the_books_cannot_be_written_through_a_form(admin_client: Client, books: LedgerEntry, model: Any) -> None:
    name = model._meta.model_name
    before = list(model.objects.values())
    row = model.objects.get()
    change = reverse(f"admin:billing_{name}_change", args=[row.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"credits": 5}).status_code == 403
    assert admin_client.post(reverse(f"admin:billing_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert admin_client.get(reverse(f"admin:billing_{name}_add")).status_code == 403
    assert list(model.objects.values()) == before


def test_an_administrator_makes_a_person(admin_client: Client) -> None:
    answer = admin_client.post(
        reverse("admin:accounts_user_add"),
        {
            "email": "New@Example.org", "name": "New", "role": "USER", "usable_password": "true",
            "password1": "correct-horse-battery", "password2": "correct-horse-battery",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.check_password("correct-horse-battery")
    again = {"email": "new@EXAMPLE.org", "name": "Twin", "role": "USER"}
    assert b"already exists" in admin_client.post(reverse("admin:accounts_user_add"), again).content


def test_switching_a_person_off_ends_their_sessions(admin_client: Client, owner: User) -> None:
    tokens.open_session(user=owner)
    path = reverse("admin:accounts_user_change", args=[owner.id])
    assert admin_client.get(path).status_code == 200
    assert admin_client.post(path, form_of(owner, is_active=None)).status_code == 302
    owner.refresh_from_db()
    assert not owner.is_active
    assert not RefreshSession.objects.exists()


@pytest.mark.security
@pytest.mark.parametrize("change", [{"role": "USER"}, {"is_active": None}])
def test_the_only_administrator_stays_one(admin_client: Client, admin_user: User, change: dict[str, Any]) -> None:
    path = reverse("admin:accounts_user_change", args=[admin_user.id])
    assert b"only administrator" in admin_client.post(path, form_of(admin_user, **change)).content
    admin_user.refresh_from_db()
    assert admin_user.is_active
    assert admin_user.is_admin


def test_people_and_the_two_roles_are_not_deleted(admin_client: Client, owner: User) -> None:
    Role.objects.create(name="TEAM")
    assert admin_client.post(reverse("admin:accounts_user_delete", args=[owner.id]), {"post": "yes"}).status_code == 403
    for name, status in [("USER", 403), ("ADMIN", 403), ("TEAM", 302)]:
        answer = admin_client.post(reverse("admin:accounts_role_delete", args=[name]), {"post": "yes"})
        assert answer.status_code == status
    assert set(Role.objects.values_list("name", flat=True)) == {"USER", "ADMIN"}


def test_a_new_password_ends_the_sessions_of_api_clients(admin_client: Client, owner: User) -> None:
    refresh = tokens.open_session(user=owner)
    path = reverse("admin:auth_user_password_change", args=[owner.id])
    new = {"password1": "battery-staple-horse", "password2": "battery-staple-horse", "usable_password": "true"}
    assert admin_client.post(path, new).status_code == 302
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=refresh.token)
    assert not RefreshSession.objects.exists()
