"""Browser clients on another origin: only where the operator names them, and never with a cookie."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient, Client
from pytest_django import Settings

from accounts.models import RefreshSession, User
from siteconfig.environment.cors import origins
from tests.api.conftest import Api, bearer
from tests.cast import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
THERE = "https://app.example.org"
PASSWORD = "correct-horse-battery"
ASKED = {"Origin": THERE, "Access-Control-Request-Method": "POST",
         "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip


def cors_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


@pytest.fixture
def one_origin(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = frozenset({THERE})


@pytest.fixture
def anyone(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = frozenset({"*"})


def test_by_default_no_other_site_is_answered(owner: User) -> None:
    for method, headers in (("GET", {"Origin": THERE}), ("OPTIONS", ASKED)):
        assert cors_of(Api(owner).raw(method, "/api/convos", b"", **headers)) == {}


@pytest.mark.usefixtures("one_origin")
@pytest.mark.parametrize("path", ["/api/convos", "/api/auth/login", "/api/agents/chat/Somewhere", "/api/nothing"])
def test_a_preflight_is_answered_before_anybody_is_asked_who_they_are(path: str) -> None:
    answer = Api().raw("OPTIONS", path, b"", **ASKED)
    assert (answer.status_code, answer.content) == (204, b"")
    headers = cors_of(answer)
    assert headers["Access-Control-Allow-Origin"] == THERE
    assert "PATCH" in headers["Access-Control-Allow-Methods"]
    assert {"authorization", "content-type", "x-api-key"} <= set(
        headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Origin" in answer["Vary"]


@pytest.mark.usefixtures("one_origin")
def test_a_token_opens_what_it_opens(owner: User) -> None:
    answer = Api(owner).raw("GET", "/api/convos", Origin=THERE)
    assert answer.status_code == 200
    assert cors_of(answer) == {
        "Access-Control-Allow-Origin": THERE, "Access-Control-Expose-Headers": "Retry-After, "
        "X-Librechat-Generation-Protocol",
    }  # fmt: skip
    refused = Api().raw("GET", "/api/convos", Origin=THERE)
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, THERE)


@pytest.mark.usefixtures("one_origin")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://app.example.org", f"{THERE}:8443",
                                    "https://app.example.org.evil.example", f"{THERE}/", "https://[", ""])  # fmt: skip
def test_others_are_not(owner: User, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = Api(owner).raw(method, "/api/convos", b"", **ASKED | {"Origin": origin})
        assert cors_of(answer) == {}
        assert "Origin" in answer["Vary"]
    body = json.dumps({"email": owner.email, "password": PASSWORD}).encode()
    assert Api().raw("POST", "/api/auth/login", body, Origin=origin).status_code == 403


@pytest.mark.usefixtures("anyone")
def test_every_site_is_said_without_credentials_and_null_is_none(owner: User) -> None:
    for method in ("GET", "OPTIONS"):
        answer = Api(owner).raw(method, "/api/convos", b"", **ASKED)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert cors_of(Api(owner).raw(method, "/api/convos", b"", **ASKED | {"Origin": "null"})) == {}


@pytest.mark.usefixtures("anyone")
def test_pages_are_not_for_other_sites(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    for path in ("/c/new", "/login", "/health"):
        assert cors_of(client.get(path, headers={"Origin": THERE})) == {}


@pytest.mark.parametrize("allowed", ["one_origin", "anyone"])
def test_a_cookie_proves_nothing_from_there(owner: User, allowed: str, request: pytest.FixtureRequest) -> None:
    """Security case 56: also with a token against forgery, which a page of the same site might get hold of."""
    request.getfixturevalue(allowed)
    client = signed_in(owner)
    assert client.get("/api/user").status_code == 200
    for method, path in (("GET", "/api/user"), ("POST", "/api/convos/archive/all"), ("DELETE", "/api/convos/all")):
        answer = client.generic(method, path, b"{}", "application/json", headers={"Origin": THERE})
        assert answer.status_code == 401, path
    refreshed = Client()
    refreshed.post("/api/auth/login", {"email": owner.email, "password": PASSWORD}, "application/json")
    answer = refreshed.post("/api/auth/refresh", headers={"Origin": THERE})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain")  # "signed out"


@pytest.mark.parametrize("allowed", ["one_origin", "anyone"])
def test_signing_in_from_there_gives_a_token_and_no_cookie(
    owner: User, allowed: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(allowed)
    api = Api()
    body = json.dumps({"email": owner.email, "password": PASSWORD}).encode()
    answer = api.raw("POST", "/api/auth/login", body, Origin=THERE)
    assert answer.status_code == 200
    assert not api.client.cookies
    assert "Set-Cookie" not in answer.headers
    token = {"Authorization": f"Bearer {answer.json()['token']}", "Origin": THERE}
    assert api.raw("GET", "/api/user", b"", **token).json()["email"] == owner.email
    assert api.raw("POST", "/api/auth/logout", b"", **token).status_code == 200
    assert not RefreshSession.objects.exists()
    assert api.raw("GET", "/api/user", b"", **token).status_code == 401


@pytest.mark.usefixtures("one_origin")
def test_our_own_pages_keep_their_cookies(owner: User) -> None:
    api = Api()
    body = json.dumps({"email": owner.email, "password": PASSWORD}).encode()
    assert api.raw("POST", "/api/auth/login", body, Origin="http://testserver").status_code == 200
    assert "refreshToken" in api.client.cookies
    assert api.raw("POST", "/api/auth/refresh", b"", Origin="http://testserver").json()["token"]


@pytest.mark.usefixtures("one_origin", "stream_threads")
@pytest.mark.django_db(transaction=True)
async def test_streams_are_readable_too(owner: User) -> None:
    answer: Any = await AsyncClient().get("/api/agents/chat/stream/x", headers=bearer(owner) | {"Origin": THERE})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (404, THERE)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["https://app.example.org"], {"https://app.example.org"}),
        ([" https://APP.example.org/ ", "http://localhost:5173"], {"https://app.example.org", "http://localhost:5173"}),
        (["https://app.example.org:443"], {"https://app.example.org"}),
        (["http://[::1]:3000"], {"http://[::1]:3000"}),
        (["*"], {"*"}),
        ([""], set()),
    ],
)
def test_the_setting_is_read_as_browsers_write_origins(written: Sequence[str], read: set[str]) -> None:
    assert origins(written) == read


@pytest.mark.parametrize(
    "value",
    ["app.example.org", "https://", "https://app.example.org/path", "https://*.example.org",
     "https://a.example.org:x", "null", "ftp://example.org", "https://user@example.org", "https://example.org?x"],
)  # fmt: skip
def test_what_is_no_origin_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        origins([value])
