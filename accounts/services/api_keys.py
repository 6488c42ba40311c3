"""API keys, with which programs act for a person: creating, finding and revoking them."""

import hashlib
import secrets
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ApiKey, User
from accounts.services import access_changes, audit, permissions
from core import quotas
from core.refusal import Refusal

PREFIX: Final = "sk-"
SEEN_EVERY: Final = timedelta(minutes=1)  # how exactly the last use is known: no write for each request

# The key that the request at hand came with; set where it is recognised, reset by `web.middleware.security.Origin`.
in_use: ContextVar[UUID | None] = ContextVar("in_use", default=None)


class BadKey(Refusal):
    """The key cannot be made like this; the words say why."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key, and its text: the only time that anybody sees it."""

    row: ApiKey
    text: str


def make(
    *, user: User, name: str, scopes: Collection[str] = ("read", "write"), expires_at: datetime | None = None
) -> NewKey:
    """Make a key, and say so in the audit log. Raises `BadKey`."""
    name = " ".join(name.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise BadKey(_("A key's name must have 1 to 100 characters."))
    if not scopes or not set(scopes) <= set(ApiKey.Scope.values):
        raise BadKey(_("A key's scopes can be read, write and admin."))
    if expires_at is not None and expires_at <= timezone.now():
        raise BadKey(_("The expiry date must be in the future."))
    text = PREFIX + secrets.token_hex(32)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        if user.api_keys.count() >= (most := quotas.most("api_keys")):
            raise BadKey(
                ngettext(
                    "You can have at most %(most)d key. Delete it first.",
                    "You can have at most %(most)d keys. Delete one first.",
                    most,
                )
                % {"most": most}
            )
        row = ApiKey.objects.create(
            user=user,
            name=name,
            prefix=text[:8],
            key_hash=_hash(text),
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        audit.record(actor=user, action="api_key.created", target=_target(row), after={"scopes": row.scopes})
    return NewKey(row, text)


def may_make(user: User) -> bool:
    """Whether the person's role allows keys."""
    return permissions.may(user, "REMOTE_AGENTS")


def find(text: str) -> ApiKey | None:
    """Return the key with this text, its person loaded, while it holds; one query, and a write once a minute."""
    now = timezone.now()
    holds = Q(expires_at=None) | Q(expires_at__gt=now)
    key = ApiKey.objects.select_related("user").filter(holds, key_hash=_hash(text)).first()
    if key is not None and (key.last_used_at is None or now - key.last_used_at > SEEN_EVERY):
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)
    return key


def still_opens(key_id: UUID) -> bool:
    """Whether the key has not ended, and the person's role still allows keys."""
    key = ApiKey.objects.select_related("user").filter(id=key_id).first()
    return key is not None and not key.has_ended and may_make(key.user)


def delete(*, user: User, key_id: UUID) -> bool:
    """Take a key back, and say so in the audit log; False when the person has no such key."""
    with transaction.atomic():
        row = ApiKey.objects.select_for_update().filter(user=user, id=key_id).first()
        if row is None:
            return False
        target = _target(row)
        row.delete()
        audit.record(actor=user, action="api_key.deleted", target=target)
        access_changes.announce(user.id)
    return True


def end_all(*, user: User) -> None:
    """Let no key of this person open anything any more; they stay in the list, as ended."""
    now = timezone.now()
    open_keys = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), user=user)
    names = sorted(open_keys.values_list("name", flat=True))
    if open_keys.update(expires_at=now):
        target = audit.AuditTarget("user", str(user.id), user.email)
        audit.record(actor=None, action="api_key.ended", target=target, after={"keys": names})


def _target(key: ApiKey) -> audit.AuditTarget:
    return audit.AuditTarget("api_key", str(key.id), key.name)


def _hash(text: str) -> str:
    """Return the SHA-256: the key is 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(text.encode()).hexdigest()
