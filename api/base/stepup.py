"""Sensitive actions, which require proof of identity again."""

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.models import User
from accounts.services import freshness, signin, twofactor
from accounts.services.domains import DomainRefused
from api.base.errors import ApiError


def require_fresh(request: Request, user: User, password: str | None = None) -> None:
    """Refuse (403) what matters to somebody who does not show that it is them.

    By the password in the body, counted like any attempt to sign in (401 for a wrong one), or by having shown it
    lately: signed in over the API, or wrote the password or a code on a page, within
    `ACCOUNT_REAUTHENTICATION_TIMEOUT`.
    """
    if password:
        _check_password(request, user, password)
    elif not signed_in_lately(request, user):
        message = _("Sign in again first, or include your password.")
        raise ApiError(403, {"message": message, "code": "REAUTHENTICATION_REQUIRED"})


def _check_password(request: Request, user: User, password: str) -> None:
    login = user.email if "email" in settings.LOGIN_METHODS else user.username
    try:
        checked = signin.check_password(request=request._request, email=login, password=password)
    except (signin.WrongCredentials, signin.PasswordsOff, signin.SwitchedOff, DomainRefused):
        checked = None
    if checked != user:
        raise ApiError(401, _("Wrong password."))


def require_code(user: User, token: str | None, backup_code: str | None) -> None:
    """Refuse what a code has to be shown for: 400 without one, 401 for a wrong one, 429 after many."""
    code = token or backup_code
    if not code:
        raise ApiError(400, _("Include a code from your app or a recovery code."))
    try:
        twofactor.spend(user=user, code=code)
    except twofactor.WrongCode as wrong:
        raise ApiError(401, wrong.message) from None


def signed_in_lately(request: Request, user: User, *, lone: bool = False) -> bool:
    """Whether the session that the request came with is fresh (see `accounts.services.freshness`); a key never is."""
    if isinstance(request.auth, str):
        return freshness.of_token(request.auth, user, lone=lone)
    return request.auth is None and freshness.of_page(request._request, user)
