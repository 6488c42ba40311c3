"""The second factor on pages: setting it up, signing in with it, and losing it."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from core import secrets
from tests.cast import PASSWORD, code_of, confirm, signed_in_by_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner_browser(owner: User) -> Client:
    return signed_in_by_password(owner)


def set_up(client: Client, steps_ahead: int = -1) -> tuple[str, list[str]]:
    """Turn an app on; return its secret and the recovery codes."""
    confirm(client)
    page = client.get("/account/app").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret is not None
    answer = client.post("/account/app", {"code": code_of(secret[1], steps_ahead)})
    assert answer.status_code == 200
    return secret[1], re.findall(r"<code>(\d{8})</code>", answer.content.decode())


def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(owner_browser: Client, owner: User) -> None:
    secret, codes = set_up(owner_browser)
    assert len(codes) == 10
    client = Client()
    answer = client.post("/login", {"login": owner.email, "password": PASSWORD})
    assert answer["Location"] == "/login/code"
    assert client.get("/api/user").status_code == 401
    assert client.post("/login/code", {"code": "000000"}).status_code == 200
    assert client.post("/login/code", {"code": code_of(secret)}).status_code == 302
    assert client.get("/api/user").status_code == 200


@pytest.mark.security
def test_the_secret_is_stored_encrypted(owner_browser: Client, owner: User) -> None:
    secret, codes = set_up(owner_browser)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not [code for code in codes if code in stored]
    row = Authenticator.objects.get(type="totp")
    assert secrets.decrypt(row.data["secret"]) == secret


@pytest.mark.security
def test_a_code_of_the_app_opens_once(owner_browser: Client, owner: User) -> None:
    """Security case 55."""
    secret, _codes = set_up(owner_browser)
    code = code_of(secret)
    for expected in (302, 200):
        client = Client()
        client.post("/login", {"login": owner.email, "password": PASSWORD})
        assert client.post("/login/code", {"code": code}).status_code == expected


@pytest.mark.security
def test_the_code_that_set_it_up_opens_nothing(owner_browser: Client, owner: User) -> None:
    secret, _codes = set_up(owner_browser, steps_ahead=0)
    client = Client()
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    assert client.post("/login/code", {"code": code_of(secret)}).status_code == 200


@pytest.mark.security
def test_a_recovery_code_opens_once_and_is_not_shown_again(owner_browser: Client, owner: User) -> None:
    """Security case 55."""
    _secret, codes = set_up(owner_browser)
    for expected in (302, 200):
        client = Client()
        client.post("/login", {"login": owner.email, "password": PASSWORD})
        assert client.post("/login/code", {"code": codes[3]}).status_code == expected
    for path in ("/settings/security", "/account/recovery-codes"):
        page = owner_browser.get(path)
        assert page.status_code == 200
        assert not [code for code in codes if code in page.content.decode()]
    assert b"9 codes left" in owner_browser.get("/settings/security").content


def test_new_recovery_codes_replace_the_old(owner_browser: Client, owner: User) -> None:
    _secret, old = set_up(owner_browser)
    new = re.findall(r"<code>(\d{8})</code>", owner_browser.post("/account/recovery-codes").content.decode())
    assert len(new) == 10
    client = Client()
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    assert client.post("/login/code", {"code": old[0]}).status_code == 200
    assert client.post("/login/code", {"code": new[0]}).status_code == 302


@pytest.mark.security
@pytest.mark.parametrize("path", ["/account/app", "/account/recovery-codes", "/account/passkeys/add"])
def test_without_a_fresh_password_nothing_is_set_up(path: str, owner_browser: Client) -> None:
    """Security case 55."""
    for method in (owner_browser.get, owner_browser.post):
        answer: Any = method(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/reauthenticate?next=")
    assert not Authenticator.objects.exists()


@pytest.mark.security
def test_turning_it_off_asks_who_it_is(owner_browser: Client, owner: User) -> None:
    set_up(owner_browser)
    later = Client()
    later.force_login(owner)
    assert later.post("/account/app/remove")["Location"].startswith("/account/reauthenticate")
    assert Authenticator.objects.filter(type="totp").exists()
    assert owner_browser.post("/account/app/remove").status_code == 302
    assert not Authenticator.objects.exists()


@pytest.mark.security
def test_guessing_codes_is_stopped(owner_browser: Client, owner: User) -> None:
    """Security case 59."""
    secret, _codes = set_up(owner_browser)
    client = Client()
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    for _ in range(6):
        client.post("/login/code", {"code": "000000"})
    answer = client.post("/login/code", {"code": code_of(secret)})
    assert b"Too many" in answer.content
    assert client.get("/api/user").status_code == 401


def test_the_picture_stands_in_the_page_without_style_or_script(owner_browser: Client) -> None:
    confirm(owner_browser)
    page = owner_browser.get("/account/app").content.decode()
    svg = page[page.index('<div class="qr"') :]
    svg = svg[: svg.index("</div>")]
    assert "<path" in svg
    assert "style=" not in svg
    assert "<?xml" not in page


def test_the_site_names_itself_in_the_app(owner_browser: Client, owner: User, settings: Any) -> None:
    settings.APP_TITLE = "Our Chat"
    confirm(owner_browser)
    url = owner_browser.get("/account/app").context["totp_url"]
    assert re.fullmatch(rf"otpauth://totp/OurChat:{owner.email}\?secret=[A-Z2-7]+&issuer=OurChat", url)


@pytest.mark.parametrize("credential", ["", "x", "{}", "[]", "null", '{"response": {"userHandle": "eA"}}', '{"id": 1}'])
def test_a_passkey_that_is_none_signs_nobody_in(credential: str, client: Client) -> None:
    options = client.get("/login/passkey", headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["userVerification"] == "required"
    answer = client.post("/login/passkey", {"credential": credential})
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert "_auth_user_id" not in client.session


def test_the_page_to_add_a_passkey_asks_for_one_that_needs_no_password(owner_browser: Client, owner: User) -> None:
    confirm(owner_browser)
    answer = owner_browser.get("/account/passkeys/add")
    options = answer.context["js_data"]["creation_options"]["publicKey"]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["user"]["name"] == owner.email
    assert owner_browser.post("/account/passkeys/add", {"name": "x", "credential": "{}"}).status_code == 200
    assert not Authenticator.objects.exists()


@pytest.mark.security
def test_an_address_that_is_not_verified_gets_no_second_factor(
    owner_browser: Client, owner: User, settings: Any
) -> None:
    settings.MAIL_CONFIGURED = settings.ALLOW_UNVERIFIED_EMAIL_LOGIN = True
    User.objects.update(email_verified=False)
    confirm(owner_browser)
    for path in ("/account/app", "/account/passkeys/add"):
        assert owner_browser.get(path)["Location"] == "/account/security"
    assert owner_browser.post("/api/auth/2fa/enable", {}, "application/json").status_code == 400
    assert not Authenticator.objects.exists()
