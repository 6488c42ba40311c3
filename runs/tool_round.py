"""What one round of tools adds to a run: results, parts for the person, questions, subruns."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.services.loop import (
    CallEnded,
    Detached,
    HandedOver,
    Limits,
    Outcome,
    PendingCall,
    RunState,
    Waits,
)
from agents.services.tool_calls import ToolJob, failed_result
from agents.tools.base import (
    AddPart,
    Agent,
    AgentDirectory,
    Ask,
    Delegate,
    HandOver,
    Result,
    Tool,
    Toolbox,
    ToolEvent,
)
from agents.tools.context import ToolContext
from agents.tools.policy import judge
from chat.models import ApprovalRequest, Run
from chat.services.turns.checkpoint import Brief, Checkpoint
from core.ids import uuid7
from endpoints.providers.base import ToolSpec
from endpoints.services.metered import MeteredModel
from messages.events import PartUpdated
from messages.parts import AgentSwitch, Approval, Part, Question, Subrun, Text, ToolCall
from runs.run import ActiveRun
from runs.scrub import storable_part
from runs.tool_means import PaidByRun, files_of

log = logging.getLogger(__name__)

IN_BACKGROUND = "It goes on in the background. You will be told the result when it comes."


def _refusing(refusal: str) -> Tool:
    """Return what stands for a tool that cannot be called."""

    async def run(_context: ToolContext, _arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        yield failed_result(refusal)

    return Tool(ToolSpec("", "", {}), run)


@dataclass(frozen=True, slots=True)
class JudgedCalls:
    """The calls of one model call: as the loop sees them, with the results of those that are refused."""

    pending: tuple[PendingCall, ...]
    refused: tuple[PartUpdated, ...]
    approvals: tuple[ToolCall, ...]


def pending_calls(parts: Sequence[Part], first: int, agent: Agent, limits: Limits) -> JudgedCalls:
    """Return the calls among the parts from `first` on, each with the policy's verdict."""
    calls = [(place, part) for place, part in enumerate(parts) if place >= first and isinstance(part, ToolCall)]
    pending, refused, approvals = [], [], []
    for number, (place, call) in enumerate(calls):
        verdict = judge(call, agent.toolbox)
        too_many = number >= limits.calls_per_round
        refusal = f"Not called: at most {limits.calls_per_round} calls at once." if too_many else verdict.refusal
        pending_call = PendingCall(call.id, call.name, place)
        if refusal:
            result = failed_result(refusal).parts
            refused.append(PartUpdated(place, replace(call, arguments="", state="failed", result=result)))
            pending_call = replace(pending_call, state="done")
        elif verdict.needs_approval:
            approvals.append(call)
            pending_call = replace(pending_call, state="approval")
        pending.append(pending_call)
    return JudgedCalls(tuple(pending), tuple(refused), tuple(approvals))


@dataclass(slots=True)
class ToolRound:
    """What is new since the last border. `parts` name rows that are stored with it, so nobody is shown them before."""

    active: ActiveRun
    model: MeteredModel
    parts: list[Part] = field(default_factory=list)
    requests: list[ApprovalRequest] = field(default_factory=list)
    subruns: list[Run] = field(default_factory=list)

    def ask_for(self, calls: Sequence[ToolCall], toolbox: Toolbox) -> None:
        """Ask the person whether these may be called. With each goes what its arguments may be changed to."""
        for call in calls:
            schema = toolbox.tools[call.name].spec.parameters
            request = self._request(call, ApprovalRequest.Kind.APPROVAL, **({"schema": schema} if schema else {}))
            self.parts.append(Approval(str(request.id), call.id))

    def jobs(self, calls: Sequence[PendingCall], agent: Agent) -> list[ToolJob]:
        """Return what is to be carried out; the policy has allowed it, or a person has.

        A tool may be gone since then: its call ends with what the policy says now.
        """
        jobs, files = [], files_of(self.active)
        for pending in calls:
            call = self._call(pending)
            verdict = judge(call, agent.toolbox)
            context = ToolContext(
                user_id=self.active.job.owner_id,
                run_id=self.active.job.id,
                call_id=call.id,
                agent=agent.id,
                cancelled=lambda: self.active.stopping,
                files=files,
                metered=PaidByRun(self.model, f"tool:{self.active.job.id}:{call.id}"),
            )
            jobs.append(ToolJob(verdict.tool or _refusing(verdict.refusal), verdict.arguments or {}, context))
        return jobs

    def hear(self, call_id: str, event: ToolEvent, agents: AgentDirectory) -> tuple[list[Outcome], list[Part]]:
        """Return what follows from a tool's event: for the loop, and the message's parts with it."""
        state, parts = self.active.state, list(self.active.log.reducer.parts)
        pending = state.call(call_id)
        if pending is None:
            return [], parts
        match event:
            case AddPart(part):
                return [], [*parts, storable_part(part) or part]
            case Ask(text, options):
                request = self._request(self._call(pending), ApprovalRequest.Kind.QUESTION, text=text, options=options)
                self.parts.append(Question(str(request.id), call_id, text, options))
                return [Waits(call_id, "question")], parts
            case Delegate():
                return self._delegated(pending, event, state, parts)
            case HandOver(agent_id):
                return self._handed_over(pending, agent_id, agents, parts)
        return [CallEnded(call_id)], self._with(parts, pending, event)

    def _delegated(
        self, call: PendingCall, order: Delegate, state: RunState, parts: list[Part]
    ) -> tuple[list[Outcome], list[Part]]:
        if state.subruns >= state.limits.subruns or state.limits.depth <= 0:
            result = failed_result("Not begun: there are too many subruns already.")
            return [CallEnded(call.id)], self._with(parts, call, result)
        job = self.active.job
        agent = state.agent if order.agent is None else order.agent
        begins = RunState(agents=(agent,) if agent else (), limits=state.left())
        brief = Brief(call.id, order.name, order.prompt, order.background)
        subrun = Run(
            id=uuid7(),
            owner_id=job.owner_id,
            conversation_id=job.conversation_id,
            message_id=job.message_id,
            parent_id=job.id,
            agent=agent,
            checkpoint=Checkpoint(begins, brief=brief).to_json(),
            content=[],
        )
        self.subruns.append(subrun)
        self.parts.append(Subrun(str(subrun.id), call.id, order.name))
        if order.background:
            return [Detached(call.id)], self._with(parts, call, Result((Text(IN_BACKGROUND),)))
        return [Waits(call.id, "subrun")], parts

    def _handed_over(
        self, call: PendingCall, agent_id: str, agents: AgentDirectory, parts: list[Part]
    ) -> tuple[list[Outcome], list[Part]]:
        rest = self.active.state.agents[:-1]
        name_of = agents(agent_id or (rest[-1] if rest else ""))
        if name_of is None:
            return [CallEnded(call.id)], self._with(parts, call, failed_result(f"There is no agent {agent_id}."))
        with_result = self._with(parts, call, Result((Text(f"{name_of.name or 'The assistant'} goes on from here."),)))
        return [CallEnded(call.id), HandedOver(agent_id)], [*with_result, AgentSwitch(name_of.id, name_of.name)]

    def _with(self, parts: list[Part], call: PendingCall, result: Result) -> list[Part]:
        ended = replace(self._call(call), state="failed" if result.failed else "done", result=result.parts)
        parts[call.part] = storable_part(ended) or ended
        return parts

    def _call(self, pending: PendingCall) -> ToolCall:
        part = self.active.log.reducer.parts[pending.part]
        if not isinstance(part, ToolCall):
            raise TypeError(f"part {pending.part} is no call")
        return part

    def _request(self, call: ToolCall, kind: str, **asked: Any) -> ApprovalRequest:
        request = ApprovalRequest(
            id=uuid7(),
            run_id=self.active.job.id,
            call_id=call.id,
            kind=kind,
            request={"name": call.name, "arguments": call.arguments, **asked},
        )
        self.requests.append(request)
        return request
