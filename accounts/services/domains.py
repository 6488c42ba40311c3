"""Permitted email domains: those that are listed, or all if there is no list."""

from django.conf import settings
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, User
from accounts.services import site
from core.refusal import Refusal
from siteconfig import live


class DomainRefused(Refusal):
    """Addresses of this domain do not register here."""

    status = 403
    default_message = gettext_lazy("Addresses from this domain can't sign up here.")


def is_allowed(email: str) -> bool:
    """Return whether the domain of `email` is listed, as it is: not a part of it, nor one below it."""
    lists = (
        settings.REGISTRATION_ALLOWED_DOMAINS or None,
        site.current().allowed_domains or None,
        live.current().document.registration.allowedDomains,
    )
    named = [names for names in lists if names is not None]
    listed = {name.strip().lower().removeprefix("@") for names in named for name in names}
    return not named or email.strip().lower().rpartition("@")[2] in listed


def admits(user: User) -> bool:
    """Return whether `user` may sign in: the list is no reason to lock out administrators, nor whom they invited."""
    if is_allowed(user.email) or user.is_admin:
        return True
    return Invitation.objects.filter(email=user.email, accepted_at__isnull=False).exists()


def check(email: str) -> None:
    """Raise `DomainRefused` where `is_allowed` says no."""
    if not is_allowed(email):
        raise DomainRefused
