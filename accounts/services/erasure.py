"""Erasing a person, and exporting what is stored about them.

Each app registers its part: `on_erase` takes a function that deletes a person's data, `on_export` one that yields it.
The ledger and the audit log stay: amounts, counts and actions, no content.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from accounts.models import User
from accounts.services import administrators, audit, sessions
from core.refusal import Refusal

Exporter = Callable[[User], Iterator[tuple[str, Any]]]
_erasers: Final[list[Callable[[User], None]]] = []
_exporters: Final[list[Exporter]] = []


class LastAdministrator(Refusal):
    """Nobody else could administer the site."""

    status = 403
    default_message = administrators.IS_LAST


def on_erase(eraser: Callable[[User], None]) -> None:
    """Call `eraser` with each person who is erased, within the transaction and before the account goes."""
    if eraser not in _erasers:
        _erasers.append(eraser)


def on_export(exporter: Exporter) -> None:
    """Let `exporter` yield (name of a file, plain values) for each person who asks. A list is written row by row."""
    if exporter not in _exporters:
        _exporters.append(exporter)


def erase_person(*, user: User, actor: User | None = None) -> None:
    """Delete the account and all that belongs to it, at once and for good. Raises `LastAdministrator`.

    Locks the administrators' rows. The audit entry names the id only. No `actor`: the person, or a command.
    """
    with transaction.atomic():
        if administrators.is_last(user):
            raise LastAdministrator
        target = audit.AuditTarget("user", str(user.id))
        audit.record(actor=actor, action="user.erased", target=target)
        sessions.end_all(user=user)
        for eraser in _erasers:
            eraser(user)
        User.objects.filter(id=user.id).delete()


def export_person(user: User, file: BinaryIO) -> None:
    """Write a ZIP of JSON with everything stored about the person to `file`, piece by piece."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for exporter in (_account, *_exporters):
            for name, values in exporter(user):
                with archive.open(f"{name}.json", "w") as out:
                    _write(out, values)


def _write(out: Any, values: Any) -> None:
    """Write plain values; an iterator becomes a list, row by row, so that a long one is never whole in memory."""
    text = io.TextIOWrapper(out, "utf-8", write_through=True)
    if isinstance(values, Iterator):
        text.write("[")
        for number, row in enumerate(values):
            text.write(",\n" if number else "\n")
            text.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False))
        text.write("\n]\n")
    else:
        text.write(json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2) + "\n")
    text.detach()


def _account(user: User) -> Iterator[tuple[str, Any]]:
    groups = list(user.joined_groups.order_by("name").values_list("name", flat=True))
    yield (
        "account",
        {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "username": user.username,
            "role": user.role_name,
            "provider": user.provider,
            "groups": groups,
            "preferences": user.preferences,
            "termsAcceptedAt": user.terms_accepted_at,
            "createdAt": user.created_at,
            "lastLogin": user.last_login,
        },
    )
