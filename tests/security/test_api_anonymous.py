"""Case 1: every route, called by nobody, answers 401 or leads to the login page; and what an anonymous person may."""

import pytest
from django.test import Client

from tests.security.conftest import everything
from tests.security.routes import METHODS, all_routes

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stream_threads")]

# What anybody may see. A route belongs here only when somebody decided so.
OPEN = {
    "account_login", "account_signup", "account_logout", "account_inactive", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key", "account_verify",
    "account_email_verification_sent", "account_deleted", "account_invitation",
    "api:verify", "api:verify_resend", "api:request_reset", "api:reset", "api:twofactor_temp",
    "account_reauthenticate",  # leads to the login page by itself
    "mfa_authenticate", "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "admin:login", "admin:logout",
    "oauth_start", "oauth_callback", "apple_finish", "saml_finish", "saml_metadata", "oauth_error",
    "chat:index",  # leads to a page that leads to the login page
    "api:register", "api:login", "api:refresh", "api:config", "api:banner",
    "health", "livez", "readyz", "favicon", "robots", "manifest",
    "chat:styleguide",  # exists in debug only
}  # fmt: skip
LOGIN = ("/login", "/admin/login/")


def test_nobody_gets_in() -> None:
    client = Client(raise_request_exception=False)
    before = everything()
    for route in [route for route in all_routes() if route.name not in OPEN]:
        for method in METHODS:
            answer = client.generic(method, route.url(), b"{}", "application/json")
            led_away = answer.status_code == 302 and answer["Location"].startswith(LOGIN)
            assert led_away or answer.status_code in {401, 405}, (route, method, answer.status_code)
            if route.is_api:
                assert "json" in answer["Content-Type"], (route, method)
    assert everything() == before


def test_the_list_of_open_routes_names_nothing_that_is_gone() -> None:
    assert OPEN - {route.name for route in all_routes()} <= {"health", "livez", "readyz"}
