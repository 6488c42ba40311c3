"""Acts that matter: whoever does them shows again that it is really them."""

from datetime import timedelta

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.api.errors import WireError
from accounts.models import RefreshSession, User
from accounts.services import tokens, twofactor


def require_fresh(request: Request, user: User) -> None:
    """Refuse (403) what matters to somebody who has not shown lately that it is them.

    Lately: signed in over the API, or wrote the password or a code on a page, within
    `ACCOUNT_REAUTHENTICATION_TIMEOUT`.
    """
    if not (_signed_in_lately(request, user) or did_recently_reauthenticate(request._request)):
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


def _signed_in_lately(request: Request, user: User) -> bool:
    if not isinstance(request.auth, str):
        return False
    session_id = tokens.read_access(request.auth).session_id
    if session_id is None:
        return False
    since = timezone.now() - timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    return RefreshSession.objects.filter(id=session_id, user=user, created_at__gt=since).exists()
