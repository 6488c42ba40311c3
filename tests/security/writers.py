"""The API routes that take a body, found in the OpenAPI document, and a body that each would accept."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from accounts.models import User
from tests.api.conftest import Api

PLACES = {"endpoint": "Somewhere", "conversation_id": str(uuid4()), "message_id": str(uuid4()), "stream_id": "x"}


@dataclass(frozen=True, slots=True)
class Writer:
    method: str
    path: str
    takes_body: bool


def all_writers(user: User) -> list[Writer]:
    """Return every operation of the API that is not a GET."""
    document = json.loads(Api(user).get("/api/openapi.json").content)
    return [
        Writer(method.upper(), path.format(**PLACES), "requestBody" in operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "get"
    ]


def good_body(writer: Writer, conversation_id: str) -> dict[str, Any]:
    """Return a body that the writer accepts. Raises `KeyError` for a writer nobody wrote one for."""
    start = {"text": "Hello", "model": "tiny", "endpoint": "Somewhere", "conversationId": conversation_id}
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/convos/update": {"arg": {"conversationId": conversation_id, "title": "Mine"}},
        "DELETE /api/convos": {"arg": {"conversationId": conversation_id}},
        "POST /api/agents/chat": start,
        "POST /api/agents/chat/Somewhere": start,
        "POST /api/agents/chat/abort": {"conversationId": conversation_id},
        "POST /api/auth/login": {"email": "olivia.owner@example.org", "password": "correct-horse-battery"},
        "POST /api/auth/register": {
            "name": "New Comer",
            "email": "new.comer@example.org",
            "password": "correct-horse-battery",
            "confirm_password": "correct-horse-battery",
        },
    }
    return bodies[f"{writer.method} {writer.path}"]
