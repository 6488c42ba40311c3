"""Results of tools that are too long for their message's row: each is stored once, beside it, and named in the row.

A save of a reply then writes what is new, and a page shows the beginning until somebody wants all of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.db import connection
from django.http import Http404

from accounts.models import User
from chat.models import Message, ToolResult
from core.ids import uuid7
from messages.events import Event, PartStarted, PartUpdated, Snapshot
from messages.parts import (
    RESULT_KINDS,
    Part,
    ResultPart,
    StoredResult,
    ToolCall,
    from_json,
    parts_to_json,
    text_of_result,
    to_json,
)

ROW_LIMIT: Final = 8 * 1024  # bytes of JSON of one call's result that its message's row holds
_ALWAYS_IN_ROW: Final = 1024  # bytes: shorter parts of a long result stay, too
_BEGINNING: Final = 1000  # characters
_COPY = """
INSERT INTO chat_toolresult (id, message_id, key, content)
SELECT gen_random_uuid(), n.id, r.key, r.content
FROM unnest(%s::uuid[], %s::uuid[]) AS n (old, id) JOIN chat_toolresult r ON r.message_id = n.old
"""


def store_long(message_id: UUID, call: ToolCall) -> ToolCall:
    """Return the call as the message's row holds it: what is too long of its result is stored and named instead."""
    result = call.result or ()
    if sum(map(_size, result)) <= ROW_LIMIT:
        return call
    rows, kept = [], []
    for part in result:
        if isinstance(part, StoredResult) or _size(part) <= _ALWAYS_IN_ROW:
            kept.append(part)
            continue
        key = uuid7()
        rows.append(ToolResult(message_id=message_id, key=key, content=to_json(part)))
        text = text_of_result(part)
        size = len(text or json.dumps(to_json(part)))
        kept.append(StoredResult(str(key), size, text[:_BEGINNING], part.type, getattr(part, "mime", "")))
    ToolResult.objects.bulk_create(rows)
    return replace(call, result=tuple(kept))


def read(user: User, key: UUID) -> ResultPart:
    """Return one stored result of a message of `user`'s. Raises `Http404`."""
    mine = ToolResult.objects.filter(message__conversation__owner=user, message__conversation__deleted_at=None)
    row = mine.filter(key=key).first()
    part = from_json(row.content) if row else None
    if not isinstance(part, RESULT_KINDS):
        raise Http404("There is no such result.")
    return part


def put_back(parts_of: Mapping[UUID, Sequence[Part]]) -> dict[UUID, tuple[Part, ...]]:
    """Return the parts of messages, by their ids, with all results whole. One query, and none where none is stored."""
    with_stored = [message_id for message_id, parts in parts_of.items() if any(map(_has_stored, parts))]
    whole = dict(_load(with_stored)) if with_stored else {}
    return {
        message_id: tuple(_whole(part, message_id, whole) for part in parts) for message_id, parts in parts_of.items()
    }


def put_back_in(messages: Iterable[Message]) -> None:
    """Make the messages' parts whole in memory, for who sends them elsewhere; they must not be saved."""
    by_id = {message.id: message for message in messages}
    stored = {id_: message.content for id_, message in by_id.items() if not message.is_user}
    for id_, parts in put_back(stored).items():
        if parts != stored[id_]:
            by_id[id_].parts = parts_to_json(parts)


def put_back_in_events(message_id: UUID, events: Sequence[Event]) -> list[Event]:
    """Return the events of a run that writes this message, with all results whole."""
    parts = [part for event in events for part in _parts_in(event) if _has_stored(part)]
    if not parts:
        return list(events)
    whole = iter(put_back({message_id: parts})[message_id])
    return [_with_parts(event, [next(whole) if _has_stored(part) else part for part in _parts_in(event)])
            for event in events]  # fmt: skip


def has_stored(events: Iterable[Event]) -> bool:
    """Whether any event tells of a result that is stored elsewhere."""
    return any(_has_stored(part) for event in events for part in _parts_in(event))


def copy(originals: Sequence[UUID], copies: Sequence[UUID]) -> None:
    """Give the copies of messages the results of their originals, pair by pair. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [list(originals), list(copies)])


def _size(part: ResultPart) -> int:
    return len(json.dumps(to_json(part), ensure_ascii=False).encode())


def _load(message_ids: list[UUID]) -> Iterable[tuple[tuple[UUID, str], ResultPart]]:
    for row in ToolResult.objects.filter(message_id__in=message_ids):
        part = from_json(row.content)
        if isinstance(part, RESULT_KINDS):
            yield (row.message_id, str(row.key)), part


def _has_stored(part: Part) -> bool:
    return isinstance(part, ToolCall) and any(isinstance(result, StoredResult) for result in part.result or ())


def _whole(part: Part, message_id: UUID, whole: Mapping[tuple[UUID, str], ResultPart]) -> Part:
    if not isinstance(part, ToolCall) or not _has_stored(part):
        return part
    result = [
        whole.get((message_id, shown.id), shown) if isinstance(shown, StoredResult) else shown
        for shown in part.result or ()
    ]
    return replace(part, result=tuple(result))


def _parts_in(event: Event) -> Sequence[Part]:
    if isinstance(event, Snapshot):
        return event.parts
    return (event.part,) if isinstance(event, PartStarted | PartUpdated) else ()


def _with_parts(event: Event, parts: Sequence[Part]) -> Event:
    if isinstance(event, Snapshot):
        return Snapshot(tuple(parts))
    return replace(event, part=parts[0]) if isinstance(event, PartStarted | PartUpdated) else event
