"""Case 54: what ends all other sessions of a person."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import RefreshSession, Role, User
from accounts.services import access_changes, sessions, tokens
from tests.cast import PASSWORD, signed_in_by_password

pytestmark = pytest.mark.security


def is_in(client: Client) -> bool:
    return client.get("/api/user").status_code == 200


def test_a_changed_password_ends_the_others_and_keeps_this_one(owner: User) -> None:
    here, there = signed_in_by_password(owner), signed_in_by_password(owner)
    refresh = tokens.open_session(user=owner)
    form = {"oldpassword": PASSWORD, "password1": "tangerine-lamp-42", "password2": "tangerine-lamp-42"}
    assert here.post("/account/password", form).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert not RefreshSession.objects.exists()
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=refresh.token)


def test_another_role_ends_every_session(owner: User, admin_user: User) -> None:
    there, admin = signed_in_by_password(owner), signed_in_by_password(admin_user)
    refresh = tokens.open_session(user=owner)
    access = {"Authorization": f"Bearer {tokens.access_token(owner, refresh.session_id)}"}
    values = {"email": owner.email, "name": owner.name, "role": Role.ADMIN, "is_active": "on", "email_verified": "on"}
    assert admin.post(f"/admin/accounts/user/{owner.id}/change/", values).status_code == 302
    assert User.objects.get(id=owner.id).role_id == Role.ADMIN
    assert not is_in(there)
    assert Client().get("/api/user", headers=access).status_code == 401
    assert is_in(admin)


def test_a_change_that_matters_to_nobody_ends_nothing(owner: User, admin_user: User) -> None:
    there, admin = signed_in_by_password(owner), signed_in_by_password(admin_user)
    values = {"email": owner.email, "name": "Other Name", "role": owner.role_id, "is_active": "on",
              "email_verified": "on"}  # fmt: skip
    assert admin.post(f"/admin/accounts/user/{owner.id}/change/", values).status_code == 302
    assert is_in(there)


def test_sockets_are_told_after_commit(
    owner: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    told_ids: list[UUID] = []
    monkeypatch.setattr(access_changes, "_listeners", [told_ids.append])
    with django_capture_on_commit_callbacks(execute=True):
        sessions.end_all(user=owner)
        assert told_ids == []
    assert told_ids == [owner.id]


def test_an_ended_session_of_the_api_takes_its_access_token_along(owner: User) -> None:
    refresh = tokens.open_session(user=owner)
    access = {"Authorization": f"Bearer {tokens.access_token(owner, refresh.session_id)}"}
    assert Client().get("/api/user", headers=access).status_code == 200
    tokens.revoke(token=refresh.token)
    assert Client().get("/api/user", headers=access).status_code == 401


def test_another_persons_session_opens_nothing(owner: User, stranger: User) -> None:
    refresh = tokens.open_session(user=stranger)
    access = {"Authorization": f"Bearer {tokens.access_token(owner, refresh.session_id)}"}
    assert Client().get("/api/user", headers=access).status_code == 401
