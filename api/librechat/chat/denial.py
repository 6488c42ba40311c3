"""A refused start, in the form of the first and last frame of an event stream."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpResponse

from api.librechat.chat.serializers import ROOT_PARENT
from api.librechat.chat.start import StartRequest
from api.librechat.chat.stream import frame
from chat.services.refusal import TurnRefused
from core.refusal import Refusal

# Refusals of this kind are told in the chat; all others are faults of the request and plain JSON.
TOLD_IN_THE_CHAT = {
    "illegal_model_request",
    "token_balance",
    "over_budget",
    "message_limit",
    "unpriced",
    "INPUT_LENGTH",
    "models_not_loaded",
}


# Refusals that clients know by a `type`, and say in their own words, with what stands beside it.
_TYPES = {"no_user_key", "expired_user_key", "no_base_url", "invalid_base_url"}


def told_plainly(refused: Refusal) -> dict[str, Any]:
    """Return the body of a refusal that is plain JSON."""
    body = {"error": refused.message, "code": refused.code}
    return body | ({"type": refused.code, **refused.details} if refused.code in _TYPES else {})


def denial(refused: Refusal, body: StartRequest) -> HttpResponse:
    """Return the refusal as an event stream that has ended, with the status of the refusal."""
    asked = _Asked(
        text=body.text,
        conversation_id=body.conversationId or "new",
        message_id=str(body.messageId or uuid4()),
        parent_id=str(body.parent_id or ROOT_PARENT),
        sender=body.model or body.endpoint,
    )
    return _stream(refused, asked)


def denial_of_ban(data: object, message: str) -> HttpResponse:
    """Return that the person is banned. Of what they sent only the text is repeated, to them alone."""
    text = data.get("text") if isinstance(data, dict) else None
    asked = _Asked(text=text if isinstance(text, str) else "", message_id=str(uuid4()))
    return _stream(TurnRefused(message, status=403, code="ban"), asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    text: str
    message_id: str
    conversation_id: str = "new"
    parent_id: str = str(ROOT_PARENT)
    sender: str = ""


def _stream(refused: Refusal, asked: _Asked) -> HttpResponse:
    question: dict[str, Any] = {
        "sender": "User",
        "messageId": asked.message_id,
        "parentMessageId": asked.parent_id,
        "isCreatedByUser": True,
        "text": asked.text,
        "conversationId": asked.conversation_id,
    }
    answer: dict[str, Any] = {
        "sender": asked.sender,
        "messageId": str(uuid4()),
        "parentMessageId": asked.message_id,
        "unfinished": False,
        "error": True,
        "final": True,
        "isCreatedByUser": False,
        "text": json.dumps({"type": refused.code, "info": refused.message, **refused.details}, ensure_ascii=False),
        "conversationId": asked.conversation_id,
    }
    text = frame({"message": question, "created": True}) + frame(answer, "error")
    return HttpResponse(text, status=refused.status, content_type="text/event-stream")
