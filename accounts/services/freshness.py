"""Fresh sign-ins: whether a person has proved their identity recently, as sensitive actions require.

On pages: they signed in, or entered the password or a code, within `ACCOUNT_REAUTHENTICATION_TIMEOUT`. For API clients:
the session began within it. A form opened in time contains a proof of that, and can be submitted for an hour.
"""

import time
from typing import Final

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from accounts.models import RefreshSession, User
from accounts.services import tokens

FIELD: Final = "opened"  # of forms, in which the proof stands
_FILLING_IN: Final = 3_600  # seconds
_SALT: Final = "accounts.freshness"


def of_page(request: HttpRequest, user: User) -> bool:
    """Whether the session of pages is fresh, or its person has nothing to show here, because they sign in elsewhere."""
    return _is_recent(request, user) or not get_reauthentication_flows(user)


def of_token(token: str, user: User, *, lone: bool = False) -> bool:
    """Whether the session of this access token began lately; with `lone`, or the token was made lately without one."""
    access = tokens.read_access(token)
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if access.session_id is None:
        return lone and access.since > since
    session = RefreshSession.objects.filter(id=access.session_id, user=user).first()
    return session is not None and session.created_at.timestamp() > since


def mark(request: HttpRequest, user: User) -> str:
    """Return the proof that this form is being opened with a fresh sign-in; empty without one."""
    return signing.dumps(_claims(request, user), salt=_SALT) if _is_recent(request, user) else ""


def was_opened_in_time(request: HttpRequest, user: User) -> bool:
    """Whether the form that was sent brings along such a proof, of this address and of this person's sign-in."""
    try:
        claims = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=_FILLING_IN)
    except signing.BadSignature:
        return False
    return bool(claims == _claims(request, user))


def _is_recent(request: HttpRequest, user: User) -> bool:
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > since for record in get_authentication_records(request, user))


def _claims(request: HttpRequest, user: User) -> list[str]:
    return [request.path, str(user.pk), user.get_session_auth_hash()[:16]]
