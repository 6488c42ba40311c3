"""The generator process: hundreds of runs on one event loop.

It claims queued runs, writes their events to the stream log, saves them every two seconds and at the end, and renews
their leases. To stop, it drains: it claims nothing new and finishes its current runs.
"""

import asyncio
import contextlib
import logging
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

import redis
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from agents.tools.base import AgentDirectory, site_agents
from billing.services.payer import CallPrice
from chat.services import results
from chat.services.notices import notify_now
from chat.services.turns import queued_turns
from chat.services.turns.queue import STOP, WORK
from chat.services.turns.waiting import stop_subruns
from chat.tasks import write_title
from core.redis_client import async_client
from core.tasks import end_tasks
from endpoints.catalog import keys, registry
from endpoints.providers.base import Endpoint
from endpoints.services.metered import MeteredModel, price_of_call
from messages.events import Failed
from messages.parts import Part
from runs import borders, persistence
from runs.closing import ResultBatcher
from runs.metering import model_of, retry_while_db_down
from runs.outcome import result_of, why_not_begun
from runs.part_changes import change_of
from runs.rounds import Rounds, RunLost
from runs.run import ActiveRun, parts_to_continue
from runs.stream_log import LogWriter

log = logging.getLogger(__name__)

PATIENCE = 1.0  # s of back-off at most while a server is away
THREADS = 4  # database work at once; each thread keeps one connection
SAVE_EVERY = 2.0
CLOSING = 5.0  # s for the threads to meet when all is over
HEARTBEAT_EVERY = 3.0
HEARTBEAT_LIFE = 15
HEARTBEAT = "parley:generator:"
POSITIONS = 1 << 32  # of a log between two claims of its run: more than one claim can write

T = TypeVar("T")


class Generator:
    """One process's worth of runs. `run` returns when it was told to stop and everything has ended."""

    def __init__(self, agents: AgentDirectory = site_agents) -> None:
        self._agents = agents
        self.worker = f"{platform.node()[:32]}-{os.getpid()}-{secrets.token_hex(3)}"
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="generator")
        self._client = async_client(socket_timeout=5)
        self._waiting = async_client(socket_timeout=None)
        self._writer = LogWriter(self._client)
        self._result_batcher = ResultBatcher(self._in_thread)
        self._runs: dict[UUID, ActiveRun] = {}
        self._room = asyncio.Event()
        self._draining = asyncio.Event()

    def drain(self) -> None:
        log.info("draining: %d runs go on to their end", len(self._runs))
        self._draining.set()
        self._room.set()

    async def run(self) -> None:
        self._room.set()
        helpers = [
            asyncio.create_task(work)
            for work in (
                self._writer.flush_for_ever(),
                self._result_batcher.work_for_ever(),
                self._for_ever(self._listen_for_stops),
                self._for_ever(self._beat),
                self._for_ever(self._save_and_wait),
            )
        ]
        taking = asyncio.create_task(self._for_ever(self._take_work))
        await self._draining.wait()
        await end_tasks(taking)
        while self._runs:
            tasks = [run.task for run in self._runs.values() if run.task]
            await asyncio.wait(tasks, timeout=1)
        await end_tasks(*helpers)
        with contextlib.suppress(redis.RedisError, OSError):
            await self._client.delete(HEARTBEAT + self.worker)
        await asyncio.gather(self._client.aclose(), self._waiting.aclose(), return_exceptions=True)
        await self._leave_database()
        self._threads.shutdown()

    async def _for_ever(self, step: Callable[[], Any]) -> None:
        """Repeat `step`; what fails while a server is away is logged once and tried again."""
        failures = 0
        while True:
            try:
                await step()
                failures = 0
            except (redis.RedisError, OSError, DatabaseError):
                if failures == 0:
                    log.warning("%s failed; trying again", step.__name__, exc_info=True)
                failures += 1
                await asyncio.sleep(min(0.25 * 2**failures, PATIENCE))
            except Exception:  # a fault of one run, or a stranger's word in Redis, must not end the work for all
                log.exception("%s broke; going on", step.__name__)
                await asyncio.sleep(1)

    # --- taking work ---------------------------------------------------------------------------

    async def _take_work(self) -> None:
        while len(self._runs) >= settings.GENERATOR_MAX_RUNS:
            self._room.clear()
            await self._room.wait()
        # A thousand turns may wait: taking them in small lots keeps the first ones quick.
        count = min(persistence.CLAIM_LIMIT, settings.GENERATOR_MAX_RUNS - len(self._runs))
        popped = await self._waiting.blmpop(0, 1, WORK, direction="LEFT", count=count)  # type: ignore[misc]
        if not popped:
            return
        ids = [UUID(raw_id.decode()) for raw_id in popped[1]]
        for job in await self._in_thread(lambda: persistence.claim(ids=ids, worker=self.worker)):
            self._begin(job)

    def _begin(self, job: persistence.ClaimedRun) -> None:
        parts = parts_to_continue(job)
        # What followers know from before has lower positions, so they take the message as it is now.
        position = job.checkpoint.claims * POSITIONS if job.checkpoint else 0
        active = ActiveRun(job, self._writer.open(job.id, parts, position))
        self._runs[job.id] = active
        active.task = asyncio.create_task(self._live(active))

    async def _live(self, active: ActiveRun) -> None:
        job, is_over = active.job, True
        try:
            endpoint, price = await retry_while_db_down(self._in_thread, lambda: self._means_of(active))
            hints = asyncio.create_task(self._say_begun(job, endpoint))
            model = model_of(active.job, self._in_thread, price)
            model.usages = active.usages
            is_over = await self._carry_out(active, endpoint, model)
            await hints
            if is_over and not isinstance(endpoint, Failed) and endpoint.titles.timing == "final":
                await self._ask_for_title(job)
        except (asyncio.CancelledError, RunLost):
            log.warning("run %s is no longer ours; its parts are left to the database", job.id)
        finally:
            active.ending = True
            await self._writer.close(active.log)
            self._runs.pop(job.id, None)
            self._room.set()
        if is_over and job.parent_id is None:
            await notify_now(job.owner_id, "run", {"conversation": str(job.conversation_id), "running": False})
        if active.is_followed:
            await self._send_next(job)

    async def _carry_out(self, active: ActiveRun, endpoint: Endpoint | Failed, model: MeteredModel) -> bool:
        """Go on with the run to its end, and store that; False where it waits."""
        rounds = None
        ending = why_not_begun(active, endpoint)
        if ending is None and not isinstance(endpoint, Failed):
            rounds = Rounds(active, self._writer, endpoint, model, self._agents, self.worker)
            ending = await rounds.carry_on()
        while ending is not None:
            result = result_of(active, endpoint, ending, self.worker, model, rounds)
            kept = await self._result_batcher.store(result)
            active.is_followed = kept == "followed"
            if kept in {"kept", "followed"}:
                self._writer.append(active.log, result.ending)
            if kept != "mailed" or rounds is None:
                if active.state.subruns:
                    await self._in_thread(lambda: stop_subruns(active.job.id))
                return True
            active.ending = False
            ending = await rounds.hear()
        return False

    def _means_of(self, active: ActiveRun) -> tuple[Endpoint | Failed, CallPrice | None]:
        """Return the endpoint that is called, with its person's own key, or why it cannot be; and what a call costs."""
        job = active.job
        known = registry.current()
        endpoint = known.get(job.endpoint)
        if job.checkpoint is not None:
            active.usages = persistence.usages_of_steps(job.id)
            parts = active.log.reducer.parts
            whole = results.put_back({job.message_id: parts})[job.message_id]
            active.whole = {place: part for place, part in enumerate(whole) if part is not parts[place]}
        if endpoint is None or (job.spec and known.spec(job.spec) is None):
            return Failed("no_endpoint"), None
        held = borders.with_hold(job, endpoint) if job.checkpoint and not job.stop_requested else job
        active.job = held or job
        if held is None:
            return Failed("no_credit"), None
        try:
            return keys.resolve(endpoint, job.owner_id), price_of_call(endpoint, job.model)
        except keys.KeyProblem as problem:
            return Failed(problem.code), None

    async def _say_begun(self, job: persistence.ClaimedRun, endpoint: Endpoint | Failed) -> None:
        if job.parent_id is None:
            begun = {"conversation": str(job.conversation_id), "running": True, "run": str(job.id)}
            await notify_now(job.owner_id, "run", begun)
        # Where nobody can be asked, the first words become the title, and whoever waits for one hears so.
        if isinstance(endpoint, Failed) or endpoint.titles.timing == "immediate":
            await self._ask_for_title(job)

    async def _send_next(self, job: persistence.ClaimedRun) -> None:
        """Send what is queued behind the reply; where that fails, the sweeper does."""
        try:
            await self._in_thread(lambda: queued_turns.send_next(job.conversation_id))
        except Exception:
            log.warning("what is queued in %s could not be sent yet", job.conversation_id, exc_info=True)

    async def _ask_for_title(self, job: persistence.ClaimedRun) -> None:
        if job.needs_title and job.checkpoint is None:
            try:
                await asyncio.get_running_loop().run_in_executor(None, write_title.delay, str(job.conversation_id))
            except Exception:
                log.warning("the title of %s could not be queued", job.conversation_id, exc_info=True)

    # --- what goes on beside the runs ------------------------------------------------------------

    async def _save_and_wait(self) -> None:
        await asyncio.sleep(SAVE_EVERY)
        active = list(self._runs.values())
        if not active:
            return
        parts = [tuple(run.log.reducer.parts) for run in active]
        batch = [self._progress(run, now) for run, now in zip(active, parts, strict=True)]
        try:
            ours = await self._in_thread(lambda: persistence.save(worker=self.worker, batch=batch))
        except BaseException:
            for run in active:
                run.saved = None
            raise
        for run, progress, now in zip(active, batch, parts, strict=True):
            saved = ours.get(run.job.id)
            if saved is None or not saved.is_stored:
                run.saved = None
            elif progress.change is not None:
                run.saved, run.saved_event_id = now, progress.last_event_id
            if run.job.id not in self._runs or run.ending:
                continue
            # One that is not ours any more was swept or deleted: its end is not stored, but what it cost is.
            if saved is None or saved.stop_requested:
                run.stop()

    def _progress(self, active: ActiveRun, parts: Sequence[Part]) -> persistence.Progress:
        job = active.job
        change = None
        if not active.ending:
            change = change_of(
                job.id,
                parts,
                active.saved,
                border=job.checkpoint.border if job.checkpoint else 0,
                saved_event_id=active.saved_event_id,
                is_subrun=job.parent_id is not None,
            )
        return persistence.Progress(job.id, change, active.log.last_id)

    async def _listen_for_stops(self) -> None:
        async with self._waiting.pubsub() as channel:
            await channel.subscribe(STOP)
            async for message in channel.listen():
                if message["type"] == "message":
                    active = self._runs.get(UUID(message["data"].decode()))
                    if active is not None:
                        active.stop()

    async def _beat(self) -> None:
        await self._client.set(HEARTBEAT + self.worker, int(time.time()), ex=HEARTBEAT_LIFE)
        await asyncio.sleep(HEARTBEAT_EVERY)

    async def _leave_database(self) -> None:
        """Close the connection of each thread: none takes a second turn before all have met."""
        together = threading.Barrier(THREADS)

        def leave() -> None:
            together.wait(CLOSING)
            connections.close_all()

        loop = asyncio.get_running_loop()
        leaving = [loop.run_in_executor(self._threads, leave) for _ in range(THREADS)]
        await asyncio.gather(*leaving, return_exceptions=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run database work in one of the process's threads, whose connection is checked as for a request."""

        def checked() -> T:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, checked)
