"""Accounts for people of some email domains only, as the configuration file says."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services import domains, sign_in_options, social
from accounts.services.social import Identity, Refused
from endpoints.catalog import registry
from siteconfig.configuration import ConfigFaults
from siteconfig.environment.identity import IdentityProvider
from tests.accounts.test_signin_pages import NEW


@pytest.fixture
def write_registration(tmp_path: Path, settings: Settings, db: None) -> Any:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.ALLOW_SOCIAL_LOGIN = settings.ALLOW_SOCIAL_REGISTRATION = True

    def write(text: str) -> None:
        settings.LIBRECHAT_CONFIG.write_text(f"version: 1.3.0\nregistration:\n{text}")
        registry.reset()

    yield write
    registry.reset()


def test_the_file_orders_who_is_offered(write_registration: Any, settings: Settings) -> None:
    settings.IDENTITY_PROVIDERS = {
        name: IdentityProvider(key=name, kind=name, label=name, client_id="x", callback="/")
        for name in ("google", "github")
    }
    write_registration("  socialLogins: [github, openid]\n")
    assert [provider.key for provider in sign_in_options.providers()] == ["github"]
    write_registration("  other: true\n")
    assert [provider.key for provider in sign_in_options.providers()] == ["google", "github"]


def test_a_provider_that_does_not_exist_is_a_fault_of_the_file(write_registration: Any) -> None:
    write_registration("  socialLogins: [gihtub]\n")
    with pytest.raises(ConfigFaults):
        registry.current()


@pytest.mark.security
def test_only_people_of_the_domains_get_an_account(client: Client, write_registration: Any) -> None:
    write_registration("  allowedDomains: [Example.com, example.net]\n")
    for email in ("nina@example.org", "nina@sub.example.com", "nina@example.com.evil.example", "nina@notexample.com"):
        answer = client.post("/register", NEW | {"email": email})
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == ["email"], email
        assert not domains.is_allowed(email)
        with pytest.raises(Refused):
            social.sign_in_external(identity=Identity(provider="github", subject="1", email=email))
    assert not User.objects.exists()
    assert client.post("/register", NEW | {"email": "nina@EXAMPLE.com"}).status_code == 302


@pytest.mark.security
def test_who_came_before_through_another_is_refused_from_then_on(write_registration: Any, admin_user: User) -> None:
    identity = Identity(provider="github", subject="1", email="nina@example.org")
    write_registration("  other: true\n")
    user = social.sign_in_external(identity=identity)
    assert social.sign_in_external(identity=identity) == user
    write_registration("  allowedDomains: [example.com]\n")
    with pytest.raises(Refused):
        social.sign_in_external(identity=identity)
