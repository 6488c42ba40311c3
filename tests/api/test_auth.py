"""Signing up, in and out over the API (`/api/auth`)."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings

from accounts.models import RefreshSession, Role, User
from tests.api.conftest import Api, bearer
from tests.cast import PASSWORD

if TYPE_CHECKING:
    from tests.api.conftest import Answer

pytestmark = pytest.mark.django_db
EMAIL = "olivia.owner@example.org"


def login(api: Api, **changes: Any) -> "Answer":
    return api.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD, **changes})


def newcomer(**changes: Any) -> dict[str, Any]:
    return {
        "name": "New Comer", "email": "New@Example.org", "password": "tangerine-lamp-42",
        "confirm_password": "tangerine-lamp-42", **changes,
    }  # fmt: skip


def test_the_right_password_gets_a_token_that_works_and_a_cookie(owner: User) -> None:
    api = Api()
    answer = login(api)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"token", "user"}
    assert (body["user"]["id"], body["user"]["_id"], body["user"]["email"]) == (str(owner.id), str(owner.id), EMAIL)
    claims = jwt.decode(body["token"], django_settings.JWT_SECRET, algorithms=["HS256"])
    assert set(claims) == {"id", "username", "provider", "email", "iat", "exp", "sessionId"}
    assert claims["exp"] - claims["iat"] == 900
    cookie = api.client.cookies["refreshToken"]
    assert (cookie["httponly"], cookie["samesite"], api.client.cookies["token_provider"].value) == (
        True, "Strict", "librechat",
    )  # fmt: skip
    api.headers = {"Authorization": f"Bearer {body['token']}"}
    assert api.get("/api/user").json() == body["user"]
    session = RefreshSession.objects.get()
    assert session.token_hash != cookie.value


def test_the_case_of_the_address_does_not_matter(owner: User) -> None:
    assert login(Api(), email=EMAIL.upper()).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"password": "wrong-password"}, {"email": "nobody@example.org"}, {"email": "no address"}, {"password": ""},
     {"password": "x" * 5_000}, {"email": None}, {"password": 12345678}],
)  # fmt: skip
def test_anything_wrong_is_answered_alike(owner: User, changes: dict[str, Any]) -> None:
    api = Api()
    answer = login(api, **changes)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert not api.client.cookies
    assert not RefreshSession.objects.exists()


def test_guessing_is_slowed_down(owner: User) -> None:
    answers = [login(Api(), password=f"guess-{n}").status_code for n in range(8)]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert login(Api()).status_code == 429


def test_an_account_that_is_switched_off_is_refused(owner: User) -> None:
    User.objects.update(is_active=False)
    assert login(Api()).status_code == 403
    assert not RefreshSession.objects.exists()
    assert Api(owner).get("/api/user").status_code == 403


def test_a_refresh_hands_out_new_tokens_and_ends_when_the_session_would(owner: User) -> None:
    api = Api()
    login(api)
    first, ends = api.client.cookies["refreshToken"].value, RefreshSession.objects.get().expires_at
    answer = api.post("/api/auth/refresh", {})
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "user"}
    assert api.client.cookies["refreshToken"].value != first
    assert RefreshSession.objects.get().expires_at == ends


def test_a_refresh_without_a_cookie_says_signed_out_with_200() -> None:
    answer = Api().send("POST", "/api/auth/refresh")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")
    assert b"token" in answer.content


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?retry=true", 403)])
def test_a_refresh_after_the_session_ended_is_refused(owner: User, query: str, status: int) -> None:
    api = Api()
    login(api)
    RefreshSession.objects.all().delete()
    answer = api.send("POST", f"/api/auth/refresh{query}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/plain")
    assert api.client.cookies["refreshToken"].value == ""


def test_a_refresh_with_a_token_of_another_kind_is_refused(owner: User) -> None:
    api = Api()
    for token in ("nonsense", bearer(owner)["Authorization"].split()[1]):
        api.client.cookies["refreshToken"] = token
        assert api.send("POST", "/api/auth/refresh").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [{"exp": timezone.now() - timedelta(hours=1)}, {"id": "x"}, {"id": "01900000-0000-7000-8000-000000000000"}],
)
def test_a_token_that_opens_nothing_is_answered_with_401(owner: User, changes: dict[str, Any]) -> None:
    api = Api()
    api.headers = bearer(owner, **changes)
    answer = api.get("/api/user")
    assert (answer.status_code, list(answer.json())) == (401, ["message"])
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_signed_by_nobody_or_by_the_wrong_key_is_refused(owner: User) -> None:
    claims = {"id": str(owner.id), "iat": timezone.now(), "exp": timezone.now() + timedelta(hours=1)}
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, django_settings.JWT_REFRESH_SECRET, algorithm="HS256"),
        jwt.encode(claims, django_settings.JWT_SECRET, algorithm="HS512"),
    ]
    for token in forged:
        api = Api()
        api.headers = {"Authorization": f"Bearer {token}"}
        assert api.get("/api/user").status_code == 401


def test_signing_out_ends_the_session(owner: User) -> None:
    api = Api()
    api.headers = {"Authorization": f"Bearer {login(api).json()['token']}"}
    answer = api.send("POST", "/api/auth/logout")
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert api.client.cookies["refreshToken"].value == ""
    assert not RefreshSession.objects.exists()


def test_signing_out_needs_a_token() -> None:
    assert Api().send("POST", "/api/auth/logout").status_code == 401


def test_the_first_to_register_is_the_administrator_and_the_next_is_not() -> None:
    answer = Api().post("/api/auth/register", newcomer())
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    first = User.objects.get()
    assert (first.email, first.name, first.role_id, first.provider) == (
        "new@example.org", "New Comer", Role.ADMIN, "local",
    )  # fmt: skip
    assert Api().post("/api/auth/register", newcomer(email="second@example.org")).status_code == 200
    assert User.objects.get(email="second@example.org").role_id == Role.USER


def test_an_address_that_is_taken_is_answered_like_a_new_one(owner: User) -> None:
    fresh = Api().post("/api/auth/register", newcomer())
    taken = Api().post("/api/auth/register", newcomer(email=EMAIL.upper()))
    assert (taken.status_code, taken.json()) == (fresh.status_code, fresh.json())
    assert User.objects.count() == 2
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


@pytest.mark.parametrize(
    "changes",
    [{"name": "ab"}, {"name": "x" * 81}, {"name": None}, {"email": "x"},
     {"password": "short", "confirm_password": "short"}, {"confirm_password": "another-one"},
     {"password": " " * 9, "confirm_password": " " * 9}, {"username": "<b>"},
     {"password": "x" * 129, "confirm_password": "x" * 129}, {"password": "password", "confirm_password": "password"}],
)  # fmt: skip
def test_what_cannot_be_an_account_is_none(changes: dict[str, Any]) -> None:
    answer = Api().post("/api/auth/register", newcomer(**changes))
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert not User.objects.exists()


def test_a_closed_registration_is_closed(owner: User, settings: Settings) -> None:
    settings.ALLOW_REGISTRATION = False
    answer = Api().post("/api/auth/register", newcomer())
    assert (answer.status_code, list(answer.json())) == (403, ["message"])
    assert User.objects.count() == 1


@pytest.mark.parametrize("path", ["login", "register", "refresh"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil", "http://["])
def test_another_site_signs_nobody_in(owner: User, path: str, origin: str) -> None:
    api = Api()
    body = b'{"email": "%s", "password": "%s"}' % (EMAIL.encode(), PASSWORD.encode())
    answer = api.raw("POST", f"/api/auth/{path}", body, Origin=origin)
    assert answer.status_code == 403
    assert not api.client.cookies


def test_our_own_pages_may(owner: User) -> None:
    body = b'{"email": "%s", "password": "%s"}' % (EMAIL.encode(), PASSWORD.encode())
    assert Api().raw("POST", "/api/auth/login", body, Origin="http://testserver").status_code == 200
