"""Cases 25 and 60: keys that are code, and answers that tell secrets."""

import logging
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import RefreshSession, User
from accounts.services import tokens
from tests.api.conftest import Api, bearer
from tests.conversations import PLANTED_KEY
from tests.security.routes import Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
CODE = ("' OR pg_sleep(8)--", "{{7*7}}", "${JWT_SECRET}", "x\r\nSet-Cookie: a=b", "%s%n", "*)(uid=*", "\\")


@pytest.mark.parametrize("code", CODE)
def test_code_for_a_password_is_only_a_wrong_password(code: str, owner: User, caplog: pytest.LogCaptureFixture) -> None:
    api = Api()
    api.get("/api/config")
    caplog.clear()
    started = time.monotonic()
    with caplog.at_level(logging.INFO):
        answer = api.post("/api/auth/login", {"email": owner.email, "password": code})
    assert time.monotonic() - started < 4
    assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert b"49" not in answer.content
    assert settings.JWT_SECRET.encode() not in answer.content
    assert "a" not in api.client.cookies
    assert len(caplog.records) == 1
    assert code not in caplog.text


@pytest.mark.parametrize("code", CODE)
def test_code_for_a_key_is_only_a_wrong_key(code: str, owner: User, caplog: pytest.LogCaptureFixture) -> None:
    api = Api()
    api.headers = {"Authorization": f"Bearer {code}"}
    started = time.monotonic()
    answer = api.get("/api/user")
    assert time.monotonic() - started < 2
    assert (answer.status_code, list(answer.json())) == (401, ["message"])
    assert len(caplog.records) == 1
    assert code not in caplog.text


@pytest.fixture
def secrets_planted(owner: User, admin_user: User, belongings: dict[str, Any]) -> list[str]:
    """Everything that must never be in an answer."""
    refresh = tokens.open_session(user=owner)
    hashes = [part for user in (owner, admin_user) for part in user.password.split("$")[-1:]]
    sessions = list(RefreshSession.objects.values_list("token_hash", flat=True))
    return [
        PLANTED_KEY, refresh.token, *hashes, *sessions, settings.SECRET_KEY, settings.JWT_SECRET,
        settings.JWT_REFRESH_SECRET, settings.CREDS_KEY, settings.LOCAL_MODEL_KEY, str(settings.DATA_DIR),
        str(settings.BASE_DIR), "Traceback (most recent call last)", settings.REDIS_URL,
    ]  # fmt: skip


@pytest.mark.parametrize("route", all_routes(), ids=lambda route: route.path)
def test_no_answer_tells_a_secret(
    route: Route, owner: User, admin_user: User, belongings: dict[str, Any], secrets_planted: list[str]
) -> None:
    ids = {
        "conversation_id": belongings["conversation"].id,
        "stream_id": belongings["conversation"].id,
        "message_id": belongings["reply"].id,
        "run_id": belongings["run"].id,
        "object_id": _object_of(route, owner, belongings),
    }
    if route.name == "api:chat_stream":
        belongings["run"].delete()  # a run that goes on would never end its answer; the other one is told
    for user in (owner, admin_user):
        client = Client(raise_request_exception=False, headers=bearer(user) if route.is_api else None)
        client.force_login(user)
        for method in ("GET", "POST"):
            answer = client.generic(method, route.url(**ids), b"{}", "application/json")
            # /readyz says that no generator runs beside the tests
            assert answer.status_code < 500 or route.name == "readyz", (method, answer.status_code)
            body = _text(answer)
            assert [secret for secret in secrets_planted if secret in body or secret in str(answer.headers)] == []


def _object_of(route: Route, owner: User, belongings: dict[str, Any]) -> object:
    """Return an id that exists, for the pages of the Django admin that show one object."""
    for table, row in (("conversation", belongings["conversation"]), ("message", belongings["reply"]),
                       ("generation", belongings["run"]), ("accounts/user", owner)):  # fmt: skip
        if table in route.path:
            return row.pk
    return "example"


def _text(answer: Any) -> str:
    if not answer.streaming:
        return str(answer.content.decode(errors="replace"))
    if answer.is_async:
        return ""  # an event stream: `test_the_event_stream_tells_no_secret` reads it
    return b"".join(answer).decode(errors="replace")
