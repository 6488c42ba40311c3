"""System checks of the sign-in settings: those that have no effect, or a less secure one than intended."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 (Django's name)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_sign_in(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    providers = settings.IDENTITY_PROVIDERS
    if providers and not settings.ALLOW_SOCIAL_LOGIN:
        names = ", ".join(providers)
        problems.append(
            Warning(
                f"{names}: set up, but social sign-in is turned off.",
                hint="Set ALLOW_SOCIAL_LOGIN=true.",
                id="accounts.W001",
            )
        )
    hint = "Use a path on this site or a data: URL."
    problems += [
        Warning(
            f"The image of {provider.key} isn't shown, because pages load nothing from other sites.",
            hint=hint,
            id="accounts.W002",
        )
        for provider in providers.values()
        if provider.image and not provider.shows_image
    ]
    if not settings.ALLOW_EMAIL_LOGIN and not (providers and settings.ALLOW_SOCIAL_LOGIN):
        hint = "Set ALLOW_EMAIL_LOGIN=true, or set up a sign-in service."
        problems.append(Warning("People can sign in only with a passkey.", hint=hint, id="accounts.W005"))
    directory = settings.DIRECTORY
    if directory and not _private(directory.url) and not directory.start_tls:
        problems.append(
            Warning(
                "Passwords are sent to the directory unencrypted.",
                hint="Use ldaps:// or LDAP_STARTTLS.",
                id="accounts.W003",
            )
        )
    if directory and not directory.verify:
        problems.append(
            Warning("The directory's certificate is not checked.", hint="Set LDAP_CA_CERT_PATH.", id="accounts.W004")
        )
    return problems


def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    """Say that the site is at the root of its host, where an address of it has a path."""
    return [
        Warning(
            f"{name} has a path, but the site can only be served at the root of its host.",
            hint="Give the site a host of its own, such as https://chat.example.org",
            id="accounts.W006",
        )
        for name, address in (("DOMAIN_SERVER", settings.DOMAIN), ("DOMAIN_CLIENT", settings.DOMAIN_CLIENT))
        if urlsplit(address).path.strip("/")
    ]


def _private(url: str) -> bool:
    return url.startswith("ldaps://") or urlsplit(url).hostname in LOOPBACK
