"""The rounds of a run: does what `agents.services.loop` says, and crosses a border between two rounds.

A reply that one model call writes crosses none: there is nothing to store before its end.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from django.utils import timezone

from agents.services.loop import (
    CallEnded,
    CallModel,
    CallTools,
    End,
    PendingCall,
    Replied,
    Started,
    Stopped,
    after,
    next_action,
    resumed,
)
from agents.services.tool_calls import carry_out_calls
from agents.tools.base import Agent, AgentDirectory
from chat.models import Step
from chat.services.turns.checkpoint import Checkpoint
from chat.services.turns.open_parts import without_open_calls
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.services.metered import MeteredModel
from messages.events import Failed, Finished, PartEnded, PartStarted, PartUpdated, Usage
from messages.parts import Part, ToolCall, grown_text, with_grown_text
from runs import borders
from runs.inbox import UNKNOWN, with_result
from runs.run import ActiveRun, call_model, prepare, with_long_results_stored
from runs.stream_log import LogWriter
from runs.tool_round import ToolRound, pending_calls

log = logging.getLogger(__name__)
T = TypeVar("T")


class RunLost(Exception):
    """The run is not this worker's any more: somebody ended it, or another generator goes on with it."""


@dataclass(slots=True, eq=False)
class Rounds:
    """One run in this generator, from where it is to its end or to where it waits."""

    active: ActiveRun
    writer: LogWriter
    endpoint: Endpoint
    model: MeteredModel
    agents: AgentDirectory
    worker: str
    steps: list[Step] = field(default_factory=list)  # that ended since the last border
    _round: ToolRound = field(init=False)
    _stored: Sequence[Part] | None = None  # the message's parts at the last border
    _is_new: bool = False  # whether something has happened since the last border
    _has_mail: bool = False  # what has come has to be read before the end
    _checkpoint: Checkpoint = field(init=False)

    def __post_init__(self) -> None:
        checkpoint = self.active.job.checkpoint
        self._checkpoint = checkpoint or Checkpoint(self.active.state)
        self._round = ToolRound(self.active, self.model)
        if checkpoint is not None:
            self._stored = tuple(self.active.log.reducer.parts)
            self._take_up(checkpoint)

    async def carry_on(self) -> Finished | Failed | None:
        """Return how the run ended; None where it waits. Raises `RunLost`, and `CancelledError` when abandoned."""
        try:
            return await self._go_on()
        except RunLost:
            raise
        except Exception:
            log.exception("run %s broke", self.active.job.id)
            return Failed("internal")

    async def _go_on(self) -> Finished | Failed | None:
        while True:
            if self.active.stopping:
                return Finished("stopped")
            action = next_action(self.active.state)
            match action:
                case End(reason) if not self._has_mail:
                    return Finished(reason)  # type: ignore[arg-type]  # the loop's reasons are finish reasons
                case CallTools(calls):
                    self._advance(Started(tuple(call.id for call in calls)))
                case CallModel(number) if not self._is_new:
                    if ending := await self._call_model(number):
                        return ending
                    continue
            if await self._cross():
                return None
            if isinstance(action, CallTools) and not self.active.state.ended:
                await self._call_tools(action.calls)

    async def hear(self) -> Finished | Failed | None:
        """Go on with a run that had come to its end, because there is something in its inbox. As `carry_on`."""
        self._has_mail = True
        return await self.carry_on()

    def close(self) -> list[Part]:
        """Return the parts of the message now that the run is over; the log is told what changed."""
        parts = without_open_calls(self.active.log.reducer.parts)
        self._show(parts)
        return parts

    def _advance(self, *outcomes: object) -> None:
        for outcome in outcomes:
            self.active.state = after(self.active.state, outcome)  # type: ignore[arg-type]
        self._is_new = True

    def _take_up(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint: what had begun and has no result is begun again, or reported as unknown."""
        state, parts = checkpoint.state, list(self.active.log.reducer.parts)
        for call in state.calls:
            part = parts[call.part]
            if call.state == "running" and isinstance(part, ToolCall) and part.result is not None:
                state = after(state, CallEnded(call.id))
        agent = self.agents(state.agent) or Agent()
        self.active.state, unknown = resumed(state, agent.toolbox.repeatable)
        for call in unknown:
            parts = with_result(parts, call, UNKNOWN, failed=True)
        self._show(parts)
        self._is_new = True

    async def _call_model(self, number: int) -> Finished | Failed | None:
        """Make one model call; returns how the run ended with it, None where it goes on."""
        agent = self.agents(self.active.state.agent)
        if agent is None:
            return Failed("internal", f"there is no agent {self.active.state.agent}")
        request = await prepare(self.active, self.endpoint, self.model, agent)
        if not isinstance(request, ModelRequest):
            return request
        if self.active.job.checkpoint is not None and await self._begin(number):
            return Finished("stopped")
        first, used = len(self.active.log.reducer.parts), len(self.active.usages)
        began = timezone.now()
        ending = await call_model(self.active, self.writer, request, self.model)
        usage = self.active.usages[used] if len(self.active.usages) > used else None
        self._note_model_step(number, ending, usage, began)
        if isinstance(ending, Failed) or ending.reason in {"stopped", "budget"}:
            return ending
        calls = pending_calls(self.active.log.reducer.parts, first, agent, self.active.state.limits)
        for refused in calls.refused:
            self.writer.append(self.active.log, refused)
        self._round.ask_for(calls.approvals, agent.toolbox)
        self._advance(Replied(first, calls.pending, ending.reason))
        return None

    async def _begin(self, number: int) -> bool:
        begun = await self._in_thread(lambda: borders.begin_model_call(self.active.job, self.worker, number))
        if begun is None:
            raise RunLost
        return begun

    def _note_model_step(self, number: int, ending: Finished | Failed, usage: Usage | None, began: datetime) -> None:
        self.steps.append(
            Step(
                run_id=self.active.job.id,
                n=number,
                kind=Step.Kind.MODEL,
                state=Step.State.FAILED if isinstance(ending, Failed) else Step.State.DONE,
                quantities=borders.usage_row(usage) if usage else {},
                started_at=began,
                ended_at=timezone.now(),
            )
        )

    async def _call_tools(self, calls: Sequence[PendingCall]) -> None:
        """Carry out the calls side by side. A stop ends them, and with them the run."""
        active = self.active
        agent = self.agents(active.state.agent) or Agent()
        began = timezone.now()
        active.writing = True
        try:
            async for call_id, event in carry_out_calls(self._round.jobs(calls, agent), active.state.limits):
                outcomes, parts = self._round.hear(call_id, event, self.agents)
                self._advance(*outcomes)
                self._show(await with_long_results_stored(active, self.model, parts))
        except asyncio.CancelledError:
            if not active.stopping:
                raise
            current = asyncio.current_task()
            if current is not None:
                current.uncancel()
            self._advance(Stopped())
        finally:
            active.writing = False
        self.steps.append(
            Step(
                run_id=active.job.id,
                n=active.state.rounds - 1,
                kind=Step.Kind.TOOLS,
                state=Step.State.DONE,
                started_at=began,
                ended_at=timezone.now(),
            )
        )

    async def _cross(self) -> bool:
        """Cross a border; returns whether the run waits from here on."""
        active, known = self.active, self.active.log.reducer.parts
        border = borders.Border(
            job=active.job,
            worker=self.worker,
            checkpoint=replace(self._checkpoint, state=active.state),
            parts=[*known, *self._round.parts],
            stored=self._stored,
            hold=self.model.payer.hold,
            steps=self.steps,
            requests=self._round.requests,
            subruns=self._round.subruns,
        )
        crossing = await self._in_thread(lambda: borders.cross(border))
        if crossing is None:
            raise RunLost
        if border.hold is not None and crossing.is_charged:
            border.hold.lines, border.hold.amount = [], 0
        self._checkpoint, active.state = crossing.checkpoint, crossing.state
        active.job = replace(active.job, checkpoint=crossing.checkpoint)
        self._show(crossing.parts)
        self._stored = active.saved = tuple(active.log.reducer.parts)
        self.steps, self._round, self._is_new = [], ToolRound(active, self.model), False
        self._has_mail = False
        return crossing.waits

    def _show(self, parts: Sequence[Part]) -> None:
        """Tell the log in what these parts differ from those that it knows, and which are new."""
        known = list(self.active.log.reducer.parts)
        for place, part in enumerate(parts):
            if place >= len(known):
                self.writer.append(self.active.log, PartStarted(place, part))
                self.writer.append(self.active.log, PartEnded(place))
            elif part is not known[place]:
                grown = grown_text(part) == grown_text(known[place])
                self.writer.append(self.active.log, PartUpdated(place, with_grown_text(part, "") if grown else part))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await self.model.in_thread(work)
