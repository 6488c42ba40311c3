"""One run, from the claimed job to its outcome. Redis and Postgres are used only by what is passed in."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from agents.services.run import run as run_agent
from billing.services.holds import NoCredit, OverBudget
from billing.services.ledger import LedgerLine
from chat.services import results
from endpoints.catalog.keys import with_user_key_error
from endpoints.catalog.prices import UnknownPrice
from endpoints.providers.base import Caller, Endpoint, ModelRequest
from endpoints.services.metered import MeteredModel
from endpoints.services.placeholders import uses_caller_placeholders
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, PartUpdated
from messages.parts import Error, Part, ToolCall, grown_text
from messages.reducer import error_part
from runs.persistence import ClaimedRun, RunResult, caller_of_job
from runs.prompt import prompt_of
from runs.scrub import Scrubber
from runs.stream_log import LogWriter, RunLog

log = logging.getLogger(__name__)

REPLY_LIMIT = 8_000_000  # characters of one reply: a provider that never ends is cut off here


@dataclass(slots=True, eq=False)
class ActiveRun:
    """A run in progress, as the worker sees it."""

    job: ClaimedRun
    log: RunLog
    stopping: bool = False
    writing: bool = False  # the model is being called: only there may the task be cancelled
    ending: bool = False  # it only has to be stored any more
    saved_event_id: str = ""  # of the stream log, at the last save
    task: "asyncio.Task[None] | None" = None
    total: int = 0  # characters written
    left_out: int = 0  # messages of the branch that did not fit into the prompt

    def stop(self) -> None:
        """End the run with what it has; also when the provider is silent just now."""
        self.stopping = True
        if self.task is not None and self.writing and not self.ending:
            self.task.cancel()


async def carry_out(
    active: ActiveRun, writer: LogWriter, endpoint: Endpoint | Failed, model: MeteredModel, worker: str
) -> RunResult:
    """Call the model, log what it says, and return how it ended. Raises `CancelledError` only when abandoned.

    `endpoint` has the person's own key in it, where it needs one; or it says why it cannot be called. `model` makes
    the calls.
    """
    job = active.job
    ending: Finished | Failed
    if job.stop_requested or active.stopping:
        ending = Finished("stopped")
    elif isinstance(endpoint, Failed):
        ending = endpoint
    else:
        request = await _prepare(active, endpoint, model)
        ending = await _write(active, writer, request, model) if isinstance(request, ModelRequest) else request
        ending = with_user_key_error(ending, endpoint) if isinstance(ending, Failed) else ending
    active.ending = True
    parts = list(active.log.reducer.parts)
    if isinstance(ending, Failed):
        log.warning("run %s failed: %s %s", job.id, ending.code, ending.detail)
        parts.append(error_part(ending))
    called = None if isinstance(endpoint, Failed) else endpoint
    return RunResult(
        job=job,
        worker=worker,
        ending=ending,
        parts=parts,
        usages=model.usages,
        lines=lines_of(model),
        endpoint=called,
        left_out=active.left_out,
    )


async def _prepare(active: ActiveRun, endpoint: Endpoint, model: MeteredModel) -> ModelRequest | Finished | Failed:
    """Return what to ask the model, or why it is not asked."""
    try:
        prompt = prompt_of(active.job, endpoint)
        if not prompt.request.messages:
            return Failed("empty_messages")
        active.left_out = prompt.left_out
        caller = Caller()
        if uses_caller_placeholders(endpoint):
            caller = await model.in_thread(lambda: caller_of_job(active.job))
    except Exception:
        log.exception("run %s cannot be prepared", active.job.id)
        return Failed("internal")
    if active.stopping:
        return Finished("stopped")
    return replace(prompt.request, caller=caller)


async def _write(active: ActiveRun, writer: LogWriter, request: ModelRequest, model: MeteredModel) -> Finished | Failed:
    scrubber = Scrubber(active.log.reducer.parts)
    active.writing = True
    try:
        async with aclosing(run_agent(request, model=model)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Finished | Failed):
                    return event
                await _take(active, writer, scrubber, event, model)
                if active.total > REPLY_LIMIT:
                    return Failed("bad_response", "the reply is endless")
    except asyncio.CancelledError:
        if not active.stopping:
            raise
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
        return Finished("stopped")
    except (NoCredit, OverBudget, UnknownPrice):
        return Finished("budget") if model.usages else Failed("no_credit")
    except Exception:
        log.exception("run %s broke", active.job.id)
        return Failed("internal")
    return Failed("cut_off", "the run ended without a last event")


async def _take(active: ActiveRun, writer: LogWriter, scrubber: Scrubber, event: Event, model: MeteredModel) -> None:
    if isinstance(event, PartDelta | PartStarted):
        active.total += len(event.text if isinstance(event, PartDelta) else grown_text(event.part))
    for cleaned in scrubber.clean(event):
        if isinstance(cleaned, PartUpdated):
            cleaned = await _with_long_result_stored(active, cleaned, model)
        writer.append(active.log, cleaned)


async def _with_long_result_stored(active: ActiveRun, event: PartUpdated, model: MeteredModel) -> PartUpdated:
    call = event.part
    if not isinstance(call, ToolCall) or call.result is None:
        return event
    return PartUpdated(event.index, await model.in_thread(lambda: results.store_long(active.job.message_id, call)))


def lines_of(model: MeteredModel) -> Sequence[LedgerLine]:
    """Return what the run has used and is not charged yet."""
    hold = model.payer.hold
    return tuple(hold.lines) if hold is not None else ()


def parts_to_continue(job: ClaimedRun) -> tuple[Part, ...]:
    """Return what the message holds already, without the error that ended it."""
    return tuple(part for part in job.parts if not isinstance(part, Error)) if job.continues else ()
