"""What a run asks its person, as the wire format has it: a `PendingAction` (section 10.4 of the contract)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.base.payloads import milliseconds
from chat.models import ApprovalRequest, InboxItem
from messages.parts import Approval, Part, Question, ToolCall

DECISIONS = ["approve", "reject", "edit", "respond"]


def approval_action(parts: Sequence[Part], action_id: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return all approvals that the parts of a message wait for, as one action."""
    asked = {part.call_id for part in parts if isinstance(part, Approval) and part.state == "pending"}
    calls = [(part.name, part.arguments, part.id) for part in parts if isinstance(part, ToolCall) and part.id in asked]
    return _action(action_id, ids, _approvals(calls))


def question_action(question: Question, ids: Mapping[str, str]) -> dict[str, Any]:
    return _action(question.id, ids, _question(question.text, question.options, question.call_id))


def pending_action(requests: Sequence[ApprovalRequest], conversation_id: UUID) -> dict[str, Any] | None:
    """Return the first thing to be decided, None where nothing is asked; all approvals of one run are one action."""
    if not requests:
        return None
    first = requests[0]
    ids = {"messageId": str(first.run.message_id), "conversationId": str(conversation_id)}
    if first.kind == ApprovalRequest.Kind.QUESTION:
        options = first.request.get("options", ())
        action = _action(str(first.id), ids, _question(first.request.get("text", ""), options, first.call_id))
    else:
        same = [other for other in requests if other.run_id == first.run_id and other.kind == first.kind]
        calls = [(other.request["name"], other.request["arguments"], other.call_id) for other in same]
        action = _action(str(first.run_id), ids, _approvals(calls))
    return action | {"createdAt": milliseconds(first.created_at)}


def steers_to_wire(items: Sequence[InboxItem]) -> list[dict[str, Any]]:
    """Return what was said to a run and is still to be heard."""
    return [
        {
            "steerId": str(item.id),
            "text": item.body["text"],
            "createdAt": milliseconds(item.created_at),
            **({"clientSteerId": item.body["client_id"]} if item.body.get("client_id") else {}),
        }
        for item in items
    ]


def _action(action_id: str, ids: Mapping[str, str], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "actionId": action_id,
        "streamId": ids["conversationId"],
        "conversationId": ids["conversationId"],
        "runId": ids["messageId"],
        "responseMessageId": ids["messageId"],
        "payload": payload,
    }


def _approvals(calls: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "type": "tool_approval",
        "action_requests": [
            {"name": name, "arguments": arguments, "tool_call_id": call_id} for name, arguments, call_id in calls
        ],
        "review_configs": [
            {"action_name": name, "tool_call_id": call_id, "allowed_decisions": DECISIONS} for name, _, call_id in calls
        ],
    }


def _question(text: str, options: Sequence[str], call_id: str) -> dict[str, Any]:
    question: dict[str, Any] = {"question": text}
    if options:
        question["options"] = [{"label": option, "value": option} for option in options]
    return {"type": "ask_user_question", "question": question, "tool_call_id": call_id}
