"""Checking who somebody says they are."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import User


class WrongCredentials(Exception):
    """No account has this address and password; which of the two is wrong is not said."""


class TooManyAttempts(Exception):
    """This account or this network address failed too often lately."""


class SwitchedOff(Exception):
    """The password is right, but the account may not be used."""


def check_password(*, request: HttpRequest, email: str, password: str) -> User:
    """Return who has this address and password.

    Goes the way of the sign-in page, so both count against the same limits (the request says from where), and
    an unknown address takes as long as a wrong password. Raises `WrongCredentials`, `TooManyAttempts` and
    `SwitchedOff`.
    """
    try:
        user = get_adapter(request).authenticate(request, email=email.strip().lower(), password=password)
    except ValidationError:
        raise TooManyAttempts from None
    if not isinstance(user, User):
        raise WrongCredentials
    if not user.is_active:
        raise SwitchedOff
    return user
