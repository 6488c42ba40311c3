"""The sign-in methods that are offered, and their order."""

from django.conf import settings

from siteconfig import live
from siteconfig.environment.identity import ORDER, IdentityProvider


def providers() -> list[IdentityProvider]:
    """Return who is shown on the sign-in page. Where OpenID Connect is configured, SAML is not used."""
    if not settings.ALLOW_SOCIAL_LOGIN:
        return []
    configured: dict[str, IdentityProvider] = settings.IDENTITY_PROVIDERS
    named = live.current().document.registration.socialLogins
    names = ORDER if named is None else named
    return [configured[name] for name in names if name in configured]
