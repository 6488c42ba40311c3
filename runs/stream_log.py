"""The stream log: one Redis stream per run, written by its generator, read by every follower.

`messages.stream_format` defines an entry.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from uuid import UUID

import redis
from redis.asyncio import Redis

from messages.events import Event, PartDelta, Snapshot
from messages.parts import Part
from messages.reducer import MessageParts
from messages.stream_format import KEPT_AFTER_END, encode, key_of

log = logging.getLogger(__name__)

KEPT_UNFINISHED = 6 * 3600  # a log nobody closed goes by itself
FIRST_FLUSH = 0.004  # a run's first event goes out at once, but those of 4 ms together
FASTEST, SLOWEST, PER_RUN = 0.025, 0.1, 0.00025  # otherwise every 0.25 ms x running, between 25 and 100 ms


@dataclass(slots=True, eq=False)
class RunLog:
    """The generator's end of one log: what is not written yet, and the reducer that knows it all."""

    run_id: UUID
    reducer: MessageParts
    started: bool = False  # something was written
    in_flight: bool = False  # something is being written
    last_id: str = ""
    _at: int = 0  # the position before the first pending event
    _events: list[Event] = field(default_factory=list)
    _pieces: dict[int, list[str]] = field(default_factory=dict)  # by part: what it grew by since the last event

    @property
    def pending(self) -> bool:
        return bool(self._events or self._pieces)

    @property
    def is_over(self) -> bool:
        """Whether its last event was appended."""
        return bool(self.reducer.failed or self.reducer.finished)

    @property
    def kept_for(self) -> int:
        """For how many seconds Redis keeps it after the next entry."""
        return KEPT_AFTER_END if self.is_over else KEPT_UNFINISHED

    def append(self, event: Event) -> None:
        """Apply `event` and queue it for the next flush; the deltas of a part become one event, also of parts that grow
        side by side."""
        if not self.pending:
            self._at = self.reducer.offset
        self.reducer.apply(event)
        if isinstance(event, PartDelta):
            self._pieces.setdefault(event.index, []).append(event.text)
        else:
            self._seal()
            self._events.append(event)

    def take(self) -> tuple[int, list[Event]]:
        """Return what is pending, with the position before it, and forget it."""
        self._seal()
        events, self._events = self._events, []
        return self._at, events

    def _seal(self) -> None:
        if self._pieces:
            self._events += [PartDelta(index, "".join(pieces)) for index, pieces in self._pieces.items()]
            self._pieces = {}

    def snapshot(self) -> str:
        """Return the entry that stands for everything applied so far."""
        reducer = self.reducer
        events: list[Event] = [Snapshot(tuple(reducer.parts))]
        ended = reducer.failed or reducer.finished
        return encode(reducer.offset, [*events, ended] if ended else events)


class LogWriter:
    """Writes the logs of all runs of one process: one pipelined flush for all of them per interval.

    While Redis is away the runs go on and what they say waits in their reducers, once; afterwards every log
    is written anew from there. Memory is bounded by the replies themselves.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._runs: dict[UUID, RunLog] = {}
        self._dirty: set[RunLog] = set()
        self._fresh = asyncio.Event()
        self._wake = asyncio.Event()
        self._rewrite = False
        self._flushed = asyncio.Condition()

    def open(self, run_id: UUID, parts: tuple[Part, ...] = (), position: int = 0) -> RunLog:
        """Begin the log of a run, or go on with it at a higher position than it can have; `parts` are what the message
        holds already."""
        run = RunLog(run_id, MessageParts(parts))
        run.reducer.offset = position
        self._runs[run_id] = run
        if parts or position:
            self.append(run, Snapshot(parts))
        return run

    def append(self, run: RunLog, event: Event) -> None:
        run.append(event)
        if not run.started:
            self._fresh.set()
        self._dirty.add(run)
        self._wake.set()

    async def close(self, run: RunLog) -> None:
        """Write what is left and let the log expire. Returns also when Redis does not answer within seconds."""
        try:
            async with asyncio.timeout(5), self._flushed:
                await self._flushed.wait_for(lambda: not (run.pending or run.in_flight))
            if not run.is_over:  # else it was told so with its last entry
                await self._client.expire(key_of(run.run_id), KEPT_AFTER_END)
        except (redis.RedisError, OSError, TimeoutError):
            log.warning("the end of log %s could not be written; followers read the database", run.run_id)
        finally:
            self._runs.pop(run.run_id, None)
            self._dirty.discard(run)

    async def flush_for_ever(self) -> None:
        """Write all runs once per interval, and new ones at once in between: somebody waits for their first word."""
        now = asyncio.get_running_loop().time
        due = first_due = 0.0
        while True:
            await self._wake.wait()
            try:
                async with asyncio.timeout_at(due):
                    await self._fresh.wait()
                    if (early := first_due - now()) > 0:
                        await asyncio.sleep(early)
                first_due = now() + FIRST_FLUSH
                new = {run for run in self._dirty if not run.started}
            except TimeoutError:
                new = self._dirty
                due = now() + min(max(PER_RUN * len(self._runs), FASTEST), SLOWEST)
            await self._flush(new)

    async def _flush(self, batch: set[RunLog]) -> None:
        self._fresh.clear()
        self._dirty = self._dirty - batch
        if not self._dirty:
            self._wake.clear()
        try:
            if self._rewrite:
                await self._write_anew(list(self._runs.values()))
                self._rewrite = False
            else:
                await self._write(batch)
        except (redis.RedisError, OSError):
            if not self._rewrite:
                log.warning("the stream log is not reachable; %d runs go on and wait", len(self._runs), exc_info=True)
            self._rewrite = True
            self._dirty |= batch
            self._wake.set()
            await asyncio.sleep(0.25)
        async with self._flushed:
            self._flushed.notify_all()

    async def _write(self, batch: set[RunLog]) -> None:
        runs = [run for run in batch if run.pending]
        taken = [run.take() for run in runs]
        expiring: set[RunLog] = set()
        for run in runs:
            run.in_flight = True
        async with self._client.pipeline(transaction=False) as pipe:
            for run, (at, events) in zip(runs, taken, strict=True):
                # The plain command: redis-py's own method costs as much as writing the event.
                key, entry = key_of(run.run_id), encode(at, events)
                if run.started:
                    # Only a first entry makes the stream: when it has vanished, the answer is nil.
                    pipe.execute_command("XADD", key, "NOMKSTREAM", "*", "e", entry)
                else:
                    pipe.execute_command("XADD", key, "*", "e", entry)
                if not run.started or run.is_over:
                    pipe.execute_command("EXPIRE", key, run.kept_for)
                    expiring.add(run)
            results = iter(await pipe.execute())
        lost = []
        for run in runs:
            run.in_flight = False
            entry_id = next(results)
            if run in expiring:
                next(results)
            run.started = True
            if entry_id is None:
                lost.append(run)
            else:
                run.last_id = entry_id.decode()
        if lost:
            await self._write_anew(lost)

    async def _write_anew(self, runs: list[RunLog]) -> None:
        """Replace the logs by one entry each that says everything."""
        if not runs:
            return
        async with self._client.pipeline(transaction=True) as pipe:
            for run in runs:
                pipe.delete(key_of(run.run_id))
                pipe.xadd(key_of(run.run_id), {"e": run.snapshot()})
                pipe.expire(key_of(run.run_id), run.kept_for)
                run.take()
                run.in_flight = True
            results = await pipe.execute()
        for run, entry_id in zip(runs, results[1::3], strict=True):
            run.started = True
            run.in_flight = False
            run.last_id = entry_id.decode()
