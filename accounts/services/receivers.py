"""Receivers of allauth's and Django's signals: what a sign-in, a sign-out or a changed password ends elsewhere."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import user_logged_in, user_logged_out
from django.http import HttpRequest

from accounts.models import User
from accounts.services import access_changes, mails, sessions


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    for changed in (account.password_changed, account.password_set):
        changed.connect(_password_changed, dispatch_uid="accounts.password")
    for changed in (mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset):
        changed.connect(_factor_changed, dispatch_uid="accounts.factor")


def _signed_in(request: HttpRequest, **_: Any) -> None:
    sessions.session_started(request)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if isinstance(user, User):
        access_changes.announce(user.id)


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    sessions.end_others(request=request, user=user, new_password=True)
    mails.queue("send_notice", str(user.id), "password")


def _factor_changed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return  # they come and go with an app or a passkey, which tells
    sessions.end_others(request=request, user=user)
    mails.queue("send_notice", str(user.id), "twofactor")
