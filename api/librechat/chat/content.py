"""A message's parts on the wire: `content` and, beside it, `attachments`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from endpoints.services.failure_words import explain
from messages.parts import (
    AgentSwitch,
    Approval,
    Attachment,
    Error,
    Part,
    Question,
    Reasoning,
    Steer,
    Subrun,
    to_json,
)

BESIDE_CONTENT = (Attachment, Approval, Question, Subrun)  # parts that clients are told of in other ways


def content_of(parts: Iterable[Part], *, message_id: str) -> list[dict[str, Any]]:
    """Return the content parts; a part's place in the list is the `index` that the event stream speaks of."""
    content: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, BESIDE_CONTENT):
            content.append(_part_to_wire(part, index=len(content), message_id=message_id))
    return content


def attachments_of(parts: Iterable[Part], *, message_id: str, conversation_id: str) -> list[dict[str, Any]]:
    ids = {"messageId": message_id, "conversationId": conversation_id}
    return [attachment_to_wire(part.kind, part.data, **ids) for part in parts if isinstance(part, Attachment)]


def attachment_to_wire(kind: str, data: Mapping[str, Any], **ids: str) -> dict[str, Any]:
    """Return one attachment. A file's fields stand at the top, those of any other kind under its name."""
    call = {"toolCallId": data["toolCallId"]} if "toolCallId" in data else {}
    if kind == "file":
        return {**data, **ids}
    inner = {name: value for name, value in data.items() if name != "toolCallId"}
    return {"type": kind, **ids, **call, kind: inner}


def result_of(call: dict[str, Any], output: str, failed: bool) -> dict[str, Any]:
    """Return the finished tool call."""
    return {**call, "output": output, "progress": 1, **({"failed": True} if failed else {})}


def steer_to_wire(part: Steer) -> dict[str, Any]:
    return {"type": "steer", "steer": part.text, "steerId": part.id}


def error_text(code: str, wait: int = 0, settings: Sequence[str] = ()) -> str:
    """Return what went wrong and what to do, as one text."""
    explanation = explain(code, wait, settings)
    return f"{explanation.title}. {explanation.advice}"


def _part_to_wire(part: Part, *, index: int, message_id: str) -> dict[str, Any]:
    match part:
        case AgentSwitch(agent_id):
            return {"type": "agent_update", "agent_update": {"index": index, "runId": message_id, "agentId": agent_id}}
        case Error(code, wait, settings):
            return {"type": "error", "error": error_text(code, wait, settings), "code": code}
        case Steer():
            return steer_to_wire(part)
        case Reasoning(text):
            return {"type": "think", "think": text}  # signatures are between us and the provider
        case _:
            return dict(to_json(part))
