"""Groups: creating, changing and deleting them, and their members. Every change is in the audit log."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Group, Membership, User
from accounts.services import audit, delegation
from core.refusal import Refusal


class GroupRefused(Refusal):
    """The change cannot be made."""


def create(
    *,
    actor: User | None,
    name: str,
    description: str = "",
    member_ids: list[UUID] | None = None,
    email: str = "",
    avatar: str = "",
    external_id: str = "",
) -> Group:
    """Make a local group with these people in it. Raises `GroupRefused`."""
    group = Group(
        name=_clean_name(name),
        description=description.strip()[:2000],
        email=_clean_email(email),
        avatar=avatar.strip(),
        external_id=external_id.strip(),
    )
    with transaction.atomic():
        if external_id and Group.objects.filter(source=group.source, external_id=group.external_id).exists():
            raise GroupRefused(_("A group with this idOnTheSource already exists."), status=409)
        people = list(User.objects.filter(id__in=member_ids or []))
        if len(people) != len(set(member_ids or [])):
            raise GroupRefused(_("One of these people does not exist."))
        group.save(force_insert=True)
        Membership.objects.bulk_create(Membership(group=group, user=person) for person in people)
        after = {"name": group.name, "members": [person.email for person in people]}
        audit.record(actor=actor, action="group.created", target=_target(group), after=after)
    return group


def update(
    *,
    actor: User | None,
    group: Group,
    name: str | None = None,
    description: str | None = None,
    retention_days: int | str | None = "",
    email: str | None = None,
    avatar: str | None = None,
) -> Group:
    """Change what is given. Raises `GroupRefused`: 403 for another name of a group that has more than the actor."""
    if name is not None and _clean_name(name) != group.name:
        _refuse_unheld(actor, group)
    before = _described(group)
    if name is not None:
        group.name = _clean_name(name)
    if description is not None:
        group.description = description.strip()[:2000]
    if retention_days != "":
        group.retention_days = retention_days  # an int or None
    if email is not None:
        group.email = _clean_email(email)
    if avatar is not None:
        group.avatar = avatar.strip()
    after = _described(group)
    old, new = audit.changes(before, after)
    with transaction.atomic():
        group.save(update_fields=["name", "description", "email", "avatar", "retention_days", "updated_at"])
        if new:
            audit.record(actor=actor, action="group.updated", target=_target(group), before=old, after=new)
    return group


def delete(*, actor: User | None, group: Group) -> None:
    """Delete a group with its memberships, grants and budgets; its people stay. Raises `GroupRefused`."""
    _refuse_unheld(actor, group)
    with transaction.atomic():
        audit.record(actor=actor, action="group.deleted", target=_target(group), before={"name": group.name})
        group.delete()


def add_member(*, actor: User | None, group: Group, user: User, is_manager: bool | None = None) -> Membership:
    """Put a person into a group, or (with `is_manager`) change what they are in it.

    Raises `GroupRefused`: 409 for a synced group, 403 for one that has more than the actor, and for whoever makes a
    manager without being one.
    """
    _refuse_synced(group)
    _refuse_unheld(actor, group)
    with transaction.atomic():
        membership, made = Membership.objects.select_for_update().get_or_create(group=group, user=user)
        was = membership.is_manager
        if is_manager is not None and was != is_manager:
            _refuse_no_manager(actor, group)
            membership.is_manager = is_manager
            membership.save(update_fields=["is_manager"])
        elif not made:
            return membership
        action = "group.member_added" if made else "group.manager_added" if is_manager else "group.manager_removed"
        before = {} if made else {"member": user.email, "manager": was}
        after = {"member": user.email, "manager": membership.is_manager}
        audit.record(actor=actor, action=action, target=_target(group), before=before, after=after)
    return membership


def remove_member(*, actor: User | None, group: Group, user: User) -> bool:
    """Take a person out of a group; False when they were not in it. Raises `GroupRefused` as `add_member` does."""
    _refuse_synced(group)
    _refuse_unheld(actor, group)
    with transaction.atomic():
        if Membership.objects.filter(group=group, user=user, is_manager=True).exists():
            _refuse_no_manager(actor, group)
        gone, _rows = Membership.objects.filter(group=group, user=user).delete()
        if gone:
            before = {"member": user.email}
            audit.record(actor=actor, action="group.member_removed", target=_target(group), before=before)
    return bool(gone)


def is_manager_of(manager: User, person: User) -> bool:
    """Whether `manager` manages a group that `person` is in. One query."""
    managed = Membership.objects.filter(user=manager, is_manager=True).values("group")
    return manager.is_active and Membership.objects.filter(user=person, group__in=managed).exists()


def _refuse_synced(group: Group) -> None:
    if group.source != Group.Source.LOCAL:
        message = _("This group comes from a directory (%(source)s). Change it there.")
        raise GroupRefused(message % {"source": group.source}, status=409)


def _refuse_unheld(actor: User | None, group: Group) -> None:
    delegation.refuse_unheld(actor, delegation.of_group(group), GroupRefused)


def _refuse_no_manager(actor: User | None, group: Group) -> None:
    """A manager sees and sets what a group's people spend: only administrators and its managers hold that."""
    manages = actor is not None and Membership.objects.filter(group=group, user=actor, is_manager=True).exists()
    if not manages:
        message = _("Only an administrator or a manager of this group can change its managers.")
        delegation.refuse_administration(actor, GroupRefused, message)


def _described(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "description": group.description,
        "email": group.email,
        "avatar": group.avatar,
        "retentionDays": group.retention_days,
    }


def _clean_email(text: str) -> str:
    try:
        if cleaned := text.strip():
            validate_email(cleaned)
        return cleaned
    except ValidationError as fault:
        raise GroupRefused(f"email: {fault.messages[0]}") from None


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 500 or not name.isprintable():
        raise GroupRefused(_("A group's name must have 1 to 500 characters."))
    return name


def _target(group: Group) -> audit.AuditTarget:
    return audit.AuditTarget("group", str(group.id), group.name)
