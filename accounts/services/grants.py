"""The access list of shared objects: rights on them, and changing these. Every change is in the audit log.

A person's rights on an object are the union of those granted to them, to their groups, to their role and to everybody;
its creator has all of them without a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Group, Role, User
from accounts.models.access import Grant, Principal
from accounts.services import audit, delegation, permissions, picker
from accounts.services.resources import SharedKind, SharedObject, kind_of
from core.refusal import Refusal

ROLES: Final[Mapping[str, int]] = {"viewer": Grant.VIEWER, "editor": Grant.EDITOR, "owner": Grant.OWNER}
MAX_ENTRIES: Final = 200  # entries of one list


class GrantRefused(Refusal):
    """The list cannot be changed so."""


@dataclass(frozen=True, slots=True)
class Grantee:
    """A principal: `id` is a person's or group's id or a role's name, and empty for everybody."""

    type: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """A row of the list, with what is shown of the principal. `is_fixed`: who made the object, always its owner."""

    grantee: Grantee
    bits: int
    name: str = ""
    email: str = ""  # of people only; see `picker.Candidate`
    description: str = ""
    is_fixed: bool = False

    @property
    def role(self) -> str:
        """The name of these rights, or an empty one for others than the three."""
        return next((name for name, bits in ROLES.items() if bits == self.bits), "")


def bits_of(user: User, kind: str, ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return what is granted to the person on each of these objects; what is not there is nothing. One query."""
    bits_by_id: dict[UUID, int] = {}
    if user.may_enter:
        rows = Grant.objects.reaching(user).filter(resource_type=kind, resource_id__in=list(ids))
        for resource_id, bits in rows.values_list("resource_id", "bits"):
            bits_by_id[resource_id] = bits_by_id.get(resource_id, 0) | bits
    return bits_by_id


def visible_ids(user: User, kind: str) -> QuerySet[Grant, UUID]:
    """Return the ids of what others let the person see, to stand in a query."""
    rows = Grant.objects.reaching(user).filter(resource_type=kind)
    return rows.alias(seen=F("bits").bitand(Grant.VIEW)).filter(seen=Grant.VIEW).values_list("resource_id", flat=True)


def all_bits(user: User, kind: SharedKind) -> dict[UUID, int]:
    """Return the person's rights on every object of a kind on which they have any."""
    bits_by_id: dict[UUID, int] = {}
    for resource_id, bits in (
        Grant.objects.reaching(user).filter(resource_type=kind.name).values_list("resource_id", "bits")
    ):
        bits_by_id[resource_id] = bits_by_id.get(resource_id, 0) | bits
    return bits_by_id | dict.fromkeys(kind.owned(user), Grant.OWNER)


def shared_for(user: User, kind_name: str, resource_id: UUID, *, needs: int) -> tuple[SharedKind, SharedObject, int]:
    """Return the kind, the object and the person's rights on it.

    Raises `Http404` to whom may not see it, and `PermissionDenied` to whom may but lacks one of `needs`.
    """
    kind = kind_of(kind_name)
    shared = kind.find(resource_id) if kind else None
    if kind is None or shared is None:
        raise Http404("There is no such thing.")
    bits = Grant.OWNER if shared.owner_id == user.id else bits_of(user, kind.name, [resource_id]).get(resource_id, 0)
    if not bits & Grant.VIEW:
        raise Http404("There is no such thing.")
    if needs & ~bits:
        raise PermissionDenied
    return kind, shared, bits


def entries(actor: User, kind: SharedKind, shared: SharedObject) -> list[AccessEntry]:
    """Return the list as `actor` may see it: who made the object, then the others by name. Two queries."""
    rows = Grant.objects.filter(resource_type=kind.name, resource_id=shared.id).exclude(user=shared.owner_id)
    access_list = [_entry(actor, grant) for grant in rows.select_related("user", "group", "role")]
    order = [Principal.PUBLIC, Principal.ROLE, Principal.GROUP, Principal.USER]
    access_list.sort(
        key=lambda entry: (order.index(Principal(entry.grantee.type)), entry.name.casefold(), entry.grantee.id)
    )
    if shared.owner_id and (maker := User.objects.filter(id=shared.owner_id).first()):
        access_list.insert(0, _of_person(actor, maker, Grant.OWNER, is_fixed=True))
    return access_list


def _of_person(actor: User, user: User, bits: int, *, is_fixed: bool = False) -> AccessEntry:
    shown = picker.candidate_of(actor, user)
    return AccessEntry(Grantee("user", str(user.id)), bits, shown.name, shown.email, is_fixed=is_fixed)


def _entry(actor: User, grant: Grant) -> AccessEntry:
    if grant.user is not None:
        return _of_person(actor, grant.user, grant.bits)
    if grant.group is not None:
        return AccessEntry(
            Grantee("group", str(grant.group_id)), grant.bits, grant.group.name, "", grant.group.description
        )
    if grant.role is not None:
        return AccessEntry(Grantee("role", grant.role.name), grant.bits, grant.role.name, "", grant.role.description)
    return AccessEntry(Grantee("public"), grant.bits, _("Everyone signed in"))


def may_share(user: User, kind: SharedKind, *, publicly: bool = False) -> bool:
    """Whether the person's role lets them share things of this kind."""
    return permissions.may(user, kind.permission, "SHARE_PUBLIC" if publicly else "SHARE")


def change(
    *, actor: User, kind_name: str, resource_id: UUID, give: Mapping[Grantee, int], take: Iterable[Grantee] = ()
) -> list[AccessEntry]:
    """Give principals these rights instead of those they had, and take all from others; all of it or nothing.

    Return the new list. Raises `Http404`, `PermissionDenied`, and `GrantRefused`: 403 for what the actor may not
    give, 400 for what cannot be. Locks the object's list until the transaction ends.
    """
    with transaction.atomic():
        _lock(resource_id)
        kind, shared, held = shared_for(actor, kind_name, resource_id, needs=Grant.SHARE)
        if not may_share(actor, kind):
            raise GrantRefused(_("Your role doesn't allow you to share this."), status=403)
        before = entries(actor, kind, shared)
        given = {_cleaned(grantee): bits for grantee, bits in give.items()}
        taken = {_cleaned(grantee) for grantee in take} - set(given)
        had = {entry.grantee: entry.bits for entry in before}
        given = {grantee: bits for grantee, bits in given.items() if had.get(grantee) != bits}
        _refuse(actor, kind, before, held, given, taken)
        _store(actor, kind, shared, given, taken)
        after = entries(actor, kind, shared)
        _refuse_orphan(after)
        old, new = audit.changes(_plain(before), _plain(after))
        if old or new:
            target = audit.AuditTarget(kind.name, str(shared.id), shared.title)
            audit.record(actor=actor, action=f"{kind.name}.shared", target=target, before=old, after=new)
    return after


def _lock(resource_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grants:{resource_id}"])


def _cleaned(grantee: Grantee) -> Grantee:
    if grantee.type == Principal.PUBLIC:
        return Grantee("public")
    if grantee.type not in Principal.values:
        raise GrantRefused(_("Unknown kind of principal."))
    if grantee.type != Principal.ROLE:
        try:
            return Grantee(grantee.type, str(UUID(grantee.id)))
        except ValueError:
            raise GrantRefused(_("This is not a valid id.")) from None
    return grantee


def _refuse(
    actor: User,
    kind: SharedKind,
    before: Sequence[AccessEntry],
    held: int,
    given: Mapping[Grantee, int],
    taken: Iterable[Grantee],
) -> None:
    had = {entry.grantee: entry for entry in before}
    for grantee in [*given, *taken]:
        if grantee in had and had[grantee].is_fixed:
            raise GrantRefused(_("The creator must stay an owner."))
        touched = given.get(grantee, 0) | (had[grantee].bits if grantee in had else 0)
        delegation.refuse_unheld_bits(held, touched, GrantRefused)
    if any(bits not in range(1, 16) or not bits & Grant.VIEW for bits in given.values()):
        raise GrantRefused(_("Unknown rights."))
    if Grantee("public") in given and not may_share(actor, kind, publicly=True):
        raise GrantRefused(_("Your role doesn't allow you to share this with everyone."), status=403)
    fresh = [grantee for grantee in given if grantee not in had and grantee.type != Principal.PUBLIC]
    if {grantee.type for grantee in fresh} - set(picker.kinds_for(actor)):
        raise GrantRefused(_("Your role doesn't allow you to share this with these people."), status=403)
    if len(set(had) | set(given)) > MAX_ENTRIES:
        raise GrantRefused(_("At most %(limit)d people, groups and roles can have access.") % {"limit": MAX_ENTRIES})
    _refuse_unknown(fresh)


def _refuse_unknown(fresh: Sequence[Grantee]) -> None:
    """All of them exist. At most three queries."""
    ids: dict[str, set[str]] = {}
    for grantee in fresh:
        ids.setdefault(grantee.type, set()).add(grantee.id)
    known = {
        "user": lambda: picker.pickable().filter(id__in=ids["user"]).count(),
        "group": lambda: Group.objects.filter(id__in=ids["group"]).count(),
        "role": lambda: Role.objects.filter(name__in=ids["role"]).count(),
    }
    if any(known[kind]() != len(wanted) for kind, wanted in ids.items()):
        raise GrantRefused(_("One of these people, groups or roles does not exist."))


def _store(
    actor: User, kind: SharedKind, shared: SharedObject, given: Mapping[Grantee, int], taken: Iterable[Grantee]
) -> None:
    gone = Q(pk__in=[])
    for grantee in [*given, *taken]:
        gone |= Q(principal=grantee.type, **_columns(grantee))
    Grant.objects.filter(gone, resource_type=kind.name, resource_id=shared.id).delete()
    Grant.objects.bulk_create(
        Grant(
            resource_type=kind.name,
            resource_id=shared.id,
            principal=grantee.type,
            bits=bits,
            granted_by=actor,
            **_columns(grantee),
        )
        for grantee, bits in given.items()
    )


def _columns(grantee: Grantee) -> dict[str, str]:
    return {} if grantee.type == Principal.PUBLIC else {f"{grantee.type}_id": grantee.id}


def _refuse_orphan(after: Sequence[AccessEntry]) -> None:
    if not any(entry.bits == Grant.OWNER and entry.grantee.type != Principal.PUBLIC for entry in after):
        raise GrantRefused(_("At least one owner must remain."))


def _plain(rows: Iterable[AccessEntry]) -> dict[str, str]:
    return {f"{row.grantee.type}:{row.grantee.id}": row.role or str(row.bits) for row in rows}
