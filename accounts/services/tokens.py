"""The tokens of API clients: a short-lived access token, and a refresh token backed by a database row.

An access token is valid until it expires or its session ends; both are checked when its person is looked up. A refresh
token works once: using it returns the next one. Reusing an old one ends its session, because somebody kept a copy,
except in the first seconds, when two tabs may have refreshed at once. A new password ends all sessions.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import RefreshSession, User
from core import quotas
from core.ids import uuid7
from core.refusal import Refusal

ALGORITHM = "HS256"
CLOCKS_APART = timedelta(seconds=5)  # between two hosts
TABS_APART = timedelta(seconds=10)
CHALLENGE_LASTS = timedelta(minutes=5)


class TokenError(Refusal):
    """A token opens nothing."""

    status = 401
    default_message = gettext_lazy("This sign-in has ended.")


class BadToken(TokenError):
    """It is not one of ours, was altered, is of the wrong kind or has expired."""


class StepTooOld(BadToken):
    """The first step of signing in is too long ago, or was none."""

    default_message = gettext_lazy("The first step has expired. Sign in again.")


class SessionGone(TokenError):
    """Its session was ended, used by somebody else, or its person may no longer come in."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token, to be shown to its client once."""

    user: User
    token: str
    expires_at: datetime
    session_id: UUID


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says.

    One without a session was made for something short, such as a test, and ends when any session of the person is ended
    (`version`). `since` is when it was made.
    """

    user_id: UUID
    session_id: UUID | None
    version: int = 0
    since: float = 0.0


def access_token(user: User, session_id: UUID | None = None) -> str:
    """Return a token that signs `user` in for `SESSION_EXPIRY`, at most as long as the session."""
    now = timezone.now()
    claims = {
        "id": str(user.id),
        "username": user.username,
        "provider": user.provider,
        "email": user.email,
        "iat": now,
        "exp": now + timedelta(milliseconds=settings.SESSION_EXPIRY_MS),
    }
    if session_id is not None:
        claims["sessionId"] = str(session_id)
    elif user.sign_in_version:
        claims["version"] = user.sign_in_version
    return jwt.encode(claims, settings.JWT_SECRET, algorithm=ALGORITHM)


def read_access(token: str) -> AccessClaims:
    """Return what an access token says. Raises `BadToken`."""
    claims = _read(token, settings.JWT_SECRET, "id")
    session_id, version = _id(claims, "sessionId") if "sessionId" in claims else None, claims.get("version", 0)
    if not isinstance(version, int):
        raise BadToken
    return AccessClaims(_id(claims, "id"), session_id, version, float(claims["iat"]))


def person_of(token: str) -> User | None:
    """Return whose access token it is, while it holds; one query. Raises `BadToken`."""
    access = read_access(token)
    people = User.objects.filter(id=access.user_id)
    if access.session_id is not None:
        return people.filter(refresh_sessions=access.session_id).first()
    return people.filter(sign_in_version=access.version).first()


def challenge(user: User) -> str:
    """Return a token that says: the password was right, and the second factor is still missing."""
    now = timezone.now()
    claims = {"userId": str(user.id), "twoFAPending": True, "iat": now, "exp": now + CHALLENGE_LASTS}
    claims["password"] = _password_mark(user)
    return jwt.encode(claims, settings.JWT_SECRET, algorithm=ALGORITHM)


def answer_challenge(token: str) -> User:
    """Return who has to show the second factor. Raises `StepTooOld`."""
    with suppress(BadToken):
        claims = _read(token, settings.JWT_SECRET, "userId")
        user = User.objects.filter(id=_id(claims, "userId"), is_active=True).first()
        is_first_step = claims.get("twoFAPending") is True
        if user is not None and user.may_enter and is_first_step and claims.get("password") == _password_mark(user):
            return user
    raise StepTooOld


def open_session(*, user: User, ip: str = "", user_agent: str = "") -> Refresh:
    """Begin a session that lasts `REFRESH_TOKEN_EXPIRY`, however often it is refreshed. Of too many the oldest end."""
    expires_at = timezone.now() + timedelta(milliseconds=settings.REFRESH_TOKEN_EXPIRY_MS)
    session_id = uuid7()
    token = _refresh_token(user, session_id, expires_at)
    RefreshSession.objects.create(
        id=session_id,
        user=user,
        token_hash=_hash(token),
        expires_at=expires_at,
        ip=ip or None,
        user_agent=user_agent[:300],
    )
    newest = RefreshSession.objects.filter(user=user).order_by("-created_at", "-id")
    RefreshSession.objects.filter(
        id__in=list(newest.values_list("id", flat=True)[quotas.most("api_sessions") :])
    ).delete()
    return Refresh(user=user, token=token, expires_at=expires_at, session_id=session_id)


def rotate(*, token: str) -> Refresh:
    """Exchange a refresh token for the next of its session, which ends when it would have ended.

    Of several who present the same token one succeeds: the update of the row is the lock. Raises `BadToken`
    and `SessionGone`.
    """
    claims = _read(token, settings.JWT_REFRESH_SECRET, "sessionId")
    session = RefreshSession.objects.select_related("user").filter(id=_id(claims, "sessionId")).first()
    now = timezone.now()
    if session is None or session.expires_at <= now or not session.user.may_enter:
        raise SessionGone
    if claims.get("password") != _password_mark(session.user):
        session.delete()
        raise SessionGone
    following = _refresh_token(session.user, session.id, session.expires_at)
    current = RefreshSession.objects.filter(id=session.id, token_hash=_hash(token))
    if not current.update(token_hash=_hash(following), rotated_at=now):
        RefreshSession.objects.filter(id=session.id, rotated_at__lt=now - TABS_APART).delete()
        raise SessionGone
    return Refresh(user=session.user, token=following, expires_at=session.expires_at, session_id=session.id)


def revoke(*, token: str) -> None:
    """End the session of a refresh token; one that opens nothing is let pass."""
    try:
        claims = _read(token, settings.JWT_REFRESH_SECRET, "sessionId")
        RefreshSession.objects.filter(id=_id(claims, "sessionId")).delete()
    except BadToken:
        return


def session_of(token: str) -> UUID | None:
    """Return the session that a refresh token belongs to; None for one that opens nothing."""
    try:
        return _id(_read(token, settings.JWT_REFRESH_SECRET, "sessionId"), "sessionId")
    except BadToken:
        return None


def revoke_all(*, user: User, but: Collection[UUID] = ()) -> None:
    """End every API session of `user` except those in `but`, and with them the access tokens that are out."""
    RefreshSession.objects.filter(user=user).exclude(id__in=but).delete()


def _refresh_token(user: User, session_id: UUID, expires_at: datetime) -> str:
    claims = {
        "id": str(user.id),
        "sessionId": str(session_id),
        "password": _password_mark(user),
        "jti": secrets.token_urlsafe(16),  # two made in one second differ
        "iat": timezone.now(),
        "exp": expires_at,
    }
    return jwt.encode(claims, settings.JWT_REFRESH_SECRET, algorithm=ALGORITHM)


def _password_mark(user: User) -> str:
    """Return what changes with the password and tells nothing of it: Django's own mark, as in its sessions."""
    return user.password_mark()[:16]


def _read(token: str, secret: str, claim: str) -> Mapping[str, Any]:
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token, secret, algorithms=[ALGORITHM], leeway=CLOCKS_APART, options={"require": ["exp", "iat", claim]}
        )
    except (jwt.InvalidTokenError, UnicodeError):
        raise BadToken from None
    return claims


def _id(claims: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(claims[name])
    except (ValueError, TypeError, AttributeError):
        raise BadToken from None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
