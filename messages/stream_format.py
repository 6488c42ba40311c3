"""What stands in the stream log of a run: one Redis stream, a list of events per entry.

An entry holds the field ``e``: JSON ``[at, [event, ...]]`` with the events of `messages.events.to_wire` and
``at``, the position (see `messages.events.offset_step`) before the first of them. After a lost connection nobody
knows whether a write was applied; because of ``at`` it can simply be sent again, and a reader skips what it
has. An entry whose first event is `Snapshot` holds the whole message at ``at``. An entry at `OUT_OF_BAND`
is the word of somebody else than the generator (the sweeper): the run is over, the database has the rest.
"""

import json
from collections.abc import Iterable
from uuid import UUID

import redis

from messages.events import TERMINAL, Event, from_wire, to_wire

OUT_OF_BAND = -1
KEPT_AFTER_END = 90  # seconds: long enough for a tab to reconnect, short enough that finished logs cost little


def key_of(run_id: UUID) -> str:
    return f"parley:log:{run_id}"


def encode(at: int, events: Iterable[Event]) -> str:
    return json.dumps([at, [to_wire(event) for event in events]], ensure_ascii=False, separators=(",", ":"))


def decode(entry: bytes) -> tuple[int, list[Event]]:
    """Inverse of `encode`. Raises `ValueError`."""
    at, rows = json.loads(entry)
    return at, [from_wire(row) for row in rows]


def write_end(client: redis.Redis, run_id: UUID, event: Event) -> None:
    """Tell followers that a run is over although its generator cannot (it is gone, or never came)."""
    if not isinstance(event, TERMINAL):
        raise TypeError(f"{event!r} ends nothing")
    with client.pipeline(transaction=True) as pipe:
        pipe.xadd(key_of(run_id), {"e": encode(OUT_OF_BAND, [event])})
        pipe.expire(key_of(run_id), KEPT_AFTER_END)
        pipe.execute()
