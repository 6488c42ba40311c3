"""Nobody can give or take rights that they do not hold.

This one rule covers every service that gives or takes rights: assigning, editing or renaming a role or a group,
capabilities, grants on objects, invitations, setting somebody's password. Each describes the change as `Rights` and
calls `refuse_unheld`. Administrators (the role `ADMIN`) and commands (no actor) hold everything. Anybody may pass on
what the role `USER` permits, because everybody has it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Grant, Group, Role, User
from accounts.services import permissions
from accounts.services.model_access import RoleModels, access_by, access_of, rows_of
from accounts.services.resources import kind_of

Bit = tuple[str, str]
Object = tuple[str, UUID]
Refusal = Callable[..., Exception]
ADMINISTRATION: Final = "ADMIN"  # what only the role of this name holds


@dataclass(frozen=True, slots=True)
class Rights:
    """Rights that are given or taken. `models`: what may be used, where that is passed on, too."""

    bits: frozenset[Bit] = frozenset()
    powers: frozenset[str] = frozenset()
    objects: Mapping[Object, int] = field(default_factory=dict)
    models: RoleModels | None = None
    is_administration: bool = False


def of_role(role: Role) -> Rights:
    """Return what everybody of this role has by it."""
    return Rights(
        bits=bits_on(permissions.permissions_of(role)),
        powers=permissions.capabilities_of_role(role),
        objects=_on_objects(Grant.objects.filter(role=role)),
        models=access_by(rows_of(role.name)),
        is_administration=role.name == Role.ADMIN,
    )


def of_group(group: Group) -> Rights:
    """Return what everybody in this group has by it."""
    return Rights(
        powers=permissions.capabilities_of_group(group), objects=_on_objects(Grant.objects.filter(group=group))
    )


def of_person(user: User) -> Rights:
    """Return all that this person has: what somebody gets who can sign in as them."""
    return Rights(
        bits=bits_on(permissions.permissions_of(user.role)),
        powers=permissions.capabilities_of(user),
        objects=_on_objects(Grant.objects.reaching(user)),
        models=access_of(user.role_name),
        is_administration=user.is_admin,
    )


def bits_on(permitted: Mapping[str, Mapping[str, bool]]) -> frozenset[Bit]:
    """Return the bits of these permissions that are on."""
    return frozenset((kind, bit) for kind, bits in permitted.items() for bit, on in bits.items() if on)


def holds_everything(actor: User | None) -> bool:
    """Whether the rule does not bind `actor`: an administrator, or a command."""
    return actor is None or (actor.is_admin and actor.may_enter)


def refuse_unheld(actor: User | None, moved: Rights, refusal: Refusal, *, before: RoleModels | None = None) -> None:
    """Raise `refusal` (403) if `actor` would give or take something that they do not hold.

    `before` is what the models were: what stays as it was is not given.
    """
    if actor is None or holds_everything(actor):
        return
    if lacking := _lacking(actor, moved, before):
        message = _("You can't grant or revoke “%(right)s” because you don't have it yourself.")
        raise refusal(message % {"right": lacking}, status=403)


def refuse_administration(actor: User | None, refusal: Refusal, message: str) -> None:
    """Raise `refusal` (403) for whoever is no administrator."""
    if not holds_everything(actor):
        raise refusal(message, status=403)


def refuse_unheld_bits(held: int, moved: int, refusal: Refusal) -> None:
    """Raise `refusal` (403) if some of the `moved` rights on one object are not among those that the actor has on it.

    What people share is theirs: here administrators are bound, too.
    """
    if moved & ~held:
        raise refusal(_("You can't grant or revoke rights that you don't have yourself."), status=403)


def may_pass_on(actor: User | None, moved: Rights) -> bool:
    """Whether `actor` holds all of this."""
    return actor is None or holds_everything(actor) or not _lacking(actor, moved, None)


def _lacking(actor: User, moved: Rights, before: RoleModels | None) -> str:
    """Return the name of something in `moved` that `actor` does not hold; empty when there is nothing."""
    if moved.is_administration:
        return ADMINISTRATION
    if not actor.may_enter:
        return _("any right")
    return next(_unheld(actor, moved, before), "")


def _unheld(actor: User, moved: Rights, before: RoleModels | None) -> Iterator[str]:
    everybody = Role.objects.get(name=Role.USER)
    held = bits_on(permissions.permissions_of(actor.role)) | bits_on(permissions.permissions_of(everybody))
    yield from (".".join(permission) for permission in sorted(moved.bits - held))
    yield from sorted(moved.powers - permissions.capabilities_of(actor) - permissions.capabilities_of_role(everybody))
    if _has_unheld_object(actor, moved.objects):
        yield _("rights on items shared by others")
    if moved.models is not None:
        known = [access_of(actor.role_name), access_of(Role.USER), before]
        yield from _unheld_models(moved.models, [role_models for role_models in known if role_models is not None])


def _has_unheld_object(actor: User, objects: Mapping[Object, int]) -> bool:
    if not objects:
        return False
    held = _on_objects(
        Grant.objects.reaching(actor).filter(resource_id__in=[resource_id for _kind, resource_id in objects])
    )
    everybodys = _on_objects(Grant.objects.filter(role=Role.USER))
    return any(
        bits & ~(held.get(key, 0) | everybodys.get(key, 0)) and not _made(actor, *key) for key, bits in objects.items()
    )


def _made(actor: User, kind: str, resource_id: UUID) -> bool:
    shared_kind = kind_of(kind)
    shared = shared_kind.find(resource_id) if shared_kind else None
    return shared is not None and shared.owner_id == actor.id


def _unheld_models(wanted: RoleModels, held: Sequence[RoleModels]) -> Iterator[str]:
    """Yield each model that `wanted` allows, or allows for less, and none of `held` does."""
    if not wanted.rows and all(role_models.rows for role_models in held):
        yield _("every model")
    named = {key for role_models in (wanted, *held) for key in role_models.rows} if wanted.rows else set()
    for endpoint, model in sorted(named):
        cost = wanted.coefficient(endpoint, model)
        covered = any(
            role_models.allows(endpoint, model) and role_models.coefficient(endpoint, model) <= cost
            for role_models in held
        )
        if wanted.allows(endpoint, model) and not covered:
            yield f"{endpoint}/{model}" if endpoint else model


def _on_objects(rows: Iterable[Grant]) -> dict[Object, int]:
    bits_by_object: dict[Object, int] = {}
    for row in rows:
        key = (row.resource_type, row.resource_id)
        bits_by_object[key] = bits_by_object.get(key, 0) | row.bits
    return bits_by_object
