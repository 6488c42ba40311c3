"""What a run is told at a border: answers of its person, their words, results of subruns. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from agents.services.loop import Allowed, CallEnded, Heard, PendingCall, RunState, after
from chat.models import ApprovalRequest, InboxItem
from chat.services.turns.checkpoint import SubrunResult
from chat.services.turns.open_parts import SubrunState, answered
from messages.parts import Part, Steer, Subrun, Text, ToolCall

UNKNOWN = "The process that carried out this call was lost. It is unknown whether the call took effect."


def with_answers(
    state: RunState, parts: Sequence[Part], answers: Sequence[ApprovalRequest]
) -> tuple[RunState, list[Part]]:
    """Return the state and the message's parts after a person's answers; one that is known already changes nothing."""
    known = list(parts)
    for answer in answers:
        call = state.call(answer.call_id)
        if call is None or call.state != str(answer.kind):
            continue
        if call.state == "question":
            known = answered(known, answer)
            known = with_result(known, call, answer.answer or "The person gave no answer.")
            state = after(state, CallEnded(call.id))
        else:
            known = answered(known, answer)
            if answer.state == ApprovalRequest.State.APPROVED:
                state = after(state, Allowed(call.id))
                continue
            if answer.state == ApprovalRequest.State.ANSWERED:
                known = with_result(known, call, answer.answer)
            else:
                reason = f" They said: {answer.answer}" if answer.answer else ""
                known = with_result(known, call, f"The person did not allow this call.{reason}", failed=True)
            state = after(state, CallEnded(call.id))
    return state, known


def with_items(state: RunState, parts: Sequence[Part], items: Sequence[InboxItem]) -> tuple[RunState, list[Part]]:
    """Return the state and the parts after what the inbox held, oldest first."""
    known = list(parts)
    for item in items:
        if item.kind == InboxItem.Kind.STEER:
            known.append(Steer(str(item.id), item.body["text"]))
            state = after(state, Heard())
        elif item.kind == InboxItem.Kind.RESULT:
            state, known = _with_subrun(state, known, SubrunResult(**item.body))
    return state, known


def with_result(parts: Sequence[Part], call: PendingCall, text: str, *, failed: bool = False) -> list[Part]:
    """Return the parts, the call ended with this text."""
    known = list(parts)
    part = known[call.part]
    if isinstance(part, ToolCall):
        known[call.part] = replace(part, state="failed" if failed else "done", result=(Text(text),))
    return known


def _with_subrun(state: RunState, parts: list[Part], result: SubrunResult) -> tuple[RunState, list[Part]]:
    ending = cast(SubrunState, result.state)
    known = [
        replace(part, state=ending) if isinstance(part, Subrun) and part.run_id == result.run_id else part
        for part in parts
    ]
    text = result.text or f"The subrun ended without a word ({result.state})."
    if result.background:
        known.append(Subrun(result.run_id, result.call_id, result.name, ending, text))
        return after(state, Heard(result.call_id)), known
    call = state.call(result.call_id)
    if call is None or call.state != "subrun":
        return state, known
    return after(state, CallEnded(call.id)), with_result(known, call, text, failed=ending != "done")
