"""A run in progress, and one call of its model. Redis and Postgres are used only by what is passed in."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from agents.services.loop import RunState
from agents.tools.base import Agent
from billing.services.holds import NoCredit, OverBudget
from billing.services.ledger import LedgerLine
from chat.services import results
from endpoints.catalog.prices import UnknownPrice
from endpoints.providers.base import Caller, Endpoint, ModelRequest
from endpoints.services.metered import MeteredModel
from endpoints.services.placeholders import uses_caller_placeholders
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, Usage
from messages.parts import Error, Part, ToolCall, grown_text
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
    is_followed: bool = False  # a queued message is sent after it
    saved: Sequence[Part] | None = None  # the parts as the last save or border has stored them; None: not known
    saved_event_id: str = ""  # of the stream log, at the last save
    task: "asyncio.Task[None] | None" = None
    usages: list[Usage] = field(default_factory=list)  # of all its model calls
    total: int = 0  # characters written
    left_out: int = 0  # messages of the branch that did not fit into the prompt
    state: RunState = field(default_factory=RunState)
    whole: dict[int, Part] = field(default_factory=dict)  # by place: calls whose long results are stored elsewhere

    def stop(self) -> None:
        """End the run with what it has; also when the provider is silent just now."""
        self.stopping = True
        if self.task is not None and self.writing and not self.ending:
            self.task.cancel()


async def prepare(
    active: ActiveRun, endpoint: Endpoint, model: MeteredModel, agent: Agent
) -> ModelRequest | Finished | Failed:
    """Return what to ask the model, or why it is not asked."""
    try:
        parts = [active.whole.get(place, part) for place, part in enumerate(active.log.reducer.parts)]
        prompt = prompt_of(active.job, endpoint, agent=agent, parts=parts, first_parts=active.state.first_parts)
        if not prompt.request.messages:
            return Failed("empty_messages")
        active.left_out = max(active.left_out, prompt.left_out)
        caller = Caller()
        if uses_caller_placeholders(endpoint):
            caller = await model.in_thread(lambda: caller_of_job(active.job))
    except Exception:
        log.exception("run %s cannot be prepared", active.job.id)
        return Failed("internal")
    if active.stopping:
        return Finished("stopped")
    return replace(prompt.request, caller=caller)


async def call_model(
    active: ActiveRun, writer: LogWriter, request: ModelRequest, model: MeteredModel
) -> Finished | Failed:
    """Call the model and log what it says. Raises `CancelledError` only when the run is abandoned."""
    scrubber = Scrubber(active.log.reducer.parts)
    active.writing = True
    try:
        async with aclosing(model(request)) as events:
            async for event in events:
                if isinstance(event, Finished | Failed):
                    return event
                _take(active, writer, scrubber, event)
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
    finally:
        active.writing = False
    return Failed("cut_off", "the run ended without a last event")


def _take(active: ActiveRun, writer: LogWriter, scrubber: Scrubber, event: Event) -> None:
    if isinstance(event, PartDelta | PartStarted):
        active.total += len(event.text if isinstance(event, PartDelta) else grown_text(event.part))
    for cleaned in scrubber.clean(event):
        writer.append(active.log, cleaned)


async def with_long_results_stored(active: ActiveRun, model: MeteredModel, parts: Sequence[Part]) -> list[Part]:
    """Return the parts as the message has them: the long results of calls that have just ended are stored beside it."""
    known = active.log.reducer.parts
    kept = list(parts)
    for place, part in enumerate(parts):
        is_new = place >= len(known) or part is not known[place]
        if is_new and isinstance(part, ToolCall) and part.result is not None:
            call = part
            short = await model.in_thread(lambda call=call: results.store_long(active.job.message_id, call))  # type: ignore[misc]
            if short is not call:
                active.whole[place], kept[place] = call, short
    return kept


def lines_of(model: MeteredModel) -> Sequence[LedgerLine]:
    """Return what the run has used and is not charged yet."""
    hold = model.payer.hold
    return tuple(hold.lines) if hold is not None else ()


def parts_to_continue(job: ClaimedRun) -> tuple[Part, ...]:
    """Return what the message holds already, without the error that ended it."""
    goes_on = job.continues or job.checkpoint is not None
    return tuple(part for part in job.parts if not isinstance(part, Error)) if goes_on else ()
