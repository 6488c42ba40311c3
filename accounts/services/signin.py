"""Checking credentials."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services import domains, social
from core.refusal import Refusal


class WrongCredentials(Refusal):
    """No account has this address and password; which of the two is wrong is not said."""

    status = 404  # which the wire format answers, whatever is wrong with them


class SwitchedOff(Refusal):
    """The password is right, but the account may not be used."""

    status = 403
    default_message = gettext_lazy("This account is disabled.")


class PasswordsOff(Refusal):
    """Nobody signs in here with a password."""

    status = 403
    default_message = gettext_lazy("Password sign-in is turned off here.")


def note_refusal(request: HttpRequest | None, refusal: social.Refused) -> None:
    """Note that the password of this request is right for somebody who may not come in."""
    if request is not None:
        request.refused = refusal  # type: ignore[attr-defined]


def note_silence(request: HttpRequest | None) -> None:
    """Note that a directory did not answer to this request."""
    if request is not None:
        request.silent_directory = True  # type: ignore[attr-defined]


def raise_noted(request: HttpRequest) -> None:
    """Raise `social.Refused` where the password was right, though nobody is signed in."""
    refusal = getattr(request, "refused", None)
    if refusal is not None:
        raise refusal


def mismatch(request: HttpRequest | None) -> str:
    """Return what to say to a wrong password: the same, whether there is such a person or not."""
    if getattr(request, "silent_directory", False):
        return _("The directory that checks passwords isn't responding. Try again later.")
    by_directory = bool(settings.DIRECTORY and settings.DIRECTORY.by_username)
    if by_directory or {"username"} == settings.LOGIN_METHODS:
        return _("Wrong username or password.")
    if "username" in settings.LOGIN_METHODS:
        return _("Wrong email, username or password.")
    return _("Wrong email or password.")


def why_kept_out(user: User) -> str:
    """Return why this account may not be used, for its owner; nothing where it may."""
    if not user.is_active:
        return _("This account is disabled.")
    if user.waits_for_approval:
        return _("An administrator hasn't approved your account yet.")
    if user.must_verify:
        return _("Your email address isn't verified yet. Open the link we sent you.")
    return ""


def address_of_login(login: str) -> str:
    """Return the address of the account that `login` names, as far as settings let it name one.

    An address names its account before any username does, so that nobody can stand in another's way with a user
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
    `SwitchedOff`, `DomainRefused`, `PasswordsOff` and `social.Refused`.
    """
    if not (settings.ALLOW_EMAIL_LOGIN or settings.ALLOW_EMAIL_LOGIN_OVERRIDE):
        raise PasswordsOff
    user = get_adapter(request).authenticate(request, email=address_of_login(email), password=password)
    if not isinstance(user, User):
        raise WrongCredentials(mismatch(request))
    if not user.is_active:
        raise SwitchedOff
    if not domains.admits(user):
        raise domains.DomainRefused(_("Email addresses from your domain can't be used to sign in here."))
    return user
