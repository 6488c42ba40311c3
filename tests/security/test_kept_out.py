"""Cases 12 and 14: an account that may not be used opens nothing, whatever route it calls and however it signs in."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services import api_keys
from tests.api.conftest import bearer
from tests.cast import signed_in
from tests.security.conftest import everything
from tests.security.routes import METHODS, Route, all_routes
from tests.security.test_api_anonymous import LOGIN, OPEN
from web.middleware.admission import STILL_OPEN

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere", "keys_allowed"),
]
STATES: dict[str, dict[str, Any]] = {
    "waiting": {"waits_for_approval": True},
    "unverified": {"email_verified": False},
    "switched-off": {"is_active": False},
}
PLACES = (*LOGIN, "/account/waiting", "/verify/sent")
SIGNS_OUT = {"api:logout"}


@pytest.fixture(params=STATES)
def kept_out(request: pytest.FixtureRequest, settings: Settings) -> dict[str, Any]:
    settings.MAIL_CONFIGURED = True
    return STATES[request.param]


def closed() -> list[Route]:
    return [route for route in all_routes() if route.name not in OPEN | STILL_OPEN | SIGNS_OUT]


@pytest.mark.parametrize("by", ["token", "key"])
def test_the_api_refuses_it(owner: User, kept_out: dict[str, Any], by: str) -> None:
    key = api_keys.make(user=owner, name="Mine", scopes=["read", "write", "admin"]).text
    headers = bearer(owner) if by == "token" else {"Authorization": f"Bearer {key}"}
    client = Client(raise_request_exception=False, headers=headers)
    assert client.get("/api/user").status_code == 200
    User.objects.filter(id=owner.id).update(**kept_out)
    before = everything()
    for route in [route for route in closed() if route.is_api]:
        for method in METHODS:
            answer = client.generic(method, route.url(), b"{}", "application/json")
            assert answer.status_code in {401, 403, 405}, (route, method, answer.status_code)
    assert everything() == before


def test_who_has_not_accepted_the_terms_administers_nothing(admin_user: User, settings: Settings) -> None:
    client = signed_in(admin_user)
    settings.TERMS_TEXT = "Be kind."
    before = everything()
    routes = [route for route in closed() if route.is_admin and route.name != "api:admin_login"]
    assert len(routes) > 20
    for route in routes:
        for method in METHODS:
            answer = client.generic(method, route.url(), b"{}", "application/json")
            led_away = answer.status_code == 302 and answer["Location"] == "/account/terms"
            assert led_away or answer.status_code in {403, 405}, (route, method, answer.status_code)
    assert everything() == before


def test_pages_and_the_api_refuse_its_session(admin_user: User, kept_out: dict[str, Any]) -> None:
    client = signed_in(admin_user)
    assert client.get("/c/new").status_code == 200
    User.objects.filter(id=admin_user.id).update(**kept_out)
    before = everything()
    for route in closed():
        for method in METHODS:
            answer = client.generic(method, route.url(), b"{}", "application/json")
            led_away = answer.status_code == 302 and answer["Location"].startswith(PLACES)
            assert led_away or answer.status_code in {401, 403, 405}, (route, method, answer.status_code)
    assert everything() == before
