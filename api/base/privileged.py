"""Fields that no API body may set, whatever it is for (security case 19).

Unknown names are ignored, because newer clients send more than older servers know. But a client that sends `owner` or
`role` means to change it, so these names are refused with an error. There are two exceptions: a body that documents the
field, and an object that clients send back as they received it (`repeated`), which may contain plausible values; they
are not used.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core.ids import uuid_of

_WHOSE: Final = (
    "id", "user", "users", "userId", "owner", "ownerId", "author", "authorId", "createdBy", "tenant", "tenantId",
    "organization", "organizationId", "account", "accountId",
)  # fmt: skip
_POWERS: Final = (
    "role", "roles", "roleId", "isAdmin", "isStaff", "isSuperuser", "isActive", "permissions", "permBits",
    "capabilities", "scopes", "groups", "memberIds", "provider", "emailVerified", "twoFactorEnabled", "termsAccepted",
)  # fmt: skip
_MONEY: Final = ("balance", "credits", "tokenCredits", "startBalance", "coefficient")
_DATES: Final = ("createdAt", "updatedAt", "expiresAt", "expiredAt", "deletedAt", "archivedAt")
_SECRETS: Final = ("storageKey", "passwordHash", "totpSecret", "keyHash")


def _plain(name: str) -> str:
    """`created_at`, `createdAt` and `CREATED-AT` are one name."""
    return name.replace("_", "").replace("-", "").casefold()


NAMES: Final = frozenset(map(_plain, (*_WHOSE, *_POWERS, *_MONEY, *_DATES, *_SECRETS)))
DATES: Final = frozenset(map(_plain, _DATES))


def is_privileged(name: str) -> bool:
    return _plain(name) in NAMES


def fault_in(data: Mapping[str, Any], *, known: frozenset[str], repeated: frozenset[str], user_id: UUID | None) -> str:
    """Return the name of a field that may not be there, or an empty text."""
    for name, value in data.items():
        if name in known or not is_privileged(name):
            continue
        if name not in repeated or not _says_what_is_so(_plain(name), value, user_id):
            return str(name)[:64]
    return ""


def _says_what_is_so(name: str, value: Any, user_id: UUID | None) -> bool:
    """Whether a row that came from this server may have held the value: one's own id, an id, a time, or nothing."""
    if value is None:
        return True
    if name == "user":
        return user_id is not None and uuid_of(value) == user_id
    if name == "id":
        return uuid_of(value) is not None
    if name not in DATES or not isinstance(value, str):
        return False
    try:
        return parse_datetime(value) is not None
    except ValueError:
        return False


def words_for(name: str) -> str:
    return _("%(name)s cannot be set here.") % {"name": name}
