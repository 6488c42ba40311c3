"""Writing the parts of a reply, or of a subrun, that are others than those that are stored, and only those.

Periodic saves and borders do it in the same way, so that what a run sends to the database is linear in what is new.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from messages.parts import Part, parts_to_json, to_json


@dataclass(frozen=True, slots=True)
class PartChange:
    """In what the parts of a run differ from those that are stored: `parts` by their places.

    With `is_whole` they are all there are, whatever is stored. Otherwise they are put among those that are stored,
    which has to be what they were compared with: at least `known` parts, of the border with this number, and of the
    save that noted `saved_event_id` as the run's last event. None: the border alone, which waits for the disk; a save
    does not, and a server that broke down may have lost it.
    """

    run_id: UUID
    parts: Mapping[int, Part]
    known: int = 0
    border: int = 0
    saved_event_id: str | None = None
    is_whole: bool = False
    is_subrun: bool = False  # its parts are stored with the run


def change_of(
    run_id: UUID,
    parts: Sequence[Part],
    stored: Sequence[Part] | None,
    *,
    border: int = 0,
    saved_event_id: str | None = None,
    is_subrun: bool = False,
) -> PartChange | None:
    """Return how `parts` differ from those that are `stored` (None: nobody knows), or None where they do not.

    A part is another one if it is another object: none is changed in place.
    """
    if stored is None or len(parts) < len(stored):
        whole = dict(enumerate(parts))
        return PartChange(run_id, whole, border=border, is_whole=True, is_subrun=is_subrun)
    known = len(stored)
    changed = {place: part for place, part in enumerate(parts) if place >= known or part is not stored[place]}
    return PartChange(run_id, changed, known, border, saved_event_id, is_subrun=is_subrun) if changed else None


# The run's row is locked by whoever writes, so nothing changes between what is checked and what is written. To take
# all parts apart and put them together again is as fast as to cut off the last ones, and needs none but the changed.
_WRITE: Final = """
UPDATE {table} t SET {column} = CASE WHEN e.is_whole THEN e.parts::jsonb ELSE (
    SELECT jsonb_agg(coalesce(new.part, old.part) ORDER BY place)
    FROM jsonb_array_elements(coalesce(t.{column}, '[]')) WITH ORDINALITY AS old (part, place)
    FULL JOIN (SELECT key::bigint + 1 AS place, value AS part FROM jsonb_each(e.parts::jsonb)) AS new USING (place)
) END
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::int[], %s::text[], %s::bool[])
    AS e (id, parts, known, border, saved_event_id, is_whole)
JOIN chat_generation g ON g.id = e.id
WHERE t.id = {row} AND coalesce((g.checkpoint->>'border')::int, 0) = e.border AND (
    e.is_whole
    OR (e.saved_event_id IS NULL OR g.last_event_id = e.saved_event_id)
    AND jsonb_array_length(coalesce(t.{column}, '[]')) >= e.known
) AND {condition}
RETURNING e.id
"""
_REPLIES: Final = _WRITE.format(
    table="chat_message", column="parts", row="g.message_id", condition="g.parent_id IS NULL AND t.state = 'streaming'"
)
_SUBRUNS: Final = _WRITE.format(
    table="chat_generation", column="content", row="g.id", condition="g.parent_id IS NOT NULL"
)


def write_changes(changes: Sequence[PartChange]) -> set[UUID]:
    """Write changed parts to their rows, by place, and return the runs of which they are stored now.

    What is stored has to be what a change was made from (`PartChange`), else nothing of it is written. One statement
    for replies and one for subruns, however many they are. The caller has locked the runs' rows.
    """
    written: set[UUID] = set()
    with connection.cursor() as cursor:
        for statement, is_subrun in ((_REPLIES, False), (_SUBRUNS, True)):
            rows = [_row(change) for change in changes if change.is_subrun is is_subrun]
            if rows:
                cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
                written |= {row[0] for row in cursor.fetchall()}
    return written


def _row(change: PartChange) -> tuple[Any, ...]:
    """Return what is sent of a change: a list of all parts, or an object of those that changed, by place."""
    if change.is_whole:
        parts: Any = parts_to_json(change.parts.values())
    else:
        parts = {str(place): to_json(part) for place, part in change.parts.items()}
    written = json.dumps(parts, ensure_ascii=False)
    return change.run_id, written, change.known, change.border, change.saved_event_id, change.is_whole
