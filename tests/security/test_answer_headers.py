"""Who may keep an answer, for whom it is, and over what it comes: asked of every route."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.api.conftest import Api, bearer
from tests.security.conftest import places_of
from tests.security.routes import Route, all_routes
from tests.security.writers import all_writers, good_body

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
OTHERS = ("/nowhere", "/api/nowhere", "/api/openapi.json", "/health", "/readyz")
FOR_EVERYBODY = {"favicon", "robots", "manifest"}  # the same to all, whoever asks
LEAVES = {"account_logout", "admin:logout"}
METHODS = ("GET", "POST", "DELETE", "OPTIONS")


def urls(places: dict[str, str]) -> list[str]:
    routes: list[Route] = [route for route in all_routes() if route.name not in LEAVES | FOR_EVERYBODY]
    return [*(route.url(**places) for route in routes), *OTHERS]


@pytest.mark.parametrize("caller", ["owner", "administrator", "bearer", "anonymous"])
def test_nobody_else_may_keep_an_answer(
    caller: str, owner: User, admin_user: User, belongings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False, headers=bearer(owner) if caller == "bearer" else {})
    if caller in {"owner", "administrator"}:
        client.force_login(owner if caller == "owner" else admin_user)
    for url in urls(places_of(belongings)):
        for method in METHODS[: 4 if caller == "bearer" else 1]:
            answer = client.generic(method, url, b"{}", "application/json")
            said = {directive.strip() for directive in answer.get("Cache-Control", "").split(",")}
            assert "private" in said, (method, url, said)
            assert said & {"no-store", "no-cache"}, (method, url, said)
            if url.startswith("/api/") and "/stream/" not in url:
                assert "no-store" in said, (method, url, said)
            varies = {header.strip().lower() for header in answer.get("Vary", "").split(",")}
            assert {"cookie", "authorization", "x-api-key"} <= varies, (method, url, varies)


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt", "/manifest.webmanifest"])
def test_what_everybody_may_keep_is_the_same_to_everybody(path: str, owner: User) -> None:
    stranger, known = Client(), Client()
    known.force_login(owner)
    answers = [client.get(path) for client in (stranger, known)]
    assert answers[0].content == answers[1].content
    for answer in answers:
        assert "public" in answer["Cache-Control"]
        assert not answer.cookies


@pytest.mark.parametrize("path", ["/login", "/register", "/account/password", "/account/password/set",
                                  "/account/password/reset", "/account/reauthenticate", "/reset-password",
                                  "/login/code", "/account/app", "/account/recovery-codes"])  # fmt: skip
def test_a_page_with_a_secret_is_not_kept_at_all(path: str, owner: User) -> None:
    for client in (Client(), Client()):
        assert "no-store" in client.get(path)["Cache-Control"], path
        client.force_login(owner)
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_a_site_with_tls_says_so_on_every_answer(settings: Settings, owner: User) -> None:
    """A proxy that ends TLS asks without it."""
    settings.HSTS_SECONDS = 31_536_000
    for path in ("/health", "/login", "/api/user", "/nowhere", "/static/nothing.css"):
        assert Client().get(path)["Strict-Transport-Security"] == "max-age=31536000", path
    settings.HSTS_SECONDS = 0
    assert "Strict-Transport-Security" not in Client().get("/login").headers


def test_it_is_said_once() -> None:
    assert not getattr(settings, "SECURE_HSTS_SECONDS", 0)
    assert settings.MIDDLEWARE[0] == "web.middleware.security.StrictTransport"


# --- errors repeat nothing -----------------------------------------------------------------------------

MARK = "mArKeR7"


def test_no_refusal_of_the_api_repeats_what_was_sent(owner: User, admin_user: User, belongings: dict[str, Any]) -> None:
    bodies: list[tuple[bytes, str]] = [
        (b"<%s>" % MARK.encode(), f"text/{MARK}"),
        (b"{%s" % MARK.encode(), "application/json"),
        (b'{"%s": 1}' % MARK.encode(), "application/json"),
        (b'{"%s": {"%s": "%s"}}' % ((MARK.encode(),) * 3), f'application/json; x="{MARK}"'),
        (f"name={MARK}".encode(), "application/x-www-form-urlencoded"),
    ]
    for route in [route for route in all_routes() if route.is_api]:
        user = admin_user if route.is_admin or "/roles/" in route.path else owner
        places = dict.fromkeys((name for name, kind in route.kinds.items() if kind in TEXTS), MARK)
        real = places_of(belongings)
        for url in {route.url(**real | places), route.url(**real)}:
            for number, method in enumerate(("POST", "PUT", "GET", "PATCH", MARK.upper(), "DELETE")):
                for body, kind in bodies if method == "POST" else [bodies[number % len(bodies)]]:
                    answer = Api(user).client.generic(
                        method, f"{url}?{MARK}={MARK}&cursor={MARK}&limit={MARK}&sort={MARK}", body, kind,
                        headers={**Api(user).headers, f"X-{MARK}": MARK, "Accept": f"text/{MARK}, */*"},
                    )  # fmt: skip
                    if answer.status_code >= 400:
                        text = answer.content.decode() + str(answer.headers)
                        assert MARK.lower() not in text.lower(), (route, method, kind, answer.status_code, text[:400])


TEXTS = {"StringConverter", "PathConverter", "SlugConverter"}


def test_a_value_of_the_wrong_kind_is_not_repeated(owner: User, admin_user: User, belongings: dict[str, Any]) -> None:
    some_id = str(belongings["conversation"].id)
    for writer in [writer for writer in all_writers(owner, **places_of(belongings)) if writer.takes_body]:
        good = good_body(writer, some_id)
        inner = good["arg"] if isinstance(good.get("arg"), dict) else good
        for name in inner:
            for wrong in ([MARK], {MARK: {MARK: MARK}}, MARK * 4_000):
                changed = {**inner, name: wrong}
                answer = writer.by(owner, admin_user).send(
                    writer.method, writer.path, {"arg": changed} if inner is not good else changed
                )
                if answer.status_code >= 400:
                    assert MARK not in answer.content.decode(), (writer, name, wrong, answer.content[:300])
