"""What administrators do with accounts: make them, give them passwords, switch them on and off."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts import audit
from accounts.models import Role, User
from accounts.services import sessions
from accounts.services.signup import EmailTaken, check_account, check_password


class RoleMissing(Exception):
    """There is no role of this name."""


def make_account(
    *, actor: User | None, name: str, email: str, password: str, username: str = "", role: str = Role.USER
) -> User:
    """Make an account for somebody, also while registration is closed. The address counts as verified.

    Raises `EmailTaken`, `RoleMissing`, and `ValidationError` with the faults by field.
    """
    user = User(name=name.strip(), email=email.strip().lower(), username=username.strip(), role_id=role)
    if not Role.objects.filter(name=role).exists():
        raise RoleMissing
    check_account(user, password)
    user.set_password(password)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"account:{user.email}"])
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken
        if user.username and User.objects.filter(username__iexact=user.username).exists():
            raise ValidationError({"username": "This user name is taken."})
        user.save(force_insert=True)
        after = {"email": user.email, "role": role}
        audit.record(actor=actor, action="user.created", target=_target(user), after=after)
    return user


def set_password(*, actor: User | None, user: User, password: str) -> None:
    """Give a person a new password and sign them out everywhere. Raises `ValidationError`."""
    check_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        sessions.end_all(user=user)
        audit.record(actor=actor, action="user.password", target=_target(user), after={"password": "set"})


def set_active(*, actor: User | None, user: User, active: bool) -> None:
    """Switch an account on or off; off ends its sessions. Raises `ValidationError` for the only administrator."""
    with transaction.atomic():
        admins = list(User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("id"))
        if not active and user.is_admin and not [each for each in admins if each.id != user.id]:
            raise ValidationError("This is the only administrator. Make somebody else one first.")
        if user.is_active == active:
            return
        user.is_active = active
        user.save(update_fields=["is_active", "updated_at"])
        if not active:
            sessions.end_all(user=user)
        changed = {"before": {"active": not active}, "after": {"active": active}}
        audit.record(actor=actor, action="user.active", target=_target(user), **changed)


def _target(user: User) -> audit.Target:
    return audit.Target("user", str(user.id), user.email)
