"""Cases 23, 24 and 56: headers, hosts and paths that lie, and requests from other sites."""

import pytest
from django.test import Client

from accounts.models import User
from tests.api.conftest import Api, bearer
from tests.cast import signed_in
from tests.security.conftest import everything
from tests.security.routes import Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
LYING = {
    "Accept-Language": '"><script>marker-1</script>',
    "X-Forwarded-Host": "marker-2.example",
    "X-Forwarded-Proto": "marker-3",
    "X-Forwarded-For": "marker-4",
    "X-Forwarded-Prefix": "/marker-5",
    "Forwarded": "host=marker-6.example",
    "Referer": "https://marker-7.example/<script>",
    "User-Agent": "<script>marker-8</script>",
    "X-Direct-Url": "https://marker-9.example",
    "X-Request-From": "internal",
    "X-Original-URL": "/marker-10",
    "X-Rewrite-URL": "/marker-11",
    "X-HTTP-Method-Override": "DELETE",
    "X-User-Id": "marker-12",
    "X-Tenant-Id": "marker-13",
}
# Signing in needs no right that a foreign site could borrow; their own check looks at the origin alone.
# A provider lets the browser post here. Only what this browser began is finished; without the provider: 404.
POSTED_BY_PROVIDERS = {"apple_finish", "saml_finish"}
WITHOUT_A_SESSION = {
    "api:login", "api:register", "api:refresh", "api:verify", "api:verify_resend", "api:request_reset", "api:reset",
    "api:twofactor_temp",
}  # fmt: skip


def plain_routes() -> list[Route]:
    return [route for route in all_routes() if not route.is_admin]


def test_a_lying_header_changes_and_shows_nothing(owner: User) -> None:
    client = signed_in(owner)
    for route in plain_routes():
        plain, lied = client.get(route.url()), client.get(route.url(), headers=LYING)
        assert lied.status_code == plain.status_code, route
        assert lied.get("Location") == plain.get("Location"), route
        body = b"".join(lied) if lied.streaming else lied.content
        assert b"marker-" not in body, route
        assert "marker-" not in str(lied.headers), route


def test_a_lying_header_signs_nobody_in() -> None:
    for path in ("/api/user", "/api/convos"):
        assert Client().get(path, headers=LYING).status_code == 401


@pytest.mark.parametrize("host", ["evil/?", "a/#", "evil.example", "evil.testserver", "testserver@evil", "testserver:x",
                                  "a b", "[::1", "testserver%00"])  # fmt: skip
def test_a_host_that_is_not_ours_is_refused(host: str, owner: User) -> None:
    for path in ("/api/user", "/api/convos", "/login", "/c/new"):
        client = Client(raise_request_exception=False, headers=bearer(owner))
        answer = client.get(path, HTTP_HOST=host)
        assert answer.status_code == 400, (path, host)
        assert b"olivia" not in answer.content


@pytest.mark.parametrize("path", ["//api/user", "/api//user", "/%2e%2e/api/user", "/api/%2e%2e/api/user", "/api/user;x",
                                  "/api/user.", "/api/user//", "/api/User", "/api/../api/user",
                                  "/api/user%00", "/api/user%20", "/login/../api/user",
                                  "/health;/../api/user"])  # fmt: skip
def test_a_path_that_only_looks_like_a_route_is_none(path: str, owner: User) -> None:
    signed_in = Client(raise_request_exception=False, headers=bearer(owner)).generic("GET", path)
    assert signed_in.status_code in {400, 404}, path
    assert b"olivia" not in signed_in.content
    anonymous = Client(raise_request_exception=False).generic("GET", path)
    assert anonymous.status_code in {400, 404}


def test_a_host_in_an_absolute_address_is_never_the_senders(owner: User) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/c/new", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_another_site_writes_nothing_with_a_persons_session(origin: str | None, admin_user: User) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(admin_user)
    headers = {"Origin": origin} if origin else {}
    before = everything()
    for route in all_routes():
        if route.name in WITHOUT_A_SESSION and origin is None:
            continue  # no browser sends a foreign request without saying where it comes from
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            kind = "application/json" if route.is_api else "application/x-www-form-urlencoded"
            body = b"{}" if route.is_api else b"a=1"
            answer = client.generic(method, route.url(), body, kind, headers=headers)
            refusals = {403, 404, 405} if route.name in POSTED_BY_PROVIDERS else {403, 405}
            assert answer.status_code in refusals, (route, method, answer.status_code)
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert everything() == before


def test_a_foreign_origin_is_never_allowed_to_read(owner: User) -> None:
    for path in ("/api/config", "/api/user", "/api/convos"):
        for method in ("GET", "OPTIONS"):
            answer = Api(owner).raw(method, path, Origin="https://evil.example")
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
