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
    """Return the parts with a person's answer in the part that asked for it."""
    return [_with_answer(part, request) for part in parts]


def _with_answer(part: Part, request: ApprovalRequest) -> Part:
    if isinstance(part, Question) and part.id == str(request.id):
        return replace(part, answer=request.answer)
    if isinstance(part, Approval) and part.id == str(request.id):
        allowed = request.state == ApprovalRequest.State.APPROVED
        return replace(part, state="approved" if allowed else "rejected", reason=request.answer)
    return part
