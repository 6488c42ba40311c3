"""The parts of a message that its run has left open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from chat.models import ApprovalRequest
from messages.parts import Approval, Part, Question, Subrun, Text, ToolCall

UNFINISHED = "The run was ended before this call had a result."
SubrunState: TypeAlias = Literal["running", "waiting", "done", "stopped", "failed"]


def without_open_calls(parts: Sequence[Part]) -> list[Part]:
    """Return the parts of a run that is over: nothing in them waits, and every call has a result."""
    return [_closed(part) for part in parts]


def _closed(part: Part) -> Part:
    match part:
        case ToolCall(result=None):
            return replace(part, state="failed", result=(Text(UNFINISHED),))
        case Approval(state="pending"):
            return replace(part, state="rejected")
        case Question(answer=None):
            return replace(part, answer="")
        case Subrun(state="running" | "waiting"):
            return replace(part, state="stopped")
    return part


def answered(parts: Sequence[Part], request: ApprovalRequest) -> list[Part]:
    """Return the parts with a person's answer in the part that asked for it, and the call as they have edited it."""
    known = [_with_answer(part, request) for part in parts]
    edited = request.request.get("edited")
    if edited is not None and (place := _place_of_call(known, request)) is not None:
        call = known[place]
        if isinstance(call, ToolCall) and call.result is None:
            known[place] = replace(call, arguments=edited, edited=True)
    return known


def _place_of_call(parts: Sequence[Part], request: ApprovalRequest) -> int | None:
    """Return the place of the call that was asked about: the last of its id before the question."""
    asks = next((at for at, part in enumerate(parts) if isinstance(part, Approval) and part.id == str(request.id)), 0)
    calls = (at for at in range(asks - 1, -1, -1) if _is_call(parts[at], request.call_id))
    return next(calls, None)


def _is_call(part: Part, call_id: str) -> bool:
    return isinstance(part, ToolCall) and part.id == call_id


def _with_answer(part: Part, request: ApprovalRequest) -> Part:
    if isinstance(part, Question) and part.id == str(request.id):
        return replace(part, answer=request.answer)
    if isinstance(part, Approval) and part.id == str(request.id):
        match request.state:
            case ApprovalRequest.State.APPROVED:
                return replace(part, state="approved", reason=request.answer)
            case ApprovalRequest.State.ANSWERED:
                return replace(part, state="answered")
        return replace(part, state="rejected", reason=request.answer)
    return part
