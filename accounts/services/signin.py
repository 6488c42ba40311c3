"""Checking who somebody says they are."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.limits import address_of
from accounts.models import User
from accounts.services import bans, domains


class WrongCredentials(Exception):
    """No account has this address and password; which of the two is wrong is not said."""


class TooManyAttempts(Exception):
    """This account or this network address failed too often lately."""


class SwitchedOff(Exception):
    """The password is right, but the account may not be used."""


class PasswordsOff(Exception):
    """Nobody signs in here with a password."""


def why_kept_out(user: User) -> str:
    """Return why this account may not be used, for its owner; nothing where it may."""
    if not user.is_active:
        return _("This account is switched off.")
    if user.waits_for_approval:
        return _("An administrator has not let you in yet.")
    if user.must_verify:
        return _("The e-mail address is not verified yet. Open the link that was sent to it.")
    return ""


def address_of_login(login: str) -> str:
    """Return the address of the account that `login` names, as far as settings let it name one.

    An address names its account before any user name does, so that nobody can stand in another's way with a user
    name that looks like an address. What names nobody is returned as it is: the attempt fails later, like any other.
    """
    wanted = login.strip().lower()
    if "username" not in settings.LOGIN_METHODS:
        return wanted
    if "email" in settings.LOGIN_METHODS and User.objects.filter(email=wanted).exists():
        return wanted
    user = User.objects.filter(username__iexact=wanted).first() if wanted else None
    if user is not None:
        return user.email
    return wanted if "@" in wanted and "email" in settings.LOGIN_METHODS else f"{wanted}@nobody.invalid"


def check_password(*, request: HttpRequest, email: str, password: str) -> User:
    """Return who has this address and password.

    Goes the way of the sign-in page, so both count against the same limits (the request says from where), and
    an unknown address takes as long as a wrong password. Raises `WrongCredentials`, `TooManyAttempts`,
    `SwitchedOff`, `DomainRefused` and `PasswordsOff`.
    """
    if not (settings.ALLOW_EMAIL_LOGIN or settings.ALLOW_EMAIL_LOGIN_OVERRIDE):
        raise PasswordsOff
    try:
        user = get_adapter(request).authenticate(request, email=address_of_login(email), password=password)
    except ValidationError:
        bans.violate("logins", address=address_of(request))
        raise TooManyAttempts from None
    if not isinstance(user, User):
        raise WrongCredentials
    if not user.is_active:
        raise SwitchedOff
    if not domains.admits(user):
        raise domains.DomainRefused
    return user
