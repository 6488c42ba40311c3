"""Creating accounts."""

from typing import Final
from uuid import uuid4

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Invitation, Role, User
from accounts.services import domains, invitations, mails, site
from core.refusal import Refusal

MAX_PASSWORD_LENGTH: Final = 128
USERNAME: Final = r"^[\w.@#$%&()-]*$"
SHORTEST_USERNAME: Final = 2
_LOCK: Final = 0x5041_524C  # Postgres advisory lock: one sign-up at a time


class RegistrationClosed(Refusal):
    """People cannot make accounts themselves here."""

    status = 403
    default_message = gettext_lazy("Sign-up is closed. Ask your administrator for an account.")


class EmailTaken(Refusal):
    """Somebody has an account with this address."""

    status = 409
    default_message = gettext_lazy("An account with this email address already exists. Sign in instead.")


def is_first_start() -> bool:
    """Return whether there is no account yet: the next one administers the site."""
    return not User.objects.exists()


def sign_up(*, name: str, email: str, password: str, username: str = "", invitation: str = "") -> User:
    """Create an account. The very first becomes the administrator, and only that one.

    Who is first is decided under an advisory lock, because no row exists yet that could be locked. With the token
    of an `invitation` registration need not be open, the role is the invitation's, and the address is verified
    already, for the token came by mail. Raises `RegistrationClosed`, `DomainRefused`, `BadInvitation`,
    `EmailTaken`, or `ValidationError` with the faults by field (`name`, `email`, `username`, `password`).
    """
    user = User(name=name.strip(), email=email.strip().lower(), username=username.strip())
    invited = _invitation(invitation, user.email) if invitation else None
    if invited is None:
        if not site.current().allow_registration:
            raise RegistrationClosed
        domains.check(user.email)
    check_account(user, password)
    user.set_password(password)  # slow by design, so before the lock
    return _insert(user, invited)


def admit(
    *, email: str, name: str, username: str, provider: str, email_verified: bool, may_be_first: bool = True
) -> User:
    """Create an account without a password for somebody whom `provider` vouches for.

    Whether it may is decided by who calls; the rest is as in `sign_up`, but where `may_be_first` is false the very
    first is no administrator, and where `email_verified` the address needs no other proof. Names are cut to what
    fits. Raises `EmailTaken` and `ValidationError`.
    """
    email = email.strip().lower()
    name = _fitting(name) or email.partition("@")[0][:80]
    user = User(email=email, name=name, username=_fitting(username), provider=provider)
    user.set_unusable_password()
    _check(user)
    if not domains.is_allowed(email):
        raise ValidationError({"email": _("Addresses from this domain can't be used for an account here.")})
    return _insert(user, may_be_first=may_be_first, email_verified=email_verified)


def _insert(
    user: User, invited: Invitation | None = None, *, may_be_first: bool = True, email_verified: bool = False
) -> User:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if User.objects.filter(email=user.email).exists():
            _rehearse(user)
            raise EmailTaken
        if user.username and User.objects.filter(username__iexact=user.username).exists():
            if user.provider == "local":
                raise ValidationError({"username": _("This username is already taken.")})
            user.username = ""
        _place(user, invited, may_be_first=may_be_first, email_verified=email_verified)
        user.save(force_insert=True)
        if not user.email_verified:
            mails.queue("send_verification", user.email)
    return user


def _rehearse(user: User) -> None:
    """Do what making the account would do, and undo it: a taken address must not be answered sooner than a new one."""
    user.email = f"{uuid4().hex}@rehearsal.invalid"
    _place(user, None, may_be_first=False, email_verified=False)
    with transaction.atomic():
        user.save(force_insert=True)
        transaction.set_rollback(True)


def _invitation(token: str, email: str) -> Invitation:
    invited = invitations.find(token=token)
    if invited.email != email:
        raise invitations.BadInvitation
    return invited


def _place(user: User, invited: Invitation | None, *, may_be_first: bool, email_verified: bool) -> None:
    """Decide what a new account may do, and use the invitation up."""
    # The first account belongs to whoever installs: a mail server that does not work must not lock them out.
    is_first = may_be_first and is_first_start()
    user.role_id = Role.ADMIN if is_first else Role.USER
    user.email_verified = email_verified or is_first or not mails.is_configured()
    user.waits_for_approval = site.current().require_approval and not is_first
    if invited is not None:
        invitations.use_up(invited)
        user.role_id = user.role_id if is_first else invitations.role_of(invited)
        user.email_verified, user.waits_for_approval = True, False


def _fitting(name: str) -> str:
    return "".join(character for character in name if character.isprintable()).strip()[:80].strip()


def _check(user: User) -> None:
    user.full_clean(exclude=["password", "role"], validate_unique=False, validate_constraints=False)


def check_account(user: User, password: str) -> None:
    """Raise `ValidationError` with the faults by field, if the account could not be made like this."""
    faults: dict[str, list[str]] = {}
    try:
        _check(user)
    except ValidationError as fault:
        faults.update(fault.message_dict)
    try:
        check_password(password, user)
    except ValidationError as fault:
        faults["password"] = fault.messages
    if faults:
        raise ValidationError(faults)


def check_password(password: str, user: User) -> None:
    """Raise `ValidationError` for a password that this person must not have."""
    check_length(password)
    validate_password(password, user)


def check_length(password: str) -> None:
    """Raise `ValidationError` for a password that is too long or only spaces."""
    if len(password) > MAX_PASSWORD_LENGTH:
        raise ValidationError(
            ngettext(
                "A password can have at most %(most)s character.",
                "A password can have at most %(most)s characters.",
                MAX_PASSWORD_LENGTH,
            )
            % {"most": MAX_PASSWORD_LENGTH}
        )
    if not password.strip():
        raise ValidationError(_("A password can't be only spaces."))
