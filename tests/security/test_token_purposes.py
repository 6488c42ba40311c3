"""Case 58: whatever was made for one purpose opens nothing else; and case 59, for keys."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import MailedToken, Role, User
from accounts.services import api_keys, invitations, recovery, tokens
from chat.services.turns import turns
from tests.api.conftest import Api, bearer
from tests.security.conftest import everything

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "keys_allowed"),
]
NEW = "tangerine-lamp-42"


@pytest.fixture
def made(owner: User, settings: Settings, belongings: dict[str, Any]) -> dict[str, str]:
    """One of every token that there is, by its purpose."""
    settings.MAIL_CONFIGURED = settings.ALLOW_PASSWORD_RESET = True
    refresh = tokens.open_session(user=owner)
    page = Client()
    page.force_login(owner)
    role = Role.objects.get(name=Role.USER)
    link = invitations.link_of(invitations.invite(by=None, email="guest@example.org", role=role, mailed=False))
    return {
        "access": tokens.access_token(owner, refresh.session_id),
        "refresh": refresh.token,
        "challenge": tokens.challenge(owner),
        "key": api_keys.make(user=owner, name="Mine").text,
        "verify": recovery._issue(owner, MailedToken.Purpose.VERIFY),
        "reset": recovery._issue(owner, MailedToken.Purpose.RESET),
        "invitation": parse_qs(urlsplit(link).query)["token"][0],
        "page": page.cookies[django_settings.SESSION_COOKIE_NAME].value,
        "ticket": turns.ticket_for(belongings["run"].id, owner.id),
    }


def opens(target: str, token: str, owner: User) -> int:
    """Return what `target` answers to `token`."""
    if target in {"access", "key"}:
        return int(Api().raw("GET", "/api/user", Authorization=f"Bearer {token}").status_code)
    client = Client()
    if target == "page":
        client.cookies[django_settings.SESSION_COOKIE_NAME] = token
        return int(client.get("/api/user").status_code)
    if target == "refresh":
        client.cookies["refreshToken"] = token
        return int(client.post("/api/auth/refresh").status_code)
    path, body = {
        "challenge": ("/api/auth/2fa/verify-temp", {"tempToken": token, "token": "000000"}),
        "verify": ("/api/user/verify", {"email": owner.email, "token": token}),
        "reset": ("/api/auth/resetPassword", {"userId": str(owner.id), "token": token, "password": NEW}),
        "invitation": ("/api/auth/register", {"name": "Guest", "email": "guest@example.org", "password": NEW,
                                              "confirm_password": NEW, "token": token}),
    }[target]  # fmt: skip
    return int(Api().post(path, body).status_code)


TARGETS = ("access", "key", "page", "refresh", "challenge", "verify", "reset", "invitation")
BOTH_ARE_BEARERS = {("access", "key"), ("key", "access")}


@pytest.mark.parametrize("target", TARGETS)
def test_no_other_token_opens_it(target: str, owner: User, made: dict[str, str]) -> None:
    before = everything()
    for purpose, token in made.items():
        if purpose == target or (target, purpose) in BOTH_ARE_BEARERS:
            continue
        cache.clear()  # the limits are another test's
        assert opens(target, token, owner) in {400, 401, 403, 404}, (target, purpose)
    assert everything() == before
    cache.clear()
    own = opens(target, made[target], owner)
    assert own == (400 if target == "challenge" else 200), "400: it is believed, and there is no second factor to show"


def test_keys_that_are_wrong_again_and_again_are_slowed_down(owner: User, settings: Settings) -> None:
    cache.clear()
    settings.TRUST_PROXY = 0
    for number in range(60):
        answer = Api().raw(
            "GET", "/api/user", Authorization=f"Bearer sk-{number:064}", X_Forwarded_For=f"192.0.2.{number}"
        )
        assert answer.status_code == 401
    answer = Api().raw("GET", "/api/user", Authorization=f"Bearer sk-{'f' * 64}")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert Api(owner).get("/api/user").status_code == 200, "who is signed in is not concerned"
    assert Client(headers=bearer(owner)).get("/api/user").status_code == 200
    cache.clear()
