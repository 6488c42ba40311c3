"""Settings that say who may sign in, and with what."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Invitation, Role, User
from accounts.services.checks import check_sign_in
from tests.api.conftest import Api
from tests.cast import PASSWORD

FORM = b'name="password"'


def by_page(client: Client, user: User) -> Any:
    return client.post("/login", {"login": user.email, "password": PASSWORD})


def by_api(user: User) -> Any:
    return Api().post("/api/auth/login", {"email": user.email, "password": PASSWORD})


@pytest.mark.security
def test_nobody_signs_in_with_a_password_where_that_is_off(client: Client, owner: User, settings: Settings) -> None:
    assert FORM in client.get("/login").content
    settings.ALLOW_EMAIL_LOGIN = False
    page = client.get("/login")
    assert page.status_code == 200
    assert FORM not in page.content
    assert b"/register" not in page.content
    answer = by_page(client, owner)
    assert answer.status_code == 403
    assert b"Password sign-in is turned off here." in answer.content
    assert SESSION_KEY not in client.session
    refused = by_api(owner)
    assert (refused.status_code, refused.json()) == (403, {"message": "Password sign-in is turned off here."})
    assert not owner.refresh_sessions.exists()
    assert Api().get("/api/config").json()["emailLoginEnabled"] is False


def test_clients_of_the_api_may_be_let_in_beside(client: Client, owner: User, settings: Settings) -> None:
    settings.ALLOW_EMAIL_LOGIN, settings.ALLOW_EMAIL_LOGIN_OVERRIDE = False, True
    assert by_api(owner).status_code == 200
    assert by_page(client, owner).status_code == 403


def test_a_site_that_nobody_can_enter_is_told(settings: Settings) -> None:
    settings.ALLOW_EMAIL_LOGIN = False
    assert [warning.id for warning in check_sign_in()] == ["accounts.W005"]


@pytest.mark.security
def test_people_of_other_domains_no_longer_sign_in(client: Client, owner: User, settings: Settings) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.com"]
    answer = by_page(client, owner)
    assert answer.status_code == 403
    assert b"Email addresses from your domain can&#x27;t be used to sign in here." in answer.content
    assert SESSION_KEY not in client.session
    refused = by_api(owner)
    assert refused.status_code == 403
    assert not owner.refresh_sessions.exists()
    wrong = Api().post("/api/auth/login", {"email": owner.email, "password": "wrong-horse-battery"})
    assert wrong.status_code == 404, "who does not know the password learns nothing"
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.org"]
    assert by_page(client, owner).status_code == 302
    assert by_api(owner).status_code == 200


def test_administrators_and_the_invited_sign_in_all_the_same(
    client: Client, owner: User, admin_user: User, settings: Settings
) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.com"]
    assert by_api(admin_user).status_code == 200
    invited = Invitation.objects.create(
        email=owner.email, role_id=Role.USER, token_hash="x", expires_at=timezone.now() + timedelta(days=1)
    )
    assert by_api(owner).status_code == 403, "an invitation that nobody took says nothing"
    Invitation.objects.filter(id=invited.id).update(accepted_at=timezone.now())
    assert by_api(owner).status_code == 200
    assert by_page(client, owner).status_code == 302
