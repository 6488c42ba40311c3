"""Limits of sign-in: ours and no other, wherever a password or a code is asked for, told with when they end."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account import app_settings
from allauth.mfa import app_settings as mfa_settings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.rate_limits import Limit, TooOften, count
from tests.api.conftest import Api
from tests.cast import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def refused(answer: Any) -> None:
    """Check a refusal: its status, its words, and when to come again."""
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3_600
    assert b"Try again in " in answer.content


def test_the_library_limits_nothing() -> None:
    for module in (app_settings, mfa_settings):
        assert not {name: rate for name, rate in module.RATE_LIMITS.items() if rate}


def test_right_passwords_are_never_too_many(owner: User, make_user: Callable[..., User]) -> None:
    """However many people sign in from one address: the library must not refuse them by a limit of its own."""
    for _ in range(35):
        assert sign_in(Client(), owner.email).status_code == 302
    assert Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}).status_code == 200


@pytest.mark.security
@pytest.mark.parametrize("most", [1, 3, 12])
def test_wrong_passwords_are_counted_by_account(owner: User, settings: Settings, most: int) -> None:
    settings.LOGIN_MAX, settings.LOGIN_WINDOW = most, 60
    assert [sign_in(Client(), owner.email, "wrong").status_code for _ in range(most)] == [200] * most
    refused(sign_in(Client(), owner.email, "wrong"))
    refused(sign_in(Client(), owner.email.upper()))
    refused(Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}))


@pytest.mark.security
def test_wrong_passwords_are_counted_by_address(owner: User, settings: Settings) -> None:
    settings.LOGIN_MAX, settings.LOGIN_WINDOW = 3, 60
    for number in range(3):
        assert sign_in(Client(), f"nobody{number}@example.org", "wrong").status_code == 200
    refused(sign_in(Client(), owner.email))
    elsewhere = Client(REMOTE_ADDR="127.0.0.2").post("/login", {"login": owner.email, "password": PASSWORD})
    assert elsewhere.status_code == 302


def test_a_right_password_forgets_no_wrong_one(owner: User, settings: Settings) -> None:
    settings.LOGIN_MAX, settings.LOGIN_WINDOW = 3, 60
    for _ in range(3):
        sign_in(Client(), owner.email, "wrong")
        sign_in(Client(), owner.email)
    refused(sign_in(Client(), owner.email))


def test_no_limit_is_no_limit(owner: User, settings: Settings) -> None:
    settings.LOGIN_MAX = 0
    assert [sign_in(Client(), owner.email, "wrong").status_code for _ in range(12)] == [200] * 12


@pytest.mark.security
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/account/reauthenticate", {"password": "wrong"}),
        ("/account/password", {"oldpassword": "wrong", "password1": "x" * 20, "password2": "x" * 20}),
    ],
)
def test_a_signed_in_screen_is_no_place_to_guess(
    owner: User, settings: Settings, path: str, wrong: dict[str, str]
) -> None:
    settings.LOGIN_MAX, settings.LOGIN_WINDOW = 3, 60
    client = Client()
    client.force_login(owner)
    assert [client.post(path, wrong).status_code for _ in range(3)] == [200] * 3
    refused(client.post(path, wrong))
    refused(sign_in(Client(), owner.email))


def test_showing_again_who_one_is_is_never_too_much(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    assert [client.post("/account/reauthenticate", {"password": PASSWORD}).status_code for _ in range(12)] == [302] * 12


@pytest.mark.parametrize("most", [1, 4])
def test_new_accounts_are_limited_by_one_limit_on_page_and_api(settings: Settings, most: int) -> None:
    settings.REGISTER_MAX, settings.REGISTER_WINDOW = most, 60
    for number in range(most):
        form = {"name": "New", "email": f"n{number}@example.org", "password1": "correct-horse-battery"}
        assert Client().post("/register", form).status_code == 302
    form = {"name": "New", "email": "late@example.org", "password1": "correct-horse-battery"}
    refused(Client().post("/register", form))
    body = {"name": "New", "email": "late@example.org", "password": "x" * 20, "confirm_password": "x" * 20}
    refused(Api().post("/api/auth/register", body))
    assert User.objects.count() == most


def test_registering_too_often_is_a_violation_on_the_page_too(settings: Settings) -> None:
    settings.REGISTER_MAX, settings.VIOLATION_SCORES, settings.BAN_INTERVAL = 1, {"registrations": 20}, 20
    form = {"name": "New", "email": "n1@example.org", "password1": "short"}
    answers = [Client().post("/register", form).status_code for _ in range(3)]
    assert answers == [200, 429, 403]


def test_passkeys_are_limited_by_ours(owner: User, settings: Settings) -> None:
    settings.TWO_FACTOR_TEMP_MAX, settings.TWO_FACTOR_TEMP_WINDOW = 12, 60
    form = {"credential": '{"id": "x", "type": "public-key"}'}
    assert [Client().post("/login/passkey", form).status_code for _ in range(12)] == [302] * 12
    refused(Client().post("/login/passkey", form))


def test_right_codes_are_never_too_many(owner: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many people with a second factor sign in from one address."""
    settings.TWO_FACTOR_TEMP_MAX = 2
    monkeypatch.setattr("accounts.services.twofactor.is_on", lambda _: True)
    monkeypatch.setattr("accounts.services.twofactor.spend", lambda **_: None)
    for _ in range(4):
        temp = Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}).json()["tempToken"]
        answer = Api().post("/api/auth/2fa/verify-temp", {"tempToken": temp, "token": "123456"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "path", "form"),
    [
        ("RESET_PASSWORD", "/account/password/reset", {"email": "a@example.org"}),
        ("VERIFY_EMAIL", "/verify/sent", {"email": "a@example.org"}),
        ("VERIFY_EMAIL_SUBMISSION", "/verify?email=a@example.org&token=x", {}),
        ("INVITATION", "/invitation?token=x", {}),
    ],
)
def test_pages_behind_mails_say_when_to_come_again(
    settings: Settings, name: str, path: str, form: dict[str, str]
) -> None:
    settings.ALLOW_PASSWORD_RESET = settings.MAIL_CONFIGURED = True
    setattr(settings, f"{name}_MAX", 1)
    assert Client().post(path, form).status_code != 429
    refused(Client().post(path, form))


@pytest.mark.parametrize(
    ("seconds", "wait"), [(1, "1 second."), (90, "90 seconds."), (91, "2 minutes."), (3600, "60 minutes.")]
)
def test_the_words_say_how_long(seconds: int, wait: str) -> None:
    assert TooOften(seconds).message == f"Too many requests. Try again in {wait}"


def test_nobody_gets_in_uncounted(owner: User, full_redis: None, settings: Settings) -> None:
    """Limits that cannot be counted are taken for reached wherever guessing would get somebody in."""
    settings.REGISTER_MAX, settings.REGISTER_WINDOW = 5, 60
    form = {"name": "New", "email": "new@example.org", "password1": "correct-horse-battery"}
    body = {"name": "New", "email": "new@example.org", "password": "x" * 20, "confirm_password": "x" * 20}
    answers = [
        sign_in(Client(), owner.email), sign_in(Client(), owner.email, "guess"), Client().post("/register", form),
        Api().post("/api/auth/register", body),
        Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [503] * 5
    assert all(answer["Retry-After"] == "5" for answer in answers)
    assert b"This can&#x27;t be done right now. Try again in 5 seconds." in answers[0].content
    assert User.objects.count() == 1


def test_what_lets_nobody_in_goes_on_uncounted(full_redis: None) -> None:
    count(Limit("search", 1, 60), "somebody")
    count(Limit("search", 1, 60), "somebody")
