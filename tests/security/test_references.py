"""Case 4: another person's id, in any field of any body, is not found, and nothing of the request is carried out."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Conversation, Run
from tests.api.conftest import Api
from tests.cast import signed_in
from tests.security.conftest import everything
from tests.security.writers import Writer, all_writers, good_body

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
# Fields that end like a reference and are none: ids that a client makes up, or names nothing here is called by.
NO_REFERENCES = {
    ("/api/agents/chat", "messageId"), ("/api/agents/chat", "responseMessageId"),
    ("/api/agents/chat", "clientRequestId"), ("/api/agents/chat/queued-turns", "clientRequestId"),
    ("/api/agents/chat/steer", "clientSteerId"), ("/api/agents/chat/steer/deliver", "clientSteerId"),
    ("/api/messages/{conversation_id}", "messageId"), ("/api/messages/branch", "agentId"),
    ("/api/auth/resetPassword", "userId"),  # with a token that is another's, too
}  # fmt: skip

# A message is sent back as it was read; what it says of its place is never looked at.
NOT_READ = {("PUT", "/api/messages/{conversation_id}/{message_id}", "parentMessageId")}


def references(document: dict[str, Any], writer: Writer) -> list[str]:
    """Return the paths of the fields that name something by its id, as the API's description has them."""
    content = document["paths"][writer.template][writer.method.lower()]["requestBody"]["content"]
    schema = content["application/json"]["schema"]
    template = "/api/agents/chat" if "agents/chat/{endpoint}" in writer.template else writer.template
    return [path for path in _walk(document, schema, "") if (template, path.rpartition(".")[2]) not in NO_REFERENCES]


def _walk(document: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for option in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _walk(document, option, path)
    for name, inner in schema.get("properties", {}).items():
        if name.lower().endswith(("id", "ids", "order")):
            yield f"{path}{name}"
        else:
            yield from _walk(document, inner, f"{path}{name}.")


def with_value(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return the body with the field at `path` set."""
    changed: dict[str, Any] = json.loads(json.dumps(body))
    *way, last = path.split(".")
    inner = changed
    for name in way:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            return changed
    inner[last] = [value] if last.lower().endswith(("ids", "order")) else value
    return changed


@pytest.fixture
def strangers_chat(
    stranger: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]
) -> dict[str, Any]:
    conversation = make_conversation(stranger, title="Mine")
    run = make_turn(conversation, text="Question", reply="Reply")
    return {"conversation": conversation, "reply": run.message, "question": run.message.parent}


def body_of(writer: Writer, own: dict[str, Any]) -> dict[str, Any]:
    body = good_body(writer, str(own["conversation"].id))
    return body | ({"messageId": str(own["reply"].id)} if "messageId" in body else {})


def test_no_field_of_any_body_takes_anothers_id(
    stranger: User, admin_user: User, belongings: dict[str, Any], strangers_chat: dict[str, Any]
) -> None:
    api = Api(stranger)
    document = json.loads(api.get("/api/openapi.json").content)
    foreign = {name: str(belongings[name].id) for name in ("conversation", "question", "project", "tag")}
    places = {"conversation_id": strangers_chat["conversation"].id, "message_id": strangers_chat["reply"].id}
    before, tried, taken = everything(), set(), set()
    for writer in all_writers(stranger, **places):
        if not writer.takes_body or writer.is_for_administrators or "/auth/" in writer.template:
            continue
        for path in references(document, writer):
            if (writer.method, writer.template, path) in NOT_READ:
                continue
            tried.add(f"{writer.method} {writer.template} {path}")
            for kind, value in foreign.items():
                answer = api.send(writer.method, writer.path, with_value(body_of(writer, strangers_chat), path, value))
                assert b"MARKER" not in answer.content
                if not 400 <= answer.status_code < 500:
                    taken.add((writer.method, writer.template, path, kind, answer.status_code))
    assert not taken
    assert everything() == before
    assert len(tried) > 25, tried


@pytest.mark.parametrize("mode", [{}, {"isRegenerate": True}, {"isContinued": True}], ids=["new", "again", "rest"])
@pytest.mark.parametrize("field", ["chatProjectId", "conversationId", "parentMessageId", "overrideParentMessageId"])
@pytest.mark.parametrize("is_new", [False, True])
def test_nor_does_any_way_to_begin_a_reply(
    mode: dict[str, bool],
    field: str,
    is_new: bool,
    stranger: User,
    belongings: dict[str, Any],
    strangers_chat: dict[str, Any],
) -> None:
    names = {"chatProjectId": "project", "conversationId": "conversation"}
    value = str(belongings[names.get(field, "question")].id)
    body = {
        "text": "Hello", "endpoint": "Somewhere", "model": "tiny", "responseMessageId": str(strangers_chat["reply"].id),
        "conversationId": None if is_new and not mode else str(strangers_chat["conversation"].id), **mode, field: value,
    }  # fmt: skip
    before = everything()
    for wrong in (value, str(uuid4())):
        answer = Api(stranger).post("/api/agents/chat", body | {field: wrong})
        assert answer.status_code == 404, answer.content
    assert everything() == before


# The forms of pages: address, the fields of a form that is taken, and the field that names something.
FORMS: dict[str, tuple[str, dict[str, str], str]] = {
    "a new chat's project": ("/c/new/turns", {}, "project"),
    "a chat's project": ("/c/{conversation}/turns", {}, "project"),
    "the message that is answered": ("/c/{conversation}/turns", {}, "parent"),
    "a quoted message": ("/c/{conversation}/turns", {"quote": "words"}, "quote_message"),
    "moving a chat": ("/c/{conversation}/move", {}, "project"),
    "bookmarks": ("/c/{conversation}/bookmarks", {}, "toggle"),
    "several chats": ("/conversations/bulk", {"verb": "archive"}, "ids"),
}


@pytest.mark.parametrize("name", FORMS)
def test_no_field_of_a_form_takes_anothers_id(
    name: str, stranger: User, belongings: dict[str, Any], strangers_chat: dict[str, Any]
) -> None:
    address, fields, field = FORMS[name]
    kinds = {"project": "project", "toggle": "tag", "ids": "conversation"}
    client = signed_in(stranger)
    form = {"text": "Hello", "endpoint": "Somewhere", "model": "tiny", **fields}
    before = everything()
    for value in (belongings[kinds.get(field, "question")].id, uuid4()):
        answer = client.post(address.format(conversation=strangers_chat["conversation"].id), form | {field: str(value)})
        assert answer.status_code in {400, 404, 422}, (name, answer.status_code)
        assert b"MARKER" not in answer.content
    assert everything() == before
