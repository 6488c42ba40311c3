"""One run, from the claimed job to its outcome. Knows neither Redis nor Postgres: it gets what it needs."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field

from agents.run import run as run_agent
from chat.generator.budget import Budget
from chat.generator.persist import Job, Outcome
from chat.generator.scrub import Scrubber
from chat.model_settings import ModelSettings
from chat.streaming.log import LogWriter, RunLog
from endpoints import registry
from endpoints.adapters.base import Endpoint, ModelRequest, PromptMessage
from endpoints.events import Event, Failed, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from endpoints.parts import Part, error_part, plain_text

log = logging.getLogger(__name__)

REPLY_LIMIT = 8_000_000  # characters of one reply: a provider that never ends is cut off here
CONTINUE = "Continue exactly where you stopped. Do not repeat anything and do not comment."
CHARACTERS_PER_TOKEN = 4  # for the estimate when a provider reports no usage


@dataclass(slots=True, eq=False)
class ActiveRun:
    """A run in progress, as the worker sees it."""

    job: Job
    log: RunLog
    stopping: bool = False
    writing: bool = False  # the model is being called: only there may the task be cancelled
    ending: bool = False  # it only has to be stored any more
    saved_position: int = -1
    task: "asyncio.Task[None] | None" = None
    usages: list[Usage] = field(default_factory=list)
    written: int = 0  # characters since the last reported usage
    total: int = 0

    def stop(self) -> None:
        """End the run with what it has; also when the provider is silent just now."""
        self.stopping = True
        if self.task is not None and self.writing and not self.ending:
            self.task.cancel()


async def carry_out(active: ActiveRun, writer: LogWriter, budget: Budget, worker: str) -> Outcome:
    """Call the model, log what it says, and return how it ended. Raises `CancelledError` only when abandoned."""
    job = active.job
    endpoint = registry.current().get(job.endpoint)
    ending: Finished | Failed
    if job.stop_requested or active.stopping:
        ending = Finished("stopped")
    elif endpoint is None:
        ending = Failed("no_endpoint")
    else:
        request = await _prepare(active, endpoint, budget)
        ending = await _write(active, writer, request, budget) if isinstance(request, ModelRequest) else request
    active.ending = True
    parts = list(active.log.reducer.parts)
    if isinstance(ending, Failed):
        log.warning("run %s failed: %s %s", job.id, ending.code, ending.detail[:300])
        parts.append(error_part(ending))
    return Outcome(job=job, worker=worker, ending=ending, parts=parts, usages=active.usages, endpoint=endpoint)


async def _prepare(active: ActiveRun, endpoint: Endpoint, budget: Budget) -> ModelRequest | Finished | Failed:
    """Return what to ask the model, paid for; or why it is not asked."""
    try:
        request = await budget.cover_prompt(request_of(active.job, endpoint))
    except Exception:
        log.exception("run %s cannot be prepared", active.job.id)
        return Failed("internal")
    if active.stopping:
        return Finished("stopped")
    return request or Failed("no_credit")


async def _write(active: ActiveRun, writer: LogWriter, request: ModelRequest, budget: Budget) -> Finished | Failed:
    scrubber = Scrubber()
    active.writing = True
    try:
        async with aclosing(run_agent(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Finished | Failed):
                    _note_silence(active, request)
                    return event
                _take(active, writer, scrubber.clean(event))
                if active.total > REPLY_LIMIT:
                    _note_silence(active, request)
                    return Failed("bad_response", "the reply is endless")
                if not await budget.cover_reply(active.written // CHARACTERS_PER_TOKEN):
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


def _take(active: ActiveRun, writer: LogWriter, event: Event) -> None:
    if isinstance(event, TextDelta | ReasoningDelta):
        if not event.text:
            return
        active.written += len(event.text)
        active.total += len(event.text)
    elif isinstance(event, ToolCallDelta):
        active.written += len(event.arguments)
        active.total += len(event.arguments)
    elif isinstance(event, Usage):
        active.usages.append(event)
        active.written = 0
    writer.append(active.log, event)


def _note_silence(active: ActiveRun, request: ModelRequest) -> None:
    """Estimate the usage of a call that ended before the provider reported it: what was written cost money."""
    if active.written == 0:
        return
    prompt = sum(len(message.content) for message in request.messages)
    active.usages.append(
        Usage(
            input_tokens=prompt // CHARACTERS_PER_TOKEN + 1,
            output_tokens=active.written // CHARACTERS_PER_TOKEN + 1,
            estimated=True,
        )
    )
    active.written = 0


def request_of(job: Job, endpoint: Endpoint) -> ModelRequest:
    """Put the prompt together: the project's instructions and the system prompt, the branch up to the reply.

    For *Continue* the reply so far follows.
    """
    chosen = ModelSettings.model_validate(job.settings)
    messages = list(job.history)
    if system := "\n\n".join(filter(None, [job.instructions, chosen.promptPrefix])):
        messages.insert(0, PromptMessage("system", system))
    if job.continues and (written := plain_text(job.parts)):
        messages += [PromptMessage("assistant", written), PromptMessage("user", CONTINUE)]
    return ModelRequest(
        endpoint=endpoint,
        model=job.model,
        messages=messages,
        params=chosen.request_params(),
        max_tokens=chosen.max_tokens or 0,
        user_id=str(job.owner_id),
    )


def parts_to_continue(job: Job) -> tuple[Part, ...]:
    """Return what the message holds already, without the error that ended it."""
    return tuple(part for part in job.parts if part["type"] != "error") if job.continues else ()
