"""What a role may do: permission types, their bits, and capabilities.

The types, the bits and the defaults of `ADMIN` and `USER` are those of the REST interface's section 23; the two
`…_MANAGEMENT` types are MetoGPT's. A role stores only its differences from the default, which is `USER`'s for custom
roles.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.translation import gettext as _

from accounts.models import CapabilityGrant, Group, Membership, Role, User
from accounts.models.access import Principal
from core.refusal import Refusal
from core.ttl_cache import ttl_cache

_BOTH, _ADMIN = (True, True), (True, False)  # as `ADMIN` and `USER` begin
_SHARED: Final = {"USE": _BOTH, "CREATE": _BOTH, "SHARE": _ADMIN, "SHARE_PUBLIC": _ADMIN}
_ADMIN_ONLY: Final = {"USE": _ADMIN, "CREATE": _ADMIN, "SHARE": _ADMIN, "SHARE_PUBLIC": _ADMIN}
PERMISSIONS: Final[Mapping[str, Mapping[str, tuple[bool, bool]]]] = {
    "PROMPTS": _SHARED,
    "BOOKMARKS": {"USE": _BOTH},
    "MEMORIES": {"USE": _BOTH, "CREATE": _BOTH, "UPDATE": _BOTH, "READ": _BOTH, "OPT_OUT": _BOTH},
    "AGENTS": _SHARED,
    "MULTI_CONVO": {"USE": _BOTH},
    "TEMPORARY_CHAT": {"USE": _BOTH},
    "RUN_CODE": {"USE": _BOTH},
    "WEB_SEARCH": {"USE": _BOTH},
    "PEOPLE_PICKER": {"VIEW_USERS": _ADMIN, "VIEW_GROUPS": _ADMIN, "VIEW_ROLES": _ADMIN},
    "MARKETPLACE": {"USE": _ADMIN},
    "FILE_SEARCH": {"USE": _BOTH},
    "FILE_CITATIONS": {"USE": _BOTH},
    "MCP_SERVERS": {
        "USE": _BOTH,
        "CREATE": _ADMIN,
        "SHARE": _ADMIN,
        "SHARE_PUBLIC": _ADMIN,
        "CONFIGURE_OBO": _ADMIN,
    },
    "REMOTE_AGENTS": _ADMIN_ONLY,
    "SKILLS": _SHARED,
    "SHARED_LINKS": {"CREATE": _BOTH, "SHARE": _BOTH, "SHARE_PUBLIC": _BOTH},
    "PROJECTS": {"CREATE": _BOTH, "SHARE": _ADMIN, "SHARE_PUBLIC": _ADMIN},
    "SCHEDULES": {"USE": _BOTH, "CREATE": _BOTH},
    "ROLE_MANAGEMENT": {"CREATE": _ADMIN, "UPDATE": _ADMIN, "DELETE": _ADMIN},
    "BALANCE_MANAGEMENT": {"UPDATE": _ADMIN},
}

CAPABILITIES: Final = (
    "access:admin",
    "read:users",
    "manage:users",
    "read:groups",
    "manage:groups",
    "read:roles",
    "manage:roles",
    "read:configs",
    "manage:configs",
    "assign:configs",
    "read:usage",
    "read:insights",
    "read:agents",
    "manage:agents",
    "manage:mcpservers",
    "read:prompts",
    "manage:prompts",
    "read:skills",
    "manage:skills",
    "read:sharedlinks",
    "manage:sharedlinks",
    "read:audit_log",
)
# What MetoGPT's permissions give beyond their own routes: one must see what one manages.
_IMPLIED_BY_PERMISSION = {
    "ROLE_MANAGEMENT": {"access:admin", "read:roles", "read:users"},
    "BALANCE_MANAGEMENT": {"access:admin", "read:users", "read:usage"},
}


class BadPermission(Refusal):
    """A type or a bit that does not exist, or a value that is neither true nor false."""


def defaults(role: str) -> dict[str, dict[str, bool]]:
    """Return what a role may do when nothing else is said."""
    index = 0 if role == Role.ADMIN else 1
    return {kind: {bit: seeds[index] for bit, seeds in bits.items()} for kind, bits in PERMISSIONS.items()}


def permissions_of(role: Role) -> dict[str, dict[str, bool]]:
    """Return every bit of every type for a role."""
    return {
        kind: {bit: bool(role.permissions.get(kind, {}).get(bit, value)) for bit, value in bits.items()}
        for kind, bits in defaults(role.name).items()
    }


def may(user: User, kind: str, bit: str = "USE") -> bool:
    """Whether the person's role has this bit. Each process asks the database every two seconds."""
    return user.is_active and bits_of(user.role_name)[kind][bit]


@ttl_cache
def bits_of(role: str) -> dict[str, dict[str, bool]]:
    """Return every bit of every type for the role of this name; `USER`'s where there is none."""
    stored_role = Role.objects.filter(name=role).first()
    return permissions_of(stored_role) if stored_role else defaults(Role.USER)


def checked(permissions: object) -> dict[str, dict[str, bool]]:
    """Return permissions that came from outside, if they are well formed.

    Raises `BadPermission`, which repeats no name that is none.
    """
    if not isinstance(permissions, dict):
        raise BadPermission(_("`permissions` must be an object of permission types."))
    for kind, bits in permissions.items():
        if kind not in PERMISSIONS:
            raise BadPermission(_("Unknown permission type."))
        if not isinstance(bits, dict):
            raise BadPermission(_("“%s” must be an object of bits.") % kind)
        for bit, value in bits.items():
            if bit not in PERMISSIONS[kind]:
                raise BadPermission(_("“%s” has an unknown bit.") % kind)
            if not isinstance(value, bool):
                raise BadPermission(_("“%(kind)s.%(bit)s” must be true or false.") % {"kind": kind, "bit": bit})
    return permissions


def capabilities_of(user: User) -> frozenset[str]:
    """Return the powers of administration that the person has, by themself, a group or the role. At most 3 queries."""
    if not user.is_active:
        return frozenset()
    if user.is_admin:
        return frozenset(CAPABILITIES)
    groups = Membership.objects.filter(user=user).values("group")
    own = CapabilityGrant.objects.filter(principal=Principal.USER, user=user)
    shared = CapabilityGrant.objects.filter(principal=Principal.GROUP, group__in=groups)
    held = CapabilityGrant.objects.filter(principal=Principal.ROLE, role=user.role_id)
    return _with_implied((own | shared | held).values_list("capability", flat=True), user.role)


def capabilities_of_role(role: Role) -> frozenset[str]:
    """Return the powers that everybody of this role has by it."""
    if role.name == Role.ADMIN:
        return frozenset(CAPABILITIES)
    granted = CapabilityGrant.objects.filter(principal=Principal.ROLE, role=role)
    return _with_implied(granted.values_list("capability", flat=True), role)


def capabilities_of_group(group: Group) -> frozenset[str]:
    """Return the powers that everybody in this group has by it."""
    granted = CapabilityGrant.objects.filter(principal=Principal.GROUP, group=group)
    return _with_implied(granted.values_list("capability", flat=True))


def _with_implied(granted: Iterable[str], role: Role | None = None) -> frozenset[str]:
    capabilities = set(granted)
    for kind, bits in permissions_of(role).items() if role else ():
        if any(bits.values()):
            capabilities |= _IMPLIED_BY_PERMISSION.get(kind, set())
    implied = {
        capability.replace("manage:", "read:", 1) for capability in capabilities if capability.startswith("manage:")
    }
    return frozenset(capabilities | {capability for capability in implied if capability in CAPABILITIES})


def is_capable(user: User, capability: str) -> bool:
    """Whether the person has this power."""
    return user.is_active and (user.is_admin or capability in capabilities_of(user))
