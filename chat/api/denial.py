"""How a start that may not be is answered: as the two frames that the stream would have begun and ended with."""

import json
from typing import Any
from uuid import uuid4

from django.http import HttpResponse

from chat.api.serializers import ROOT_PARENT
from chat.api.start import StartIn
from chat.api.stream import frame
from chat.services.refusal import TurnRefused

# Refusals of this kind are told in the chat; all others are faults of the request and plain JSON.
TOLD_IN_THE_CHAT = {
    "illegal_model_request", "token_balance", "over_budget", "message_limit", "unpriced", "INPUT_LENGTH",
    "models_not_loaded",
}  # fmt: skip


def denial(refused: TurnRefused, body: StartIn) -> HttpResponse:
    """Return the refusal as an event stream that has ended, with the status of the refusal."""
    question = str(body.messageId or uuid4())
    ids = {"conversationId": body.conversationId or "new"}
    asked: dict[str, Any] = {
        "sender": "User",
        "messageId": question,
        "parentMessageId": str(body.parent_id or ROOT_PARENT),
        "isCreatedByUser": True,
        "text": body.text,
        **ids,
    }
    answer: dict[str, Any] = {
        "sender": body.model or body.endpoint,
        "messageId": str(uuid4()),
        "parentMessageId": question,
        "unfinished": False,
        "error": True,
        "final": True,
        "isCreatedByUser": False,
        "text": json.dumps({"type": refused.code, "info": refused.message, **refused.details}, ensure_ascii=False),
        **ids,
    }
    text = frame({"message": asked, "created": True}) + frame(answer, "error")
    return HttpResponse(text, status=refused.status, content_type="text/event-stream")
