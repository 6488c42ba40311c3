"""Site settings: what administrators set in the browser, else the value from the environment."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from accounts.models import SiteSettings
from core.ttl_cache import ttl_cache

_IN_ENVIRONMENT: Final = {
    "app_title": "APP_TITLE",
    "allow_registration": "ALLOW_REGISTRATION",
    "require_approval": "REGISTRATION_APPROVAL",
    "allow_password_reset": "ALLOW_PASSWORD_RESET",
    "allow_account_deletion": "ALLOW_ACCOUNT_DELETION",
}


@dataclass(frozen=True, slots=True)
class SiteValues:
    app_title: str
    allow_registration: bool
    require_approval: bool
    allow_password_reset: bool
    allow_account_deletion: bool
    welcome: str = ""
    footer: str = ""
    allowed_domains: tuple[str, ...] = ()


def current() -> SiteValues:
    """Return what holds now; each process asks the database every two seconds."""
    row = stored()
    stored_values = {name: getattr(row, name, None) for name in _IN_ENVIRONMENT}
    values = {
        name: value if value not in (None, "") else getattr(settings, _IN_ENVIRONMENT[name])
        for name, value in stored_values.items()
    }
    if settings.DIRECTORY:  # the directory admits people
        values["allow_registration"] = False
    if row is None:
        return SiteValues(**values)
    domains = tuple(domain.strip() for domain in row.allowed_domains.split(",") if domain.strip())
    return SiteValues(**values, welcome=row.welcome, footer=row.footer, allowed_domains=domains)


@ttl_cache
def stored() -> SiteSettings | None:
    return SiteSettings.objects.first()


def defaults() -> dict[str, object]:
    """Return what holds where nothing is set in the browser."""
    return {name: getattr(settings, setting) for name, setting in _IN_ENVIRONMENT.items()}
