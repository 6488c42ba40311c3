"""Which ways to sign in are offered, in which order."""

from collections.abc import Callable, Sequence

from django.conf import settings

from siteconfig.environment.identity import ORDER, Provider

_order: list[Callable[[], Sequence[str] | None]] = []


def order_by(names: Callable[[], Sequence[str] | None]) -> None:
    """Let `names` say in which order, and that others are not shown; None: as usual.

    For the app that reads the configuration file.
    """
    _order[:] = [names]


def providers() -> list[Provider]:
    """Return who is shown on the sign-in page. Where OpenID Connect is configured, SAML is not used."""
    if not settings.ALLOW_SOCIAL_LOGIN:
        return []
    configured: dict[str, Provider] = settings.IDENTITY_PROVIDERS
    named = _order[0]() if _order else None
    names = ORDER if named is None else named
    return [configured[name] for name in names if name in configured]
