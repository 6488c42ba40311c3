"""Letting people in and keeping them out. Every change is in the audit log and ends the person's sessions."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Role, User
from accounts.services import sessions


class PersonRefused(Exception):
    """The change cannot be made; `message` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def switch(*, actor: User | None, user: User, on: bool) -> User:
    """Switch an account on or off. Raises `PersonRefused` for the last administrator.

    Locks all administrators' rows, so that two who switch each other off at once cannot leave the site without one.
    """
    with transaction.atomic():
        admins = list(User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("id"))
        if user.is_active == on:
            return user
        if not on and user.is_admin and not [each for each in admins if each.id != user.id]:
            raise PersonRefused(_("This is the only administrator. Make somebody else one first."))
        user.is_active = on
        user.save(update_fields=["is_active", "updated_at"])
        if not on:
            sessions.end_all(user=user)
        _record(actor, user, "user.switched_on" if on else "user.switched_off", {"active": not on}, {"active": on})
    return user


def approve(*, actor: User | None, user: User) -> User:
    """Let a person in who waits for it."""
    with transaction.atomic():
        if not User.objects.filter(id=user.id, waits_for_approval=True).update(waits_for_approval=False):
            return user
        user.waits_for_approval = False
        _record(actor, user, "user.approved", {"waits": True}, {"waits": False})
    return user


def sign_out(*, actor: User | None, user: User) -> None:
    """End all sessions of a person."""
    with transaction.atomic():
        sessions.end_all(user=user)
        _record(actor, user, "user.signed_out", {}, {})


def _record(actor: User | None, user: User, action: str, before: dict[str, bool], after: dict[str, bool]) -> None:
    target = audit.Target("user", str(user.id), user.email)
    audit.record(actor=actor, action=action, target=target, before=before, after=after)
