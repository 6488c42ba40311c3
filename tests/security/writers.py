"""The API routes that take a body, found in the OpenAPI document, and a body that each would accept."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from accounts.models import User
from tests.api.conftest import Api

PLACES = {
    "endpoint": "Somewhere", "conversation_id": str(uuid4()), "message_id": str(uuid4()), "stream_id": "x",
    "project_id": str(uuid4()), "name": "MARKER-TAG", "principal": "user", "principal_id": str(uuid4()),
    "capability": "read:users", "kind": "agents", "resource": "project",
    "resource_id": str(uuid4()), "user_id": str(uuid4()), "group_id": str(uuid4()), "key_id": str(uuid4()),
    "turn_id": str(uuid4()),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writer:
    """An operation. `template` is its address as the document has it, `path` one that can be asked for."""

    method: str
    template: str
    takes_body: bool
    path: str = ""

    @property
    def is_for_administrators(self) -> bool:
        return self.template.startswith(("/api/admin/", "/api/roles/"))

    def by(self, owner: User, admin: User) -> Api:
        """Return the client of somebody who may use it."""
        return Api(admin if self.is_for_administrators else owner)


def all_writers(user: User, **places: object) -> list[Writer]:
    """Return every operation of the API that is not a GET; `places` are the ids that stand in the addresses."""
    document = json.loads(Api(user).get("/api/openapi.json").content)
    return [
        Writer(method.upper(), template, "requestBody" in operation, _path(template, PLACES | places))
        for template, item in document["paths"].items()
        for method, operation in item.items()
        if method != "get"
    ]


def _path(template: str, places: dict[str, Any]) -> str:
    return template.format(**places | ({"name": "USER"} if "/roles/" in template else {}))


def _administration(some_id: str) -> dict[str, dict[str, Any]]:
    role, member = {"description": "Mine"}, {"userId": some_id}
    return {
        "POST /api/admin/login/local": {"email": "olivia.owner@example.org", "password": "correct-horse-battery"},
        "POST /api/admin/roles": {"name": "Mine"},
        "PUT /api/admin/roles/{name}": role,
        "PATCH /api/admin/roles/{name}": role,
        "PATCH /api/admin/roles/{name}/permissions": {"permissions": {}},
        "POST /api/admin/roles/{name}/members": member,
        "POST /api/admin/groups": {"name": "Mine"},
        "PATCH /api/admin/groups/{group_id}": {"name": "Mine"},
        "POST /api/admin/groups/{group_id}/members": member,
        "POST /api/admin/grants": {
            "principalType": "user",
            "principalId": some_id,
            "capability": "read:users",
        },
        "PUT /api/admin/users/{user_id}/balance": {"balance": 1, "reason": "Mine"},
        "PATCH /api/admin/users/{user_id}/balance": {"balance": 1, "reason": "Mine"},
        "PUT /api/admin/users/{user_id}/role": {"role": "USER"},
        "PATCH /api/admin/users/{user_id}/role": {"role": "USER"},
        "PUT /api/roles/{name}/{kind}": {"USE": True},
    }


_KEYS = {"POST /api/api-keys": {"name": "Mine"}, "PUT /api/keys": {"name": "Own", "value": "sk-mine"}}


def _runs(conversation_id: str) -> dict[str, dict[str, Any]]:
    start = {"text": "Hello", "model": "tiny", "endpoint": "Somewhere", "conversationId": conversation_id}
    return {
        "POST /api/agents/chat": start,
        "POST /api/agents/chat/{endpoint}": start,
        "POST /api/agents/chat/abort": {"conversationId": conversation_id},
        "POST /api/agents/chat/resume": {"conversationId": conversation_id, "actionId": conversation_id},
        "POST /api/agents/chat/queued-turns": {
            "conversationId": conversation_id,
            "parentMessageId": "00000000-0000-0000-0000-000000000000",
            "clientRequestId": "x",
            "text": "And then?",
        },
        "POST /api/agents/chat/steer": {"conversationId": conversation_id, "text": "Shorter"},
        "POST /api/agents/chat/steer/deliver": {
            "conversationId": conversation_id,
            "text": "Shorter",
            "clientSteerId": "x",
        },
        "POST /api/agents/chat/steer/cancel": {"conversationId": conversation_id, "steerId": conversation_id},
        "POST /api/agents/chat/steer/arm": {"conversationId": conversation_id, "steerId": conversation_id},
    }


def good_body(writer: Writer, conversation_id: str) -> dict[str, Any]:
    """Return a body that the writer accepts. Raises `KeyError` for a writer nobody wrote one for."""
    arg = {"conversationId": conversation_id}
    copied = {"conversationId": conversation_id, "messageId": conversation_id}
    bodies: dict[str, dict[str, Any]] = {
        **_administration(conversation_id),
        "POST /api/convos/update": {"arg": arg | {"title": "Mine"}},
        "POST /api/convos/archive": {"arg": arg | {"isArchived": True}},
        "POST /api/convos/pin": {"arg": arg | {"pinned": True}},
        "POST /api/convos/fork": copied,
        "POST /api/convos/duplicate": {"conversationId": conversation_id},
        "DELETE /api/convos": {"arg": arg},
        "POST /api/tags": {"tag": "Mine"},
        **_KEYS,
        "PUT /api/tags/{name}": {"tag": "Mine"},
        "PUT /api/tags/convo/{conversation_id}": {"tags": ["Mine"]},
        "POST /api/projects": {"name": "Mine"},
        "PATCH /api/projects/{project_id}": {"name": "Mine"},
        "PUT /api/projects/conversations/{conversation_id}": {"projectId": None},
        "PUT /api/permissions/{resource}/{resource_id}": {"updated": []},
        "POST /api/user/settings/favorites": {"favorites": []},
        "POST /api/user/settings/pinned-order": {"pinnedOrder": []},
        "POST /api/messages/{conversation_id}": {"text": "Mine", "isCreatedByUser": True},
        "PUT /api/messages/{conversation_id}/{message_id}": {"text": "Mine"},
        "PUT /api/messages/{conversation_id}/{message_id}/feedback": {"feedback": None},
        "POST /api/messages/branch": {"messageId": conversation_id, "agentId": "x"},
        **_runs(conversation_id),
        "POST /api/auth/login": {"email": "olivia.owner@example.org", "password": "correct-horse-battery"},
        "POST /api/auth/2fa/enable": {"token": "000000"},
        "POST /api/auth/2fa/verify": {"token": "000000"},
        "POST /api/auth/2fa/confirm": {"token": "000000"},
        "POST /api/auth/2fa/disable": {"token": "000000"},
        "POST /api/auth/2fa/backup/regenerate": {"token": "000000"},
        "POST /api/auth/2fa/verify-temp": {"tempToken": "x", "token": "000000"},
        "POST /api/auth/requestPasswordReset": {"email": "nobody@example.org"},
        "POST /api/auth/resetPassword": {"userId": conversation_id, "token": "x", "password": "correct-horse-battery"},
        "DELETE /api/user/delete": {"token": "000000"},
        "POST /api/user/verify": {"email": "nobody@example.org", "token": "x"},
        "POST /api/user/verify/resend": {"email": "nobody@example.org"},
        "POST /api/auth/register": {
            "name": "New Comer",
            "email": "new.comer@example.org",
            "password": "correct-horse-battery",
            "confirm_password": "correct-horse-battery",
        },
    }
    return bodies[f"{writer.method} {writer.template}"]
