"""Storing the results of runs, in batches of those that end together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import DatabaseError, DataError

from runs import persistence

log = logging.getLogger(__name__)

BATCH_SIZE = 32
PATIENCE = 1.0  # s of back-off at most while the database is away: the ends must come before the leases count again

InThread = Callable[[Callable[[], persistence.Stored]], Awaitable[persistence.Stored]]
Kept = Literal["kept", "followed", "mailed", "lost"]


@dataclass(slots=True, eq=False)
class _PendingResult:
    result: persistence.RunResult
    kept: "asyncio.Future[Kept]"


class ResultBatcher:
    """Takes outcomes one by one and stores what has come together in one transaction.

    While the database is away nothing is given up: the replies wait here, and the runs with them.
    """

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._waiting: list[_PendingResult] = []
        self._wake = asyncio.Event()

    async def store(self, result: persistence.RunResult) -> Kept:
        """Return, once it is stored, whether it was: a run that was not ours is lost, one with mail has to go on.

        After one that is followed, the next message of the conversation's queue is to be sent.
        """
        ending = _PendingResult(result, asyncio.get_running_loop().create_future())
        self._waiting.append(ending)
        self._wake.set()
        return await ending.kept

    async def work_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            batch, self._waiting = self._waiting[:BATCH_SIZE], self._waiting[BATCH_SIZE:]
            if not self._waiting:
                self._wake.clear()
            if batch:
                await self._store(batch)

    async def _store(self, batch: list[_PendingResult]) -> None:
        delay = 0.25
        while True:
            try:
                kept = await self._in_thread(lambda: persistence.finish([pending.result for pending in batch]))
            except DataError:
                if len(batch) == 1:
                    log.exception("run %s holds what cannot be stored", batch[0].result.job.id)
                    _tell(batch, persistence.Stored())
                    return
                for pending in batch:  # one of them holds what cannot be stored; the others must not suffer
                    await self._store([pending])
                return
            except DatabaseError:
                log.warning("the ends of %d runs cannot be stored yet", len(batch), exc_info=True)
                await asyncio.sleep(delay)
                delay = min(delay * 2, PATIENCE)
            else:
                _tell(batch, kept)
                return


def _tell(batch: list[_PendingResult], stored: persistence.Stored) -> None:
    for pending in batch:
        if not pending.kept.done():
            pending.kept.set_result(_kept(pending.result.job.id, stored))


def _kept(run_id: UUID, stored: persistence.Stored) -> Kept:
    if run_id in stored.mailed:
        return "mailed"
    if run_id in stored.followed:
        return "followed"
    return "kept" if run_id in stored.kept else "lost"
