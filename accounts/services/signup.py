"""Making accounts."""

from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import mails

LONGEST_PASSWORD: Final = 128
_LOCK: Final = 0x5041_524C  # Postgres advisory lock: one sign-up at a time


class RegistrationClosed(Exception):
    """People cannot make accounts themselves here."""


class EmailTaken(Exception):
    """Somebody has an account with this address."""


def sign_up(*, name: str, email: str, password: str, username: str = "") -> User:
    """Create an account. The very first becomes the administrator, and only that one.

    Who is first is decided under an advisory lock, because no row exists yet that could be locked. Raises
    `RegistrationClosed`, `EmailTaken`, or `ValidationError` with the faults by field (`name`, `email`,
    `username`, `password`).
    """
    if not settings.ALLOW_REGISTRATION:
        raise RegistrationClosed
    user = User(name=name.strip(), email=email.strip().lower(), username=username.strip())
    _validate(user, password)
    user.set_password(password)  # slow by design, so before the lock
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken
        user.role_id = Role.USER if User.objects.exists() else Role.ADMIN
        # The first account belongs to whoever installs: a mail server that does not work must not lock them out.
        user.email_verified = user.is_admin or not mails.is_configured()
        user.save(force_insert=True)
        if not user.email_verified:
            mails.queue("send_verification", user.email)
    return user


def _validate(user: User, password: str) -> None:
    faults: dict[str, list[str]] = {}
    try:
        user.full_clean(exclude=["password", "role"], validate_unique=False, validate_constraints=False)
    except ValidationError as fault:
        faults.update(fault.message_dict)
    try:
        check_length(password)
        validate_password(password, user)
    except ValidationError as fault:
        faults["password"] = fault.messages
    if faults:
        raise ValidationError(faults)


def check_length(password: str) -> None:
    """Raise `ValidationError` for a password that is too long or only spaces."""
    if len(password) > LONGEST_PASSWORD:
        raise ValidationError(_("A password has at most %(most)s characters.") % {"most": LONGEST_PASSWORD})
    if not password.strip():
        raise ValidationError(_("A password is more than spaces."))
