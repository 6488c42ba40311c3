"""The kinds of objects that can be shared. Each app registers its own, so that `accounts` need not know them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User


@dataclass(frozen=True, slots=True)
class SharedObject:
    """An object as the access list knows it. `owner_id` is who made it, whose rights nobody takes away."""

    id: UUID
    title: str
    owner_id: UUID | None
    address: str  # of its page, without the site


@dataclass(frozen=True, slots=True)
class SharedKind:
    """A kind of thing. `permission` is the type whose bits `SHARE` and `SHARE_PUBLIC` let a role share it.

    `find` returns the object whoever asks; `owned` the ids of what a person made. Who may see it, the access
    list says: see `accounts.services.grants.shared_for`.
    """

    name: str
    permission: str
    find: Callable[[UUID], SharedObject | None]
    owned: Callable[[User], Iterable[UUID]]


_kinds: dict[str, SharedKind] = {}


def register(kind: SharedKind) -> None:
    _kinds[kind.name] = kind


def kind_of(name: str) -> SharedKind | None:
    """Return the kind of this name, if there is one."""
    return _kinds.get(name)
