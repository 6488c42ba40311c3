"""A run in progress, and one call of its model. Redis and Postgres are used only by what is passed in."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from agents.services.loop import RunState
from agents.tools.base import Agent
from chat.services import results
from chat.services.turns.alarms import implausible_usage
from endpoints.catalog.facts import vocabulary_of
from endpoints.providers.base import Caller, Endpoint, ModelRequest
from endpoints.services.model_calls import stream
from endpoints.services.placeholders import uses_caller_placeholders
from endpoints.services.plausible import plausible
from endpoints.services.tokens import Tally, prompt_size
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, Usage
from messages.parts import Error, Part, ToolCall, grown_text
from runs.metering import RunBudget
from runs.persistence import ClaimedRun, caller_of_job
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
    settled: int = 0  # of the usages, before the run waited
    state: RunState = field(default_factory=RunState)
    whole: dict[int, Part] = field(default_factory=dict)  # by place: calls whose long results are stored elsewhere

    def __post_init__(self) -> None:
        self.written = Tally(vocabulary_of(self.job.model))

    def stop(self) -> None:
        """End the run with what it has; also when the provider is silent just now."""
        self.stopping = True
        if self.task is not None and self.writing and not self.ending:
            self.task.cancel()


async def prepare(
    active: ActiveRun, endpoint: Endpoint, budget: RunBudget, agent: Agent
) -> ModelRequest | Finished | Failed:
    """Return what to ask the model, paid for; or why it is not asked."""
    try:
        parts = [active.whole.get(place, part) for place, part in enumerate(active.log.reducer.parts)]
        prompt = prompt_of(active.job, endpoint, agent=agent, parts=parts, first_parts=active.state.first_parts)
        if not prompt.request.messages:
            return Failed("empty_messages")
        active.left_out = max(active.left_out, prompt.left_out)
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


async def call_model(
    active: ActiveRun, writer: LogWriter, request: ModelRequest, budget: RunBudget
) -> Finished | Failed:
    """Call the model and log what it says. Raises `CancelledError` only when the run is abandoned."""
    scrubber = Scrubber(active.log.reducer.parts)
    active.writing = True
    try:
        async with aclosing(stream(request)) as events:
            async for event in events:
                if isinstance(event, Finished | Failed):
                    _note_silence(active, request)
                    return event
                if isinstance(event, Usage):
                    event = await _believed(active, event, request, budget)
                _take(active, writer, scrubber, event)
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
    finally:
        active.writing = False
    _note_silence(active, request)
    return Failed("cut_off", "the adapter ended without a word")


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


def _take(active: ActiveRun, writer: LogWriter, scrubber: Scrubber, event: Event) -> None:
    if isinstance(event, PartDelta | PartStarted):
        text = event.text if isinstance(event, PartDelta) else grown_text(event.part)
        active.written.add(text)
        active.total += len(text)
    elif isinstance(event, Usage):
        active.usages.append(event)
        active.written.clear()
    for cleaned in scrubber.clean(event):
        writer.append(active.log, cleaned)


async def with_long_results_stored(active: ActiveRun, budget: RunBudget, parts: Sequence[Part]) -> list[Part]:
    """Return the parts as the message has them: the long results of calls that have just ended are stored beside it."""
    known = active.log.reducer.parts
    kept = list(parts)
    for place, part in enumerate(parts):
        is_new = place >= len(known) or part is not known[place]
        if is_new and isinstance(part, ToolCall) and part.result is not None:
            call = part
            short = await budget.in_thread(lambda call=call: results.store_long(active.job.message_id, call))  # type: ignore[misc]
            if short is not call:
                active.whole[place], kept[place] = call, short
    return kept


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
    goes_on = job.continues or job.checkpoint is not None
    return tuple(part for part in job.parts if not isinstance(part, Error)) if goes_on else ()
