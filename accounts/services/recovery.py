"""Address verification and password reset: links by email that work once, for fifteen minutes."""

import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import MailedToken, User
from accounts.services import mails, sessions, site
from accounts.services.signup import check_length
from core.refusal import Refusal
from core.secrets import digest

LASTS: Final = timedelta(minutes=15)
_MAX_TOKEN_LENGTH: Final = 256


class BadLink(Refusal):
    """The link is not one of ours, was used, is too old, or is for somebody or something else."""

    default_message = gettext_lazy("This link no longer works. Ask for a new one.")


class ResetOff(Refusal):
    """Passwords cannot be reset by mail here."""

    status = 403
    default_message = gettext_lazy("Passwords can't be reset by email here.")


def can_reset() -> bool:
    return site.current().allow_password_reset and mails.is_configured()


def request_verification(*, email: str) -> None:
    """Have a link sent, if there is an account with this address whose address is not verified."""
    mails.queue("send_verification", email.strip().lower())


def request_reset(*, email: str) -> None:
    """Have a link sent, if there is an account with this address. Raises `ResetOff`."""
    if not can_reset():
        raise ResetOff
    mails.queue("send_reset", email.strip().lower())


def send_verification(*, email: str) -> None:
    """What the task does."""
    user = User.objects.filter(email=email, is_active=True, email_verified=False).first()
    if user is None or not mails.is_configured():
        return
    token = _issue(user, MailedToken.Purpose.VERIFY)
    link = f"{settings.DOMAIN_CLIENT}/verify?{urlencode({'token': token, 'email': user.email})}"
    mails.deliver(mails.Letter("verify", user.email, {"name": user.name, "link": link}))


def send_reset(*, email: str) -> None:
    """What the task does. Whom another vouches for gets no password that would outlive that one's word."""
    user = User.objects.filter(email=email, is_active=True, provider="local").first()
    if user is None or not can_reset():
        return
    token = _issue(user, MailedToken.Purpose.RESET)
    link = f"{settings.DOMAIN_CLIENT}/reset-password?{urlencode({'token': token, 'userId': user.id})}"
    mails.deliver(mails.Letter("reset", user.email, {"name": user.name, "link": link}))


def send_taken(*, email: str) -> None:
    """Tell the owner of an address that somebody tried to register with it. What the task does."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None and mails.is_configured():
        mails.deliver(mails.Letter("taken", user.email, {"name": user.name}))


def verify(*, email: str, token: str) -> User:
    """Mark the address as verified. Raises `BadLink`."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise BadLink
    with transaction.atomic():
        _use_up(user.id, MailedToken.Purpose.VERIFY, token)
        user.email_verified = True
        user.save(update_fields=["email_verified", "updated_at"])
    return user


def check_reset(*, user_id: UUID | None, token: str) -> None:
    """Raises `BadLink` where `reset` would, and uses nothing up."""
    if not can_reset() or user_id is None or not _found(user_id, MailedToken.Purpose.RESET, token).exists():
        raise BadLink


def reset(*, user_id: UUID | None, token: str, password: str) -> User:
    """Give the account a new password and end every session of it.

    The link came by mail, so the address is verified with it. The row of the token is the lock: of several who
    use the same link one succeeds. Raises `ResetOff`, `BadLink`, and `ValidationError` for a poor password, which
    leaves the link usable.
    """
    if not can_reset():
        raise ResetOff
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id else None
    if user is None:
        raise BadLink
    check_reset(user_id=user.id, token=token)
    check_length(password)
    validate_password(password, user)
    with transaction.atomic():
        _use_up(user.id, MailedToken.Purpose.RESET, token)
        user.set_password(password)
        user.email_verified = True
        user.save(update_fields=["password", "email_verified", "updated_at"])
        MailedToken.objects.filter(user=user).delete()
        sessions.end_all(user=user, new_password=True)
    mails.queue("send_notice", str(user.id), "password")
    return user


def send_notice(*, user: User, what: str) -> None:
    """Tell a person what was changed about their signing in: `password`, `twofactor` or `approved`."""
    if mails.is_configured():
        mails.deliver(mails.Letter(f"notice_{what}", user.email, {"name": user.name, "when": timezone.now()}))


def _issue(user: User, purpose: str) -> str:
    token = secrets.token_hex(32)
    MailedToken.objects.filter(user=user, purpose=purpose).delete()
    MailedToken.objects.create(user=user, purpose=purpose, token_hash=digest(token), expires_at=timezone.now() + LASTS)
    return token


def _found(user_id: UUID, purpose: str, token: str) -> "QuerySet[MailedToken]":
    held = digest(token) if 0 < len(token) <= _MAX_TOKEN_LENGTH else ""
    return MailedToken.objects.filter(
        user_id=user_id, purpose=purpose, token_hash=held, expires_at__gt=timezone.now(), user__is_active=True
    )


def _use_up(user_id: UUID, purpose: str, token: str) -> None:
    deleted, _ = _found(user_id, purpose, token).delete()
    if not deleted:
        raise BadLink
