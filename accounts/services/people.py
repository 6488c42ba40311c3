"""Administration of accounts: creating them, setting passwords, enabling and disabling them."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import administrators, approval, audit, delegation, mails, sessions, twofactor
from accounts.services.signup import EmailTaken, check_account, check_password
from core.refusal import Refusal


class PersonRefused(Refusal):
    """The change cannot be made."""


class RoleMissing(Refusal):
    """There is no role of this name."""

    status = 404


def make_account(
    *, actor: User | None, name: str, email: str, password: str, username: str = "", role: str = Role.USER
) -> User:
    """Make an account for somebody, also while registration is closed. The address counts as verified.

    Raises `EmailTaken`, `RoleMissing`, `PersonRefused`, and `ValidationError` with the faults by field.
    """
    user = User(name=name.strip(), email=email.strip().lower(), username=username.strip(), role_id=role)
    stored_role = Role.objects.filter(name=role).first()
    if stored_role is None:
        raise RoleMissing(_("Role %s not found.") % role)
    delegation.refuse_unheld(actor, delegation.of_role(stored_role), PersonRefused)
    check_account(user, password)
    user.set_password(password)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"account:{user.email}"])
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken
        if user.username and User.objects.filter(username__iexact=user.username).exists():
            raise ValidationError({"username": _("This username is already taken.")})
        user.save(force_insert=True)
        after = {"email": user.email, "role": role}
        audit.record(actor=actor, action="user.created", target=_target(user), after=after)
    return user


def set_password(*, actor: User | None, user: User, password: str) -> None:
    """Give a person a new password and sign them out everywhere. Raises `ValidationError`, `PersonRefused`."""
    _refuse_unheld(actor, user)
    check_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        sessions.end_all(user=user, new_password=True)
        audit.record(actor=actor, action="user.password", target=_target(user), after={"password": "set"})


def switch(*, actor: User | None, user: User, on: bool) -> User:
    """Switch an account on or off. Raises `PersonRefused` for the last administrator.

    Locks all administrators' rows.
    """
    if user.is_active == on:
        return user
    with transaction.atomic():
        if not on and administrators.is_last(user):
            raise PersonRefused(str(administrators.IS_LAST))
        user.is_active = on
        user.save(update_fields=["is_active", "updated_at"])
        if not on:
            sessions.end_all(user=user)
        _record(actor, user, "user.switched_on" if on else "user.switched_off", {"active": not on}, {"active": on})
    return user


def approve(*, actor: User | None, user: User) -> User:
    """Let a person in who waits for it, and tell them."""
    with transaction.atomic():
        if not User.objects.filter(id=user.id, waits_for_approval=True).update(waits_for_approval=False):
            return user
        user.waits_for_approval = False
        _record(actor, user, "user.approved", {"waits": True}, {"waits": False})
        approval.approved(user=user)
    return user


def sign_out(*, actor: User | None, user: User) -> None:
    """End all sessions of a person."""
    with transaction.atomic():
        sessions.end_all(user=user)
        _record(actor, user, "user.signed_out", {}, {})


def remove_second_factor(*, actor: User | None, user: User) -> None:
    """Let somebody in who lost their app and their codes; they are signed out, and told by mail."""
    _refuse_unheld(actor, user)
    with transaction.atomic():
        before = twofactor.ways_of(user)
        twofactor.reset(user=user)
        sessions.end_all(user=user)
        factors = {"app": before.has_app, "passkeys": len(before.passkeys)}
        audit.record(actor=actor, action="user.second_factor_removed", target=_target(user), before=factors)
        mails.queue("send_notice", str(user.pk), "twofactor")


def _refuse_unheld(actor: User | None, user: User) -> None:
    """Who sets what somebody signs in with gets all that this one holds."""
    delegation.refuse_unheld(actor, delegation.of_person(user), PersonRefused)


def _record(actor: User | None, user: User, action: str, before: dict[str, bool], after: dict[str, bool]) -> None:
    audit.record(actor=actor, action=action, target=_target(user), before=before, after=after)


def _target(user: User) -> audit.AuditTarget:
    return audit.AuditTarget("user", str(user.id), user.email)
