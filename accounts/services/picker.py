"""Finding people, groups and roles by name, to share something with them.

Email addresses are shown only to those who may see them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from accounts.models import Group, Role, User
from accounts.services import permissions

MIN_QUERY_CHARACTERS: Final = 2  # characters of what is looked for
MAX_RESULTS: Final = 50
_BITS: Final = {"user": "VIEW_USERS", "group": "VIEW_GROUPS", "role": "VIEW_ROLES"}
_ADDRESS: Final = re.compile(r"@\S+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, a group or a role. `email` is empty unless who asks is an administrator."""

    type: str
    id: str
    name: str
    email: str = ""
    description: str = ""
    source: str = "local"
    member_count: int | None = None


def kinds_for(user: User) -> tuple[str, ...]:
    """Return which of `user`, `group` and `role` the person may look for."""
    return tuple(kind for kind, bit in _BITS.items() if permissions.may(user, "PEOPLE_PICKER", bit))


def pickable() -> QuerySet[User]:
    """Return the people that something can be shared with."""
    return User.objects.filter(is_active=True, waits_for_approval=False)


def candidate_of(asking: User, person: User) -> Candidate:
    """Return what `asking` may see of a person: of a name that is an email address, only what stands before the @."""
    if asking.is_admin:
        return Candidate("user", str(person.id), person.name or person.email, person.email)
    return Candidate("user", str(person.id), _ADDRESS.sub("", person.name).strip() or "…")


def search(*, asking: User, text: str, kinds: Sequence[str] | None = None, limit: int = 20) -> list[Candidate]:
    """Return who is called so, the likest first. One query for each of `kinds` that `asking` may look for."""
    text = " ".join(text.replace("\x00", " ").split())[:100]
    if len(text) < MIN_QUERY_CHARACTERS:
        return []
    matches: list[tuple[int, Candidate]] = []
    for kind in kinds_for(asking):
        if kinds is None or kind in kinds:
            matches += _SEARCHES[kind](asking, text, min(limit, MAX_RESULTS))
    matches.sort(key=lambda pair: (pair[0], pair[1].name.casefold(), pair[1].id))
    return [match for _rank, match in matches[:limit]]


def _ranked(rows: QuerySet[Any], text: str, limit: int) -> list[Any]:
    rank = Case(
        When(name__iexact=text, then=Value(0)),
        When(name__istartswith=text, then=Value(1)),
        When(name__icontains=f" {text}", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(rows.annotate(rank=rank).order_by("rank", "name", "pk")[:limit])


def _users(asking: User, text: str, limit: int) -> list[tuple[int, Candidate]]:
    fits = Q(name__icontains=text)
    if asking.is_admin:
        fits |= Q(email__icontains=text)
    rows = _ranked(pickable().exclude(id=asking.id).filter(fits), text, limit)
    matches = [(row.rank, candidate_of(asking, row)) for row in rows]
    if asking.is_admin:
        return matches
    # What matched may be the address in somebody's name, which must not be guessed piece by piece.
    return [(rank, match) for rank, match in matches if text.casefold() in match.name.casefold()]


def _groups(asking: User, text: str, limit: int) -> list[tuple[int, Candidate]]:
    rows = Group.objects.filter(name__icontains=text).annotate(members=Count("memberships"))
    return [
        (row.rank, Candidate("group", str(row.id), row.name, "", row.description, row.source, row.members))
        for row in _ranked(rows, text, limit)
    ]


def _roles(asking: User, text: str, limit: int) -> list[tuple[int, Candidate]]:
    rows = _ranked(Role.objects.filter(name__icontains=text), text, limit)
    return [(row.rank, Candidate("role", row.name, row.name, "", row.description)) for row in rows]


_SEARCHES: Final = {"user": _users, "group": _groups, "role": _roles}


def named(asking: User, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Candidate]:
    """Return those of these (kind, id) that `asking` may look for and that exist. One query for each kind."""
    wanted: dict[str, list[str]] = {}
    for kind, value in ids:
        if kind in kinds_for(asking):
            wanted.setdefault(kind, []).append(value)
    principals: list[Candidate] = []
    if users := _uuids(wanted.get("user", [])):
        principals += [candidate_of(asking, user) for user in pickable().filter(id__in=users)]
    if groups := _uuids(wanted.get("group", [])):
        rows = Group.objects.filter(id__in=groups)
        principals += [
            Candidate("group", str(group.id), group.name, "", group.description, group.source) for group in rows
        ]
    if roles := wanted.get("role"):
        principals += [
            Candidate("role", role.name, role.name, "", role.description)
            for role in Role.objects.filter(name__in=roles)
        ]
    return {(principal.type, principal.id): principal for principal in principals}


def _uuids(values: Sequence[str]) -> list[UUID]:
    kept = []
    for value in values:
        try:
            kept.append(UUID(value))
        except ValueError:
            continue
    return kept
