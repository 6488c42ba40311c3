"""Editing, adding, deleting and finding messages (`/api/messages`)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
NOBODY = str(UUID(int=0))


def ask(chat: Conversation, text: str = "Why?", **fields: Any) -> Message:
    return Message.objects.create(
        conversation=chat, author="user", text=text, parts=[{"type": "text", "text": text}], **fields
    )


def answer(question: Message, *parts: dict[str, Any], **fields: Any) -> Message:
    stored_parts = list(parts) or [{"type": "text", "text": "Because"}]
    text = "\n\n".join(part["text"] for part in stored_parts if part["type"] == "text")
    return Message.objects.create(
        conversation=question.conversation, parent=question, author="assistant", parts=stored_parts, text=text, **fields
    )


def test_a_text_is_edited_in_place(owner: User, chat: Conversation) -> None:
    question = ask(chat)
    said = Api(owner).send("put", f"/api/messages/{chat.id}/{question.id}", {"text": "Why not?"})
    assert said.status_code == 200
    assert said.json() == {
        "messageId": str(question.id), "conversationId": str(chat.id), "parentMessageId": NOBODY, "sender": "User",
        "text": "Why not?", "isCreatedByUser": True, "endpoint": "Somewhere", "tokenCount": 3,
    }  # fmt: skip
    question.refresh_from_db()
    assert (question.text, question.parts) == ("Why not?", [{"type": "text", "text": "Why not?"}])


def test_a_part_is_edited_by_its_index(owner: User, chat: Conversation) -> None:
    made = {"id": "c", "name": "n", "args": "{}", "type": "tool_call", "progress": 1}
    call = {"type": "tool_call", "tool_call": made}
    thoughts = {"type": "think", "think": "Hm", "signature": "sig"}
    reply = answer(ask(chat), thoughts, call, {"type": "text", "text": "So"})
    api, address = Api(owner), f"/api/messages/{chat.id}/{reply.id}"
    assert api.send("put", address, {"text": "Well", "index": 0}).status_code == 200
    for index in (1, 3):
        assert api.send("put", address, {"text": "x", "index": index}).status_code == 400
    assert api.send("put", address, {"text": " ", "index": 2}).status_code == 400
    reply.refresh_from_db()
    assert reply.parts == [{"type": "think", "think": "Well"}, call, {"type": "text", "text": "So"}]


def test_what_is_being_written_cannot_be_edited(owner: User, chat: Conversation) -> None:
    reply = answer(ask(chat), state="streaming")
    assert Api(owner).send("put", f"/api/messages/{chat.id}/{reply.id}", {"text": "x"}).status_code == 409


def test_a_message_is_added_and_comes_on_view(owner: User, chat: Conversation) -> None:
    first = ask(chat)
    key = str(uuid4())
    body = {"text": "Noted", "isCreatedByUser": False, "parentMessageId": str(first.id), "messageId": key}
    said = Api(owner).send("post", f"/api/messages/{chat.id}", body)
    assert said.status_code == 201
    assert (said.json()["messageId"], said.json()["text"]) == (key, "Noted")
    first.refresh_from_db()
    assert str(first.chosen_child_id) == key
    assert Message.objects.get(id=key).created_at > first.created_at
    assert not Run.objects.exists()
    assert Api(owner).send("post", f"/api/messages/{chat.id}", body).status_code == 409


@pytest.mark.parametrize(
    "change",
    [{"isCreatedByUser": False, "parentMessageId": None}, {"text": " "}, {"text": "a\x00b"}, {"role": "system"},
     {"parentMessageId": "x"}, {"conversationId": str(uuid4())}],
)  # fmt: skip
def test_a_message_that_cannot_be_is_refused_and_nothing_is_stored(
    owner: User, chat: Conversation, change: dict[str, Any]
) -> None:
    body = {"text": "Hi", "isCreatedByUser": True} | change
    assert Api(owner).send("post", f"/api/messages/{chat.id}", body).status_code == 400
    assert not Message.objects.exists()


def test_case_3_and_4_nothing_of_another_s_is_touched(
    owner: User, stranger: User, chat: Conversation, make_conversation: Make
) -> None:
    question, own = ask(chat), make_conversation(stranger)
    api = Api(stranger)
    for chat_id in (chat.id, own.id):
        assert api.send("put", f"/api/messages/{chat_id}/{question.id}", {"text": "x"}).status_code == 404
        assert api.send("delete", f"/api/messages/{chat_id}/{question.id}").status_code == 404
        body = {"text": "x", "isCreatedByUser": True, "parentMessageId": str(question.id)}
        assert api.send("post", f"/api/messages/{chat_id}", body).status_code == 404
    branch = {"messageId": str(question.id), "agentId": "x"}
    assert api.send("post", "/api/messages/branch", branch).status_code == 404
    assert list(Message.objects.values_list("text", flat=True)) == ["Why?"]


def test_deleting_a_reply_that_is_being_written_ends_its_run(owner: User, chat: Conversation, make_turn: Turn) -> None:
    run = make_turn(chat)
    assert Api(owner).send("delete", f"/api/messages/{chat.id}/{run.message_id}").status_code == 204
    assert not Run.objects.exists()


def test_a_branch_holds_what_one_agent_said(owner: User, chat: Conversation) -> None:
    parts = [{"type": "text", "text": "A", "agentId": "one"}, {"type": "text", "text": "B", "agentId": "two"}]
    reply = answer(ask(chat), *parts, endpoint="Somewhere", model="tiny")
    said = Api(owner).send("post", "/api/messages/branch", {"messageId": str(reply.id), "agentId": "two"})
    assert said.status_code == 201
    made = Message.objects.get(id=said.json()["messageId"])
    assert (made.text, made.parent_id) == ("B", reply.parent_id)
    plain = answer(ask(chat), endpoint="Somewhere", model="tiny")
    whole = {"messageId": str(plain.id), "agentId": "Somewhere__tiny"}
    assert Api(owner).send("post", "/api/messages/branch", whole).json()["text"] == "Because"
    assert Api(owner).send("post", "/api/messages/branch", whole | {"agentId": "nobody"}).status_code == 404


def test_messages_are_found(owner: User, stranger: User, chat: Conversation, make_conversation: Make) -> None:
    ask(chat, "Why do cats purr?")
    ask(make_conversation(stranger), "Why do cats hiss?")
    answer = Api(owner).get("/api/messages?search=cats").json()
    assert answer["nextCursor"] is None
    (hit,) = answer["messages"]
    assert hit["text"] == "Why do cats purr?"
    assert hit["_formatted"] == {"text": "Why do <mark>cats</mark> purr?"}
    assert (hit["title"], hit["user"]) == (chat.title, str(owner.id))
    rows = Api(owner).get("/api/convos?search=purr").json()["conversations"]
    assert [row["conversationId"] for row in rows] == [str(chat.id)]
    assert Api(owner).get("/api/convos?search=absent").json() == {"conversations": [], "nextCursor": None}
    assert Api(owner).get("/api/messages?search=before:never").status_code == 400
    assert Api(owner).get("/api/search/enable").json() is True


def test_case_84_searching_in_a_loop_is_refused(owner: User, chat: Conversation, settings: Settings) -> None:
    settings.SEARCH_USER_MAX = 2
    ask(chat, "Why do cats purr?")
    answers = [Api(owner).get(f"/api/{path}?search=cats") for path in ("messages", "convos", "messages", "convos")]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert int(answers[-1]["Retry-After"]) <= 60
