"""Google, GitHub, Discord, Facebook and Apple: where they lead, and what is made of what they say."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings
from werkzeug.serving import make_server

from accounts.models import User
from accounts.services import sign_in_options
from siteconfig import live
from siteconfig.configuration import Config
from siteconfig.environment import identity
from siteconfig.schema.document import Document
from siteconfig.schema.site import Registration
from tests.accounts.identity_provider import query_of

NAMES = ("google", "github", "discord", "facebook", "apple")
EXPECTED: dict[str, tuple[str, set[str], bool]] = {
    "google": ("https://accounts.google.com/o/oauth2/v2/auth?", {"openid", "profile", "email"}, True),
    "github": ("https://github.com/login/oauth/authorize?", {"read:user", "user:email"}, True),
    "discord": ("https://discord.com/api/oauth2/authorize?", {"identify", "email"}, False),
    "facebook": ("https://www.facebook.com/", {"public_profile,email", "email,public_profile"}, False),
    "apple": ("https://appleid.apple.com/auth/authorize?", {"name", "email"}, False),
}


@pytest.fixture
def everybody(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path, admin_user: User) -> None:
    """All five are configured, from the environment."""
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "apple.p8").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    for name in NAMES[:4]:
        monkeypatch.setenv(f"{name.upper()}_CLIENT_ID", f"{name}-id")
        monkeypatch.setenv(f"{name.upper()}_CLIENT_SECRET", f"{name}-secret")
    monkeypatch.setenv("APPLE_CLIENT_ID", "apple-id")
    monkeypatch.setenv("APPLE_TEAM_ID", "TEAM")
    monkeypatch.setenv("APPLE_KEY_ID", "KEY")
    monkeypatch.setenv("APPLE_PRIVATE_KEY_PATH", str(tmp_path / "apple.p8"))
    settings.ALLOW_SOCIAL_LOGIN = settings.ALLOW_SOCIAL_REGISTRATION = True
    settings.IDENTITY_PROVIDERS = identity.providers()


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("name", NAMES)
def test_the_way_there(client: Client, name: str) -> None:
    address, scopes, pkce = EXPECTED[name]
    there = client.get(f"/oauth/{name}?scope=admin&auth_params=a%3Db&process=connect")
    assert there.status_code == 302
    assert there["Location"].startswith(address)
    query = query_of(there["Location"])
    assert query["client_id"] == f"{name}-id"
    assert query["redirect_uri"] == f"http://localhost:3080/oauth/{name}/callback"
    asked_for = set(query["scope"].split())
    assert asked_for == scopes or (name == "facebook" and asked_for < scopes)
    assert len(query["state"]) >= 16
    assert ("code_challenge" in query) is pkce
    assert query.get("code_challenge_method", "S256") == "S256"
    assert f"{name}-secret" not in there["Location"]
    assert "a" not in query


@pytest.mark.usefixtures("everybody")
def test_the_sign_in_page_offers_them_in_order(client: Client, settings: Settings) -> None:
    page = client.get("/login").content.decode()
    places = [page.index(f'href="/oauth/{name}"') for name in ("google", "facebook", "github", "discord", "apple")]
    assert places == sorted(places)
    settings.ALLOW_SOCIAL_LOGIN = False
    assert "/oauth/" not in client.get("/login").content.decode()


@pytest.mark.usefixtures("everybody")
def test_the_order_can_be_another_and_leave_some_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def say(names: list[str]) -> None:
        document = Document(version="1", registration=Registration.model_validate({"socialLogins": names}))
        monkeypatch.setattr(live, "current", lambda: Config(document))

    say(["github", "google"])
    assert [provider.key for provider in sign_in_options.providers()] == ["github", "google"]
    say([])
    assert sign_in_options.providers() == []


@pytest.mark.parametrize("name", NAMES)
def test_without_its_credentials_a_provider_does_not_exist(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, db: None
) -> None:
    monkeypatch.setenv(f"{name.upper()}_CLIENT_ID", "half")
    settings.ALLOW_SOCIAL_LOGIN = True
    settings.IDENTITY_PROVIDERS = identity.providers()
    assert client.get(f"/oauth/{name}").status_code == 404
    assert client.get(f"/oauth/{name}/callback").status_code == 404
    assert client.post(f"/oauth/{name}/callback").status_code == (404 if name == "apple" else 405)


@pytest.mark.usefixtures("everybody")
def test_a_key_that_cannot_be_read_is_said_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPLE_PRIVATE_KEY_PATH", "/nowhere.p8")
    with pytest.raises(ImproperlyConfigured, match="APPLE_PRIVATE_KEY_PATH"):
        identity.providers()


@pytest.mark.usefixtures("everybody")
def test_apple_comes_back_by_a_form_of_its_own_site_and_then_as_a_page() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        "/oauth/apple/callback",
        {"state": "s", "code": "c", "id_token": "t", "user": "{}"},
        headers={"Origin": "https://appleid.apple.com"},
    )
    assert (answer.status_code, answer["Location"]) == (302, "/oauth/apple/callback?code=c&state=s")
    assert client.get("/oauth/apple/callback?code=c&state=s").status_code == 403, "a state that nobody was given"


@pytest.mark.usefixtures("everybody")
@pytest.mark.parametrize("name", ["google", "github", "discord", "facebook"])
def test_others_come_back_as_a_page_only(client: Client, name: str) -> None:
    assert client.post(f"/oauth/{name}/callback", {"state": "s", "code": "c"}).status_code == 405


@pytest.fixture
def web() -> Iterator[flask.Flask]:
    """A web server that plays the provider. `web.config["ANSWERS"]`: what it answers, by path."""
    app = flask.Flask(__name__)
    app.config.update(ANSWERS={}, ASKED={})

    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> Any:
        app.config["ASKED"][path] = flask.request.values.to_dict() | dict(flask.request.headers)
        answer = app.config["ANSWERS"].get(path)
        if isinstance(answer, str) and answer.startswith("/"):
            return flask.redirect(answer)
        return flask.jsonify(answer) if answer is not None else ("", 404)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.config["URL"] = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield app
    server.shutdown()
    thread.join(5)
    server.server_close()


def come_back(client: Client, name: str) -> Any:
    state = query_of(client.get(f"/oauth/{name}")["Location"])["state"]
    return client.get(f"/oauth/{name}/callback?state={state}&code=c0de")


@pytest.fixture
def enterprise(web: flask.Flask, monkeypatch: pytest.MonkeyPatch, settings: Settings, everybody: None) -> flask.Flask:
    monkeypatch.setenv("GITHUB_ENTERPRISE_BASE_URL", web.config["URL"] + "/")
    settings.IDENTITY_PROVIDERS = identity.providers()
    web.config["ANSWERS"] |= {
        "login/oauth/access_token": {"access_token": "t0ken", "token_type": "bearer"},
        "api/v3/user": {"id": 7, "login": "octo", "name": "Octo Cat", "email": None},
        "api/v3/user/emails": [
            {"email": "old@example.org", "primary": False, "verified": True},
            {"email": "octo@example.org", "primary": True, "verified": True},
        ],
    }
    return web


def test_a_github_enterprise_server_lets_people_in(client: Client, enterprise: flask.Flask) -> None:
    assert come_back(client, "github")["Location"] == "/c/new"
    user = User.objects.get(email="octo@example.org")
    assert (user.name, user.username, user.provider) == ("Octo Cat", "octo", "github")
    token = enterprise.config["ASKED"]["login/oauth/access_token"]
    assert (token["code"], token["client_id"], token["client_secret"]) == ("c0de", "github-id", "github-secret")
    assert len(token["code_verifier"]) > 42
    assert "Cookie" not in enterprise.config["ASKED"]["api/v3/user"]


@pytest.mark.security
@pytest.mark.parametrize(
    "emails",
    [[], [{"email": "octo@example.org", "primary": True, "verified": False}]],
)
def test_case_48_github_without_a_confirmed_address_makes_no_account(
    client: Client, enterprise: flask.Flask, emails: list[Any]
) -> None:
    enterprise.config["ANSWERS"]["api/v3/user/emails"] = emails
    enterprise.config["ANSWERS"]["api/v3/user"]["email"] = "octo@example.org"
    answer = come_back(client, "github")
    assert answer.status_code == 403
    assert not User.objects.filter(email="octo@example.org").exists()


@pytest.mark.security
def test_case_48_the_address_of_another_account_does_not_open_it(
    client: Client, enterprise: flask.Flask, make_user: Any
) -> None:
    theirs = make_user("Octo", email="octo@example.org", provider="google")
    assert come_back(client, "github").status_code == 403
    assert "_auth_user_id" not in client.session
    theirs.refresh_from_db()
    assert theirs.provider == "google"


@pytest.mark.parametrize("answer", [[], {}, {"error": "bad_verification_code"}, {"access_token": 1}, "x", None])
def test_an_answer_that_is_none_is_refused(client: Client, enterprise: flask.Flask, answer: Any) -> None:
    enterprise.config["ANSWERS"]["login/oauth/access_token"] = answer
    enterprise.config["ANSWERS"]["api/v3/user"] = {"message": "Bad credentials"}
    assert come_back(client, "github").status_code == 401


@pytest.mark.security
def test_a_provider_that_leads_elsewhere_or_says_too_much_is_not_followed(
    client: Client, enterprise: flask.Flask
) -> None:
    enterprise.config["ANSWERS"]["login/oauth/access_token"] = {"access_token": "x" * 2_000_000}
    assert come_back(client, "github").status_code == 401
    enterprise.config["ANSWERS"]["login/oauth/access_token"] = "/stolen"
    assert come_back(client, "github").status_code == 401
    assert "stolen" not in enterprise.config["ASKED"]
