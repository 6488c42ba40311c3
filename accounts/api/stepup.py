"""Acts that matter: whoever does them shows again that it is really them."""

from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts import freshness
from accounts.api.errors import WireError
from accounts.models import User
from accounts.services import twofactor


def require_fresh(request: Request, user: User) -> None:
    """Refuse (403) what matters to somebody who has not shown lately that it is them.

    Lately: signed in over the API, or wrote the password or a code on a page, within
    `ACCOUNT_REAUTHENTICATION_TIMEOUT`.
    """
    if not signed_in_lately(request, user):
        raise WireError(403, {"message": _("Sign in again first."), "code": "REAUTHENTICATION_REQUIRED"})


def require_code(user: User, token: str | None, backup_code: str | None) -> None:
    """Refuse what a code has to be shown for: 400 without one, 401 for a wrong one, 429 after many."""
    code = token or backup_code
    if not code:
        raise WireError(400, _("A code of your app or a recovery code is needed."))
    try:
        twofactor.spend(user=user, code=code)
    except twofactor.WrongCode:
        raise WireError(401, _("This code is wrong, or was used already.")) from None


def signed_in_lately(request: Request, user: User, *, lone: bool = False) -> bool:
    """Whether the session that the request came with is fresh (see `accounts.freshness`); a key never is."""
    if isinstance(request.auth, str):
        return freshness.of_token(request.auth, user, lone=lone)
    return request.auth is None and freshness.of_page(request._request, user)
