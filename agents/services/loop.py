"""The loop of a run as a pure step function: what comes next, and what follows from what has happened.

`next_action` says what a run does in a state, `after` what state follows. Neither reads or writes anything: the
generator does what an action says, and tells `after` what came of it. A state is small and JSON-able. It holds no text
of the message: what the model said and heard is in the message's parts, and the state says where in them each model
call's begin. So a run can be put down between any two steps and taken up by another process.

    CallModel ─ Replied ─▶ CallTools ─ Started, CallEnded … ─▶ CallModel ─ Replied ─▶ … ─▶ End
                              │  ▲
                              ▼  │ Answered, CallEnded
                              Wait
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, TypeAlias

CallState = Literal["ready", "running", "approval", "question", "subrun", "done"]
# ready: may be called; running: was begun; approval, question: a person has to answer; subrun: its run has to end.
_WAITING: Final = ("approval", "question", "subrun")
MAX_DEPTH: Final = 3  # of subruns in subruns


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one run may go. What it has left goes down to its subruns."""

    tool_rounds: int = 25
    calls_per_round: int = 16
    tool_seconds: float = 120
    output_characters: int = 100_000  # of one tool result; the rest is cut off, and the model is told
    subruns: int = 8  # that a run may begin
    depth: int = MAX_DEPTH  # of subruns in it


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call of the last model call. `part` is the place of its `ToolCall` in the message."""

    id: str
    name: str
    part: int
    state: CallState = "ready"


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run is.

    `first_parts` has an entry per model call that has ended: the place in the message at which its parts begin.
    `background` are calls that were answered at once and whose results are still to come. `is_news` says that there
    is something which the model has not been told. `ended` is the reason of the run's end, empty before it.
    """

    first_parts: tuple[int, ...] = ()
    calls: tuple[PendingCall, ...] = ()
    background: tuple[str, ...] = ()
    is_news: bool = True
    agents: tuple[str, ...] = ()  # ids; the last one writes, those before it handed over to it
    subruns: int = 0  # begun so far
    reason: str = "stop"  # of the last model call
    ended: str = ""
    limits: Limits = Limits()

    @property
    def rounds(self) -> int:
        """How many model calls have ended; the number of the next one."""
        return len(self.first_parts)

    @property
    def agent(self) -> str:
        return self.agents[-1] if self.agents else ""

    @property
    def is_at_work(self) -> bool:
        """Whether calls were begun and have not ended."""
        return any(call.state == "running" for call in self.calls)

    def call(self, call_id: str) -> PendingCall | None:
        return next((call for call in self.calls if call.id == call_id), None)

    def left(self) -> Limits:
        """Return what a subrun that is begun now may do."""
        rounds = max(self.limits.tool_rounds - self.rounds, 0)
        return replace(self.limits, tool_rounds=rounds, depth=self.limits.depth - 1)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "RunState":
        """Inverse of `to_json`, also after a way through JSON. Raises `TypeError`, `KeyError` for another row."""
        calls = tuple(PendingCall(**call) for call in row["calls"])
        lists = {name: tuple(row[name]) for name in ("first_parts", "background", "agents")}
        return cls(**{**row, **lists, "calls": calls, "limits": Limits(**row["limits"])})


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model; `number` counts its calls from 0."""

    number: int


@dataclass(frozen=True, slots=True)
class CallTools:
    """Carry out these calls, side by side."""

    calls: tuple[PendingCall, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before somebody answers these calls, or the `background` ones' results come."""

    calls: tuple[PendingCall, ...]
    background: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """The run is over, with a `messages.events.FinishReason`."""

    reason: str


Action: TypeAlias = CallModel | CallTools | Wait | End


@dataclass(frozen=True, slots=True)
class Replied:
    """A model call ended: its parts begin at `first`, and it wants these calls, each in its first state."""

    first: int
    calls: tuple[PendingCall, ...] = ()
    reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Started:
    """These calls are being carried out."""

    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call has its result: the tool's, a person's answer or refusal, or a subrun's."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Waits:
    """The call waits for a person's answer, or for a subrun."""

    call_id: str
    state: Literal["question", "subrun"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A person has allowed the call."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Detached:
    """The call was answered, and goes on in the background."""

    call_id: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Something came from outside: a person's word, or with `call_id` the result of a call in the background."""

    call_id: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Another agent writes from here on; an empty id gives back to the one before it."""

    agent: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person, or the end of the credit, ends the run."""

    reason: Literal["stopped", "budget"] = "stopped"


Outcome: TypeAlias = Replied | Started | CallEnded | Waits | Allowed | Detached | Heard | HandedOver | Stopped


def next_action(state: RunState) -> Action:
    """Return what the run does now. Raises `ValueError` while calls are at work: they end first, or are `resumed`."""
    if state.ended:
        return End(state.ended)
    if state.is_at_work:
        raise ValueError("calls are at work")
    if ready := _in_state(state, "ready"):
        return CallTools(ready)
    if waiting := _in_state(state, *_WAITING):
        return Wait(waiting, state.background)
    if state.is_news:
        # Rounds of tools are counted: the first model call follows none.
        return CallModel(state.rounds) if state.rounds <= state.limits.tool_rounds else End("limit")
    return Wait((), state.background) if state.background else End(state.reason)


def after(state: RunState, outcome: Outcome) -> RunState:
    """Return the state that follows. What does not concern it, as an answer that comes twice, changes nothing."""
    return _RULES[type(outcome)](state, outcome)


def resumed(state: RunState, repeatable: Collection[str]) -> tuple[RunState, tuple[PendingCall, ...]]:
    """Return the state to go on with after a crash, and the calls of which nobody knows what became of them.

    Those that had begun are ready again where their tool, by name, is `repeatable`. The others are to be reported to
    the model, and count as ended.
    """
    unknown = tuple(call for call in _in_state(state, "running") if call.name not in repeatable)
    for call in _in_state(state, "running"):
        state = _with_call(state, call.id, "done" if call in unknown else "ready")
    return state, unknown


def _in_state(state: RunState, *states: str) -> tuple[PendingCall, ...]:
    return tuple(call for call in state.calls if call.state in states)


def _with_call(state: RunState, call_id: str, new: CallState) -> RunState:
    calls = tuple(replace(call, state=new) if call.id == call_id else call for call in state.calls)
    return replace(state, calls=calls)


def _replied(state: RunState, reply: Replied) -> RunState:
    return replace(
        state,
        first_parts=(*state.first_parts, reply.first),
        calls=reply.calls,
        is_news=bool(reply.calls),
        reason=reply.reason,
    )


def _started(state: RunState, started: Started) -> RunState:
    for call_id in started.call_ids:
        state = _moved(state, call_id, ("ready",), "running")
    return state


def _moved(state: RunState, call_id: str, among: Collection[str], new: CallState) -> RunState:
    call = state.call(call_id)
    return _with_call(state, call_id, new) if call is not None and call.state in among else state


def _waits(state: RunState, waits: Waits) -> RunState:
    moved = _moved(state, waits.call_id, ("running",), waits.state)
    return replace(moved, subruns=moved.subruns + (waits.state == "subrun")) if moved != state else state


def _detached(state: RunState, detached: Detached) -> RunState:
    moved = _moved(state, detached.call_id, ("running",), "done")
    if moved == state:
        return state
    return replace(moved, background=(*state.background, detached.call_id), subruns=state.subruns + 1)


def _heard(state: RunState, heard: Heard) -> RunState:
    if not heard.call_id:
        return replace(state, is_news=True)
    if heard.call_id in state.background:
        rest = tuple(call_id for call_id in state.background if call_id != heard.call_id)
        return replace(state, background=rest, is_news=True)
    return state


def _handed_over(state: RunState, switch: HandedOver) -> RunState:
    return replace(state, agents=(*state.agents, switch.agent) if switch.agent else state.agents[:-1])


def _stopped(state: RunState, stopped: Stopped) -> RunState:
    return replace(state, ended=state.ended or stopped.reason)


_RULES: Final[Mapping[type, Callable[[RunState, Any], RunState]]] = {
    Replied: _replied,
    Started: _started,
    CallEnded: lambda state, ended: _moved(state, ended.call_id, ("running", "ready", *_WAITING), "done"),
    Waits: _waits,
    Allowed: lambda state, allowed: _moved(state, allowed.call_id, ("approval",), "ready"),
    Detached: _detached,
    Heard: _heard,
    HandedOver: _handed_over,
    Stopped: _stopped,
}
