"""The audit log: who changed what, when and from where. Append-only and hash-chained."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry, User

_LOCK: Final = 0x5041_5544  # Postgres advisory lock: one entry at a time, so that the chain has no fork
GENESIS: Final = "0" * 64
# Of these only that they changed is written, never what they were.
SECRET_FIELDS = frozenset({"password", "token_hash", "key_hash", "secret", "api_key", "value"})

# The address that the request at hand came from; set by `web.middleware.security.Origin`.
origin: ContextVar[str] = ContextVar("origin", default="")


@dataclass(frozen=True, slots=True)
class AuditTarget:
    """What was acted on."""

    type: str
    id: str
    name: str = ""


def record(
    *,
    actor: User | None,
    action: str,
    target: AuditTarget,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry, in the transaction of the change it tells of. Waits for other entries being written.

    Secrets among `before` and `after` are replaced by "set".
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEntry.objects.order_by("-seq").values_list("seq", "hash").first() or (0, GENESIS)
        entry = AuditEntry(
            seq=last[0] + 1,
            at=timezone.now(),
            actor_id=actor.id if actor else None,
            actor_name=actor.email if actor else "",
            action=action,
            target_type=target.type,
            target_id=target.id,
            target_name=target.name[:254],
            before=_plain(before or {}),
            after=_plain(after or {}),
            address=origin.get(),
            previous_hash=last[1],
        )
        entry.hash = hash_of(entry)
        entry.save(force_insert=True)
    return entry


def hash_of(entry: AuditEntry) -> str:
    """Return the SHA-256 of an entry and of the hash before it, as hexadecimal digits."""
    content = {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": str(entry.actor_id or ""),
        "name": entry.actor_name,
        "action": entry.action,
        "target": [entry.target_type, entry.target_id, entry.target_name],
        "before": entry.before,
        "after": entry.after,
        "address": entry.address,
        "previous": entry.previous_hash,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds. `broken_at` is the first entry that does not fit, and `why`."""

    entries: int
    broken_at: int | None = None
    why: str = ""


def verify() -> Verdict:
    """Walk the whole chain."""
    previous, number = GENESIS, 0
    for entry in _all():
        number += 1
        if entry.seq != number:
            return Verdict(number - 1, number, "missing")
        if entry.previous_hash != previous or entry.hash != hash_of(entry):
            return Verdict(number - 1, number, "changed")
        previous = entry.hash
    return Verdict(number)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return only what differs, before and after."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def _all() -> Iterator[AuditEntry]:
    yield from AuditEntry.objects.order_by("seq").iterator(chunk_size=2_000)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: "set" if name in SECRET_FIELDS and value else value for name, value in values.items()}
    plain: dict[str, Any] = json.loads(json.dumps(kept, cls=DjangoJSONEncoder, default=str))
    return plain
