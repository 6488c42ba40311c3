"""Pages outside the chat: signing in, faults, headers, the styleguide."""

import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from tests.cast import signed_in
from tests.pages.test_chat_page import Elements
from web import shell
from web.styleguide import icons


@pytest.mark.parametrize("name", ["account_login", "account_signup"])
def test_entry_pages_load_small_scripts_and_no_htmx(client: Client, owner: User, name: str) -> None:
    html = client.get(reverse(name)).content.decode()
    scripts = Elements(html).all("script")
    passkey = ["/static/js/passkey.js"] if name == "account_login" else []
    assert [script["src"] for script in scripts] == ["/static/js/entry.js", *passkey]
    assert html.count("<h1") == 1
    assert "<main" in html


def test_wrong_password_is_said_beside_the_form(client: Client, owner: User) -> None:
    response = client.post(reverse("account_login"), {"login": owner.email, "password": "wrong-wrong-wrong"})
    html = response.content.decode()
    assert 'role="alert"' in html
    assert f'value="{owner.email}"' in html
    assert "wrong-wrong-wrong" not in html


def test_signing_out_needs_a_form(owner: User) -> None:
    client = signed_in(owner)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get("/c/new").status_code == 200
    client.post(reverse("account_logout"))
    assert client.get("/c/new").status_code == 302


def test_unknown_address_is_a_friendly_404(client: Client, db: None) -> None:
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        (OperationalError("connection refused"), 503, "Part of the server can't be reached"),
        (RuntimeError("a secret detail"), 500, "Something went wrong"),
        (PermissionDenied("no"), 403, "You don't have access"),
    ],
)
def test_fault_has_a_page_of_its_own_without_details(
    owner: User, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, sentence: str
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise fault

    monkeypatch.setattr(shell, "sidebar", fail)
    response = signed_in(owner).get("/c/new")
    html = response.content.decode()
    assert response.status_code == status
    assert sentence in html
    assert str(fault) not in html or status == 403
    assert 'name="viewport"' in html


def test_pages_forbid_framing_and_foreign_content(owner: User) -> None:
    """Security case 67."""
    response = signed_in(owner).get("/c/new")
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_no_page_holds_an_inline_handler_or_style(owner: User) -> None:
    """Security case 63: what the policy would block must not be there."""
    for tag, attributes in Elements(signed_in(owner).get("/c/new").content.decode()).elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag != "script" or attributes.get("src") or attributes.get("nonce")


def test_styleguide_is_for_builders_only(client: Client, settings: Settings, db: None) -> None:
    assert client.get("/styleguide").status_code == 404
    settings.DEBUG = True
    html = client.get("/styleguide").content.decode()
    assert "Enter a title." in html
    assert "The provider is limiting requests" in html


def test_every_icon_in_use_is_drawn() -> None:
    texts = [path.read_text() for path in Path(site.BASE_DIR, "templates").rglob("*.html") if path.stem != "sprite"]
    drawn = set(icons())
    used = {name for text in texts for name in re.findall(r'(?:{% icon |icon_name=)"(\w+)"', text)}
    assert used <= drawn


def test_components_say_what_they_need() -> None:
    for path in Path(site.BASE_DIR, "templates", "components").glob("*.html"):
        assert path.read_text().lstrip().startswith("{#"), path.name


def test_fault_pages_need_no_request() -> None:
    for name in ("400", "403", "403_csrf", "404", "500", "503"):
        assert "<h1>" in render_to_string(f"{name}.html")


def test_time_zone_cookie_that_is_none_is_ignored(owner: User) -> None:
    client = signed_in(owner)
    for zone in ("Europe%2FBerlin", "Nowhere", "../../etc/passwd", "\x7f"):
        client.cookies["tz"] = zone
        assert client.get("/c/new").status_code == 200
