"""Roles: creating, changing, deleting and assigning them. Every change is in the audit log."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ModelAccess, Role, User
from accounts.services import access_changes, administrators, audit, delegation, permissions, sessions
from accounts.services import model_access as access
from accounts.services.delegation import Rights
from core.refusal import Refusal
from core.written_numbers import as_written

SYSTEM: Final = frozenset({Role.ADMIN, Role.USER})
MAX_COEFFICIENT: Final = Decimal(1000)


class RoleRefused(Refusal):
    """The change cannot be made."""


def create(
    *,
    actor: User | None,
    name: str,
    description: str = "",
    permissions_: object = None,
    model_access: object = None,
) -> Role:
    """Make a role. Raises `RoleRefused` and `BadPermission`: 400 for a bad body, 409 when the name is taken."""
    role = Role(name=_clean_name(name), description=description.strip()[:500])
    role.permissions = permissions.checked(permissions_ or {})
    rows = _checked_access(model_access or {})
    given = Rights(bits=delegation.bits_on(permissions.permissions_of(role)), models=access.access_by(rows))
    delegation.refuse_unheld(actor, given, RoleRefused)
    with transaction.atomic():
        if Role.objects.filter(name__iexact=role.name).exists():
            raise RoleRefused(_("A role with this name already exists."), status=409)
        role.save(force_insert=True)
        _replace_access(role, rows)
        audit.record(actor=actor, action="role.created", target=_target(role), after=to_plain(role))
    return role


def update(
    *,
    actor: User | None,
    role: Role,
    description: str | None = None,
    permissions_: object = None,
    model_access: object = None,
    retention_days: int | str | None = "",
    name: str | None = None,
) -> Role:
    """Change what is given; permissions are merged bit by bit, `model_access` replaces the whole list.

    Raises `RoleRefused`. The role `ADMIN` keeps its power over roles, so that nobody locks everybody out.
    """
    _refuse_own(actor, role)
    merged = _merged(role, permissions.checked(permissions_)) if permissions_ is not None else None
    rows = _checked_access(model_access) if model_access is not None else None
    if merged is not None and role.name == Role.ADMIN and not all(merged.get("ROLE_MANAGEMENT", {}).values()):
        raise RoleRefused(_("The role ADMIN must be able to manage roles."))
    with transaction.atomic():
        role = Role.objects.select_for_update().get(name=role.name)
        _refuse_unheld_changes(actor, role, merged, rows)
        if name is not None and name != role.name:
            role = rename(actor=actor, role=role, name=name)
        before = to_plain(role)
        if description is not None:
            role.description = description.strip()[:500]
        if merged is not None:
            role.permissions = merged
        if retention_days != "":
            role.retention_days = retention_days  # an int or None
        role.save(update_fields=["description", "permissions", "retention_days"])
        if rows is not None:
            _replace_access(role, rows)
        permissions.bits_of.invalidate()
        old, new = audit.changes(before, to_plain(role))
        if new:
            audit.record(actor=actor, action="role.updated", target=_target(role), before=old, after=new)
        if "permissions" in new:  # what a key opened may be open still
            for person in User.objects.filter(role=role, api_keys__isnull=False).distinct():
                access_changes.announce(person.id)
    return role


def rename(*, actor: User | None, role: Role, name: str) -> Role:
    """Give a role another name; its people stay in it.

    A provider names roles: whoever gives one a new name gives it to others. Raises `RoleRefused`: 403 for the two that
    always exist, and for a role that has more than the actor.
    """
    if role.name in SYSTEM:
        raise RoleRefused(_("The roles ADMIN and USER can't be renamed."), status=403)
    old = role.name
    name = _clean_name(name)
    if name == old:
        return role
    delegation.refuse_unheld(actor, delegation.of_role(role), RoleRefused)
    with transaction.atomic():
        if Role.objects.filter(name__iexact=name).exclude(name=old).exists():
            raise RoleRefused(_("A role with this name already exists."), status=409)
        renamed = Role.objects.select_for_update().get(name=old)
        renamed.name = name
        renamed.save(force_insert=True)
        for relation in Role._meta.related_objects:
            field = relation.field.name
            relation.related_model._default_manager.filter(**{field: old}).update(**{field: name})
        Role.objects.filter(name=old).delete()
        _forget()
        audit.record(
            actor=actor, action="role.renamed", target=_target(renamed), before={"name": old}, after={"name": name}
        )
    return renamed


def delete(*, actor: User | None, role: Role) -> None:
    """Delete a role that nobody has. Raises `RoleRefused`: 403 for the two that always exist, 409 while in use."""
    if role.name in SYSTEM:
        raise RoleRefused(_("The roles ADMIN and USER can't be deleted."), status=403)
    _refuse_own(actor, role)
    delegation.refuse_unheld(actor, replace(delegation.of_role(role), models=None), RoleRefused)
    with transaction.atomic():
        stored_role = Role.objects.select_for_update().filter(name=role.name).first()
        if stored_role is None:  # somebody else was quicker
            raise RoleRefused(_("Role not found."), status=404)
        people = stored_role.people.count()
        if people:
            message = ngettext(
                "%(count)d person has this role. Give them another role first.",
                "%(count)d people have this role. Give them another role first.",
                people,
            )
            raise RoleRefused(message % {"count": people}, status=409)
        audit.record(actor=actor, action="role.deleted", target=_target(stored_role), before=to_plain(stored_role))
        stored_role.delete()
        _forget()


def give(*, actor: User | None, user: User, role: str) -> User:
    """Give a person another role and end their sessions.

    Raises `RoleRefused`: 403 where the old role or the new one has more than the actor. Locks all administrators' rows.
    """
    new_role = Role.objects.filter(name=role).first()
    if new_role is None:
        raise RoleRefused(_("Role not found."))
    if user.role_id == new_role.name:
        return user
    if actor is not None and actor.id == user.id:
        delegation.refuse_administration(actor, RoleRefused, _("Only an administrator can change their own role."))
    delegation.refuse_unheld(actor, delegation.of_role(new_role), RoleRefused)
    delegation.refuse_unheld(actor, replace(delegation.of_role(user.role), models=None), RoleRefused)
    with transaction.atomic():
        if administrators.is_last(user):
            raise RoleRefused(str(administrators.IS_LAST))
        before = user.role_id
        user.role = new_role
        user.save(update_fields=["role", "updated_at"])
        sessions.end_all(user=user)
        target = audit.AuditTarget("user", str(user.id), user.email)
        audit.record(actor=actor, action="user.role", target=target, before={"role": before}, after={"role": role})
    return user


def _refuse_own(actor: User | None, role: Role) -> None:
    """Who is no administrator changes neither their own role nor `ADMIN`."""
    if actor is not None and role.name in {Role.ADMIN, actor.role_name}:
        delegation.refuse_administration(actor, RoleRefused, _("Only an administrator can change this role."))


def _refuse_unheld_changes(
    actor: User | None, role: Role, merged: dict[str, dict[str, bool]] | None, rows: list[ModelAccess] | None
) -> None:
    """Nobody switches on or off what they have not themself, nor lets a role use more models, or any for less."""
    had = permissions.permissions_of(role)
    changed = delegation.bits_on(had) ^ delegation.bits_on(had if merged is None else merged)
    models = None if rows is None else access.access_by(rows)
    before = access.access_by(access.rows_of(role.name))
    delegation.refuse_unheld(actor, Rights(bits=changed, models=models), RoleRefused, before=before)


def to_plain(role: Role) -> dict[str, Any]:
    """Return all of a role as plain values: what the API shows and the audit log keeps.

    A coefficient is a number of JSON here, as clients expect it. It has at most eight digits, which a float shows as
    they are, and nobody calculates with it.
    """
    rows = access.rows_of(role.name)
    return {
        "name": role.name,
        "description": role.description,
        "permissions": permissions.permissions_of(role),
        "retentionDays": role.retention_days,
        "modelAccess": {_key(row): {"enabled": row.enabled, "coefficient": float(row.coefficient)} for row in rows},
    }


def _key(row: ModelAccess) -> str:
    return f"{row.endpoint}/{row.model}" if row.endpoint else row.model


def _target(role: Role) -> audit.AuditTarget:
    return audit.AuditTarget("role", role.name, role.name)


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 64 or not name.isprintable() or "/" in name:
        raise RoleRefused(_("A role's name must have 1 to 64 characters and no slash."))
    return name


def _merged(role: Role, changes: Mapping[str, Mapping[str, bool]]) -> dict[str, dict[str, bool]]:
    merged = permissions.permissions_of(role)
    for kind, bits in changes.items():
        merged[kind] = merged[kind] | dict(bits)
    return merged


def _checked_access(value: object) -> list[ModelAccess]:
    """Return the rows that a `modelAccess` object describes: model, or endpoint/model → {enabled, coefficient}."""
    if not isinstance(value, dict):
        raise RoleRefused(_("`modelAccess` must be an object of models."))
    rows = []
    for key, entry in value.items():
        if not isinstance(entry, dict) or not set(entry) <= {"enabled", "coefficient"}:
            raise RoleRefused(_("A model needs `enabled` and `coefficient`."))
        enabled, coefficient = entry.get("enabled", True), _coefficient(entry.get("coefficient", 1))
        if not isinstance(enabled, bool):
            raise RoleRefused(_("`enabled` must be true or false."))
        endpoint, slash, model = str(key).partition("/")
        if not slash or not is_endpoint(endpoint):
            endpoint, model = "", str(key)
        if not model or len(model) > 256:
            raise RoleRefused(_("A model's name must have 1 to 256 characters."))
        rows.append(ModelAccess(endpoint=endpoint, model=model, enabled=enabled, coefficient=coefficient))
    return rows


# Model names may hold a slash themselves (`meta/llama-3`): only a known endpoint's name before it is one.
_endpoint_names: list[Any] = []


def know_endpoints(names: Any) -> None:
    """Let `endpoints` say what its endpoints are called: a callable that returns their names."""
    _endpoint_names[:] = [names]


def is_endpoint(name: str) -> bool:
    """Whether there is an endpoint of this name."""
    return bool(_endpoint_names) and name in _endpoint_names[0]()


def _coefficient(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise RoleRefused(_("`coefficient` must be a number."))
    try:
        number = Decimal(str(as_written(value)))
    except InvalidOperation:
        raise RoleRefused(_("`coefficient` must be a number.")) from None
    if not number.is_finite() or not 0 <= number <= MAX_COEFFICIENT:
        raise RoleRefused(_("`coefficient` must be between 0 and 1000."))
    return round(number, 4)


def _replace_access(role: Role, rows: list[ModelAccess]) -> None:
    ModelAccess.objects.filter(role=role).delete()
    for row in rows:
        row.role = role
    ModelAccess.objects.bulk_create(rows)
    _forget()


def _forget() -> None:
    access.access_of.invalidate()
    permissions.bits_of.invalidate()
