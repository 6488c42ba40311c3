"""Following logs: any number of tabs and API clients, one multiplexed reader per process.

A `Subscription` is this process's view of one run: its reducer, and the listeners that receive each batch of events.
The first listener opens it, the last one closes it. The log may be incomplete, so a follower that receives nothing for
a while asks the database whether the run is over.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import redis
from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.asyncio.connection import AbstractConnection

from chat.models import Run
from core.redis_client import async_client
from core.tasks import end_tasks
from messages.events import TERMINAL, Event, Finished, PartDelta, PartEnded, PartStarted, Snapshot, offset_step
from messages.parts import Error
from messages.reducer import MessageParts
from messages.stream_format import OUT_OF_BAND, decode, key_of

log = logging.getLogger(__name__)

BLOCK = 5_000  # ms the reader waits when nothing comes
PAUSE_PER_LOG, MAX_PAUSE = 0.0001, 0.02  # s between two reads
HOLE_PAUSE = 0.05
SILENCE = 5.0  # s without an event before the database is asked
QUEUE_LIMIT = 2_000  # batches an API client may be behind before it is cut off; it resumes


@dataclass(frozen=True, slots=True)
class Batch:
    """What listeners hear. `fresh` says that the tail was rebuilt: forget what was shown, read `tail.reducer`.

    `over` says that the run ended outside the log: the database has the message.
    """

    events: list[Event]
    fresh: bool = False
    over: bool = False


Listener = Callable[[Batch], None]


@dataclass(slots=True, eq=False)
class Subscription:
    run_id: UUID
    reducer: MessageParts = field(default_factory=MessageParts)
    listeners: list[Listener] = field(default_factory=list)
    last_id: str = "0"
    heard_at: float = 0.0
    ended: bool = False
    unreadable: bool = False  # another release writes it

    def apply(self, at: int, events: list[Event]) -> Batch | None:
        """Fold one entry in; None when all of it is known already. Raises `LookupError` for a hole."""
        if at == OUT_OF_BAND:
            self.ended = True
            return Batch(events, over=True)
        if events and isinstance(events[0], Snapshot):
            return self._replace(at, events)
        if self.unreadable:
            self.ended = isinstance(events[-1], TERMINAL) if events else False
            return Batch([], over=True) if self.ended else None
        if at > self.reducer.offset:
            raise LookupError(f"log {self.run_id} has a hole")
        news = _after(self.reducer.offset - at, events)
        for event in news:
            self.reducer.apply(event)
            self.ended = self.ended or isinstance(event, TERMINAL)
        return Batch(news) if news else None

    def _replace(self, at: int, events: list[Event]) -> Batch | None:
        if self.reducer.offset > at or (self.reducer.offset == at and self.reducer.parts):
            return None
        self.reducer = MessageParts()
        for event in events:
            self.reducer.apply(event)
            self.ended = self.ended or isinstance(event, TERMINAL)
        self.reducer.offset = at + sum(offset_step(event) for event in events)
        return Batch(events, fresh=True)

    def tell(self, batch: Batch) -> None:
        for listener in list(self.listeners):
            listener(batch)


def _after(known: int, events: list[Event]) -> list[Event]:
    """Return `events` without their first `known` units."""
    rest: list[Event] = []
    for event in events:
        size = offset_step(event)
        if known <= 0:
            rest.append(event)
        elif known < size and isinstance(event, PartDelta):
            rest.append(PartDelta(event.index, event.text[known:]))
        known -= size
    return rest


class LogReader:
    """Reads all followed logs of this process with one blocking command."""

    def __init__(self) -> None:
        self._client = async_client(socket_timeout=None)
        self._control = async_client(socket_timeout=5)
        self._subscriptions: dict[bytes, Subscription] = {}
        self._connection: AbstractConnection | None = None
        self._blocked = False
        self._connection_id = 0
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def follow(self, run_id: UUID, listener: Listener) -> Subscription:
        """Add a listener; returns the tail, which may hold much already. Call from the event loop."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._read_for_ever()), asyncio.create_task(self._watch_for_ever())]
        key = key_of(run_id).encode()
        subscription = self._subscriptions.get(key)
        if subscription is None:
            subscription = self._subscriptions[key] = Subscription(run_id, heard_at=asyncio.get_running_loop().time())
            self._changed.set()
            if self._blocked:
                self._tasks.append(asyncio.create_task(self._unblock()))
        subscription.listeners.append(listener)
        return subscription

    def unfollow(self, subscription: Subscription, listener: Listener) -> None:
        if listener in subscription.listeners:
            subscription.listeners.remove(listener)
        key = key_of(subscription.run_id).encode()
        if not subscription.listeners and self._subscriptions.get(key) is subscription:
            del self._subscriptions[key]

    async def aclose(self) -> None:
        await end_tasks(*self._tasks)
        await self._disconnect()
        await self._client.aclose()
        await self._control.aclose()

    async def _unblock(self) -> None:
        """Break the reader's wait, so that it asks for the new log too; again until it has."""
        self._tasks = [task for task in self._tasks if not task.done()]
        try:
            while self._blocked and self._changed.is_set():
                await self._control.client_unblock(self._connection_id)
                await asyncio.sleep(0.001)
        except (redis.RedisError, OSError):
            log.debug("could not unblock the reader; it wakes by itself", exc_info=True)

    async def _read_for_ever(self) -> None:
        while True:
            self._changed.clear()
            wanted = {
                key: subscription.last_id for key, subscription in self._subscriptions.items() if not subscription.ended
            }
            if not wanted:
                await self._changed.wait()
                continue
            try:
                reply = await self._read(wanted)
            except (redis.RedisError, OSError):
                log.warning("the stream log is not reachable; following again soon", exc_info=True)
                await self._disconnect()
                await asyncio.sleep(0.25)
                continue
            whole = self._dispatch(reply or [])
            # Where many logs are followed, one read brings what would have been several.
            await asyncio.sleep(min(len(wanted) * PAUSE_PER_LOG, MAX_PAUSE) if whole else HOLE_PAUSE)

    async def _read(self, wanted: dict[bytes, str]) -> Any:
        """Read all followed logs, at the connection itself: redis-py's XREAD costs more than the rest of the way."""
        if self._connection is None:
            self._connection = await self._client.connection_pool.get_connection()  # type: ignore[no-untyped-call]
            await self._connection.send_command("CLIENT", "ID")
            self._connection_id = int(await self._connection.read_response())
        await self._connection.send_command("XREAD", "BLOCK", BLOCK, "STREAMS", *wanted, *wanted.values())
        self._blocked = True
        try:
            return await self._connection.read_response()
        finally:
            self._blocked = False

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect()
            await self._client.connection_pool.release(connection)

    def _dispatch(self, reply: list[Any]) -> bool:
        """Tell the tails; False when one found a hole and has to read again."""
        whole = True
        now = asyncio.get_running_loop().time()
        for key, entries in reply:
            subscription = self._subscriptions.get(key)
            if subscription is None:
                continue
            subscription.heard_at = now
            for entry_id, (_, entry) in entries:
                subscription.last_id = entry_id.decode()
                whole = self._hear(subscription, entry) and whole
        return whole

    def _hear(self, subscription: Subscription, entry: bytes) -> bool:
        try:
            batch = subscription.apply(*decode(entry))
        except LookupError:
            # The beginning was lost with Redis' data and is being written again: read from there.
            subscription.last_id = "0"
            return False
        except ValueError:
            if not subscription.unreadable:
                log.exception("an entry of log %s cannot be read; its end comes from the database", subscription.run_id)
            subscription.unreadable = True
            return True
        if batch is not None:
            subscription.tell(batch)
        return True

    async def _watch_for_ever(self) -> None:
        """End the tails whose run is over without the log having said so."""
        while True:
            await asyncio.sleep(SILENCE / 2)
            now = asyncio.get_running_loop().time()
            silent = [
                subscription
                for subscription in self._subscriptions.values()
                if not subscription.ended and now - subscription.heard_at > SILENCE
            ]
            if not silent:
                continue
            try:
                still_open = await database_sync_to_async(_open_among)([subscription.run_id for subscription in silent])
            except DatabaseError:  # it may be away: ask again next time
                log.warning("could not ask which runs are open", exc_info=True)
                continue
            for subscription in silent:
                subscription.heard_at = now
                if subscription.run_id not in still_open:
                    subscription.ended = True
                    subscription.tell(Batch([], over=True))


def _open_among(ids: list[UUID]) -> set[UUID]:
    still_open = Run.objects.filter(id__in=ids, state__in=Run.OPEN)
    return set(still_open.values_list("id", flat=True))


_readers: dict[asyncio.AbstractEventLoop, LogReader] = {}


def reader() -> LogReader:
    """Return the reader of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _readers:
        for closed in [loop for loop in _readers if loop.is_closed()]:
            del _readers[closed]
        _readers[loop] = LogReader()
    return _readers[loop]


async def follow(run_id: UUID) -> AsyncIterator[list[Event]]:
    """Yield the run's events: first what there is, as few events as possible, then live; ends after the last.

    Iterates without a terminal event when the run ended outside the log, or the caller was too slow.
    """
    queue: asyncio.Queue[Batch] = asyncio.Queue(QUEUE_LIMIT)
    overrun = asyncio.Event()

    def listener(batch: Batch) -> None:
        try:
            queue.put_nowait(batch)
        except asyncio.QueueFull:
            overrun.set()

    subscription = reader().follow(run_id, listener)
    try:
        known = events_of(subscription.reducer)
        if known:
            yield known
        while not overrun.is_set():
            if known and isinstance(known[-1], TERMINAL):
                return
            batch = await queue.get()
            known = batch.events
            if known:
                yield known
            if batch.over:
                return
    finally:
        reader().unfollow(subscription, listener)


def events_of(reducer: MessageParts) -> list[Event]:
    """Return the shortest list of events that leads to the reducer's state."""
    events: list[Event] = []
    for index, part in enumerate(reducer.parts):
        if isinstance(part, Error):
            continue  # the terminal event says it
        events.append(PartStarted(index, part))
        if index not in reducer.open:
            events.append(PartEnded(index))
    if reducer.failed or reducer.finished:
        events.append(reducer.failed or reducer.finished or Finished())
    return events
