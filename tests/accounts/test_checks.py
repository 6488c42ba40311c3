"""What an administrator hears at start about how people sign in."""

import pytest
from pytest_django import Settings

from accounts.services.checks import check_sign_in
from siteconfig.environment.identity import Directory, IdentityProvider


def ids() -> list[str | None]:
    return [warning.id for warning in check_sign_in()]


@pytest.fixture
def google() -> IdentityProvider:
    return IdentityProvider(
        key="google", kind="google", label="Google", client_id="x", callback="/", image="/static/x.svg"
    )


def test_nothing_is_said_where_nothing_is_configured() -> None:
    assert ids() == []


def test_providers_that_are_switched_off_are_told(settings: Settings, google: IdentityProvider) -> None:
    settings.IDENTITY_PROVIDERS = {"google": google}
    assert ids() == ["accounts.W001"]
    settings.ALLOW_SOCIAL_LOGIN = True
    assert ids() == []


@pytest.mark.parametrize("image", ["https://elsewhere.example/x.png", "//elsewhere.example/x.png", "x.png"])
def test_an_image_from_elsewhere_is_told(settings: Settings, image: str) -> None:
    settings.ALLOW_SOCIAL_LOGIN = True
    settings.IDENTITY_PROVIDERS = {
        "openid": IdentityProvider(
            key="openid", kind="openid_connect", label="x", client_id="x", callback="/", image=image
        )
    }
    assert ids() == ["accounts.W002"]


@pytest.mark.parametrize(
    ("url", "start_tls", "verify", "expected"),
    [
        ("ldap://ds.example.org", False, True, ["accounts.W003"]), ("ldap://ds.example.org", True, True, []),
        ("ldaps://ds.example.org", False, True, []), ("ldap://localhost:389", False, True, []),
        ("ldaps://ds.example.org", False, False, ["accounts.W004"]),
    ],
)  # fmt: skip
def test_a_directory_that_hears_passwords_in_the_clear_is_told(
    settings: Settings, url: str, start_tls: bool, verify: bool, expected: list[str]
) -> None:
    settings.DIRECTORY = Directory(url=url, base="dc=x", start_tls=start_tls, verify=verify)
    assert ids() == expected
