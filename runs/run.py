"""One run, from the claimed job to its outcome. Redis and Postgres are used only by what is passed in."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from agents.services.run import run as run_agent
from chat.services import results
from chat.services.turns.alarms import implausible_usage
from endpoints.catalog.facts import vocabulary_of
from endpoints.catalog.keys import with_user_key_error
from endpoints.providers.base import Caller, Endpoint, ModelRequest
from endpoints.services.placeholders import uses_caller_placeholders
from endpoints.services.plausible import plausible
from endpoints.services.tokens import Tally, prompt_size
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, PartUpdated, Usage
from messages.parts import Error, Part, ToolCall, grown_text
from messages.reducer import error_part
from runs.metering import RunBudget
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
    usages: list[Usage] = field(default_factory=list)
    written: Tally = field(init=False)  # since the last reported usage
    total: int = 0
    left_out: int = 0  # messages of the branch that did not fit into the prompt

    def __post_init__(self) -> None:
        self.written = Tally(vocabulary_of(self.job.model))

    def stop(self) -> None:
        """End the run with what it has; also when the provider is silent just now."""
        self.stopping = True
        if self.task is not None and self.writing and not self.ending:
            self.task.cancel()


async def carry_out(
    active: ActiveRun, writer: LogWriter, endpoint: Endpoint | Failed, budget: RunBudget, worker: str
) -> RunResult:
    """Call the model, log what it says, and return how it ended. Raises `CancelledError` only when abandoned.

    `endpoint` has the person's own key in it, where it needs one; or it says why it cannot be called.
    """
    job = active.job
    ending: Finished | Failed
    if job.stop_requested or active.stopping:
        ending = Finished("stopped")
    elif isinstance(endpoint, Failed):
        ending = endpoint
    else:
        request = await _prepare(active, endpoint, budget)
        ending = await _write(active, writer, request, budget) if isinstance(request, ModelRequest) else request
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
        usages=active.usages,
        endpoint=called,
        left_out=active.left_out,
    )


async def _prepare(active: ActiveRun, endpoint: Endpoint, budget: RunBudget) -> ModelRequest | Finished | Failed:
    """Return what to ask the model, paid for; or why it is not asked."""
    try:
        prompt = prompt_of(active.job, endpoint)
        if not prompt.request.messages:
            return Failed("empty_messages")
        active.left_out = prompt.left_out
        caller = Caller()
        if uses_caller_placeholders(endpoint):
            caller = await budget.in_thread(lambda: caller_of_job(active.job))
        request = await budget.cover_prompt(replace(prompt.request, caller=caller))
    except Exception:
        log.exception("run %s cannot be prepared", active.job.id)
        return Failed("internal")
    if active.stopping:
        return Finished("stopped")
    return request or Failed("no_credit")


async def _write(active: ActiveRun, writer: LogWriter, request: ModelRequest, budget: RunBudget) -> Finished | Failed:
    scrubber = Scrubber(active.log.reducer.parts)
    active.writing = True
    try:
        async with aclosing(run_agent(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Finished | Failed):
                    _note_silence(active, request)
                    return event
                if isinstance(event, Usage):
                    event = await _believed(active, event, request, budget)
                await _take(active, writer, scrubber, event, budget)
                if active.total > REPLY_LIMIT:
                    _note_silence(active, request)
                    return Failed("bad_response", "the reply is endless")
                if not await budget.cover_reply(active.written.tokens):
                    _note_silence(active, request)
                    return Finished("budget")
    except asyncio.CancelledError:
        if not active.stopping:
            raise
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
        _note_silence(active, request)
        return Finished("stopped")
    except Exception:
        log.exception("run %s broke", active.job.id)
        _note_silence(active, request)
        return Failed("internal")
    return Failed("cut_off", "the run ended without a last event")


async def _believed(active: ActiveRun, usage: Usage, request: ModelRequest, budget: RunBudget) -> Usage:
    """Return what of the reported usage is charged; tell the administrators of one that cannot be."""
    charged = plausible(usage, request, written=active.written.tokens)
    if charged != usage:
        job = active.job
        await budget.in_thread(
            lambda: implausible_usage(
                endpoint=job.endpoint, model=job.model, owner_id=job.owner_id, reported=usage, charged=charged
            )
        )
    return charged


async def _take(active: ActiveRun, writer: LogWriter, scrubber: Scrubber, event: Event, budget: RunBudget) -> None:
    if isinstance(event, PartDelta | PartStarted):
        text = event.text if isinstance(event, PartDelta) else grown_text(event.part)
        active.written.add(text)
        active.total += len(text)
    elif isinstance(event, Usage):
        active.usages.append(event)
        active.written.clear()
    for cleaned in scrubber.clean(event):
        if isinstance(cleaned, PartUpdated):
            cleaned = await _with_long_result_stored(active, cleaned, budget)
        writer.append(active.log, cleaned)


async def _with_long_result_stored(active: ActiveRun, event: PartUpdated, budget: RunBudget) -> PartUpdated:
    call = event.part
    if not isinstance(call, ToolCall) or call.result is None:
        return event
    return PartUpdated(event.index, await budget.in_thread(lambda: results.store_long(active.job.message_id, call)))


def _note_silence(active: ActiveRun, request: ModelRequest) -> None:
    """Estimate the usage of a call that ended before the provider reported it: what was written cost money."""
    if not active.written:
        return
    active.usages.append(
        Usage(
            input_tokens=prompt_size(request.messages, vocabulary_of(request.model)),
            output_tokens=active.written.tokens,
            estimated=True,
        )
    )
    active.written.clear()


def parts_to_continue(job: ClaimedRun) -> tuple[Part, ...]:
    """Return what the message holds already, without the error that ended it."""
    return tuple(part for part in job.parts if not isinstance(part, Error)) if job.continues else ()
