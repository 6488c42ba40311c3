"""Forking and duplicating over the API: the answers, and what is refused."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
ROOT = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def two_turns(owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]) -> Any:
    """Two turns, the second with the question `Second`."""
    chat = make_conversation(owner)
    first = make_turn(chat, text="First", reply="One")
    make_turn(chat, text="Second", reply="Two", parent=first.message)
    return chat


def of(chat: Conversation, text: str) -> str:
    return str(Message.objects.get(conversation=chat, text=text).id)


def test_a_fork_answers_with_the_new_conversation_and_its_messages(owner: User, two_turns: Conversation) -> None:
    body = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "One"), "option": "directPath"}
    answer = Api(owner).post("/api/convos/fork", body)
    assert answer.status_code == 200
    fork = answer.json()
    assert fork["conversation"]["conversationId"] != str(two_turns.id)
    assert fork["conversation"]["title"] == two_turns.title
    question, reply = fork["messages"]
    assert (question["text"], question["parentMessageId"]) == ("First", ROOT)
    assert reply["parentMessageId"] == question["messageId"] != of(two_turns, "First")
    assert {message["conversationId"] for message in fork["messages"]} == {fork["conversation"]["conversationId"]}


def test_a_fork_takes_whole_levels_unless_told_otherwise(owner: User, two_turns: Conversation) -> None:
    root = Message.objects.create(conversation=two_turns, author="user", text="Other root")
    body = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "One")}
    texts = {message["text"] for message in Api(owner).post("/api/convos/fork", body).json()["messages"]}
    assert texts == {"First", "One", root.text}


def test_a_split_starts_at_the_message(owner: User, two_turns: Conversation) -> None:
    body = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "Second"), "splitAtTarget": True}
    assert Api(owner).post("/api/convos/fork", body).status_code == 400
    answer = Api(owner).post("/api/convos/fork", body | {"latestMessageId": of(two_turns, "Two")})
    assert [(message["text"], message["parentMessageId"] == ROOT) for message in answer.json()["messages"]] == [
        ("Second", True), ("Two", False),
    ]  # fmt: skip


def test_a_duplicate_is_201_with_a_title_of_its_own(owner: User, two_turns: Conversation) -> None:
    answer = Api(owner).post("/api/convos/duplicate", {"conversationId": str(two_turns.id), "title": " Copy\nof it "})
    assert answer.status_code == 201
    assert answer.json()["conversation"]["title"] == "Copy of it"
    assert [message["text"] for message in answer.json()["messages"]] == ["First", "One", "Second", "Two"]


def test_cases_3_and_4_strangers_and_ids_of_other_chats_get_404(
    owner: User, stranger: User, two_turns: Conversation, make_conversation: Callable[..., Conversation]
) -> None:
    other = make_conversation(owner)
    fork = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "One")}
    assert Api(stranger).post("/api/convos/fork", fork).status_code == 404
    assert Api(owner).post("/api/convos/fork", fork | {"conversationId": str(other.id)}).status_code == 404
    assert Api(owner).post("/api/convos/fork", fork | {"messageId": str(uuid4())}).status_code == 404
    assert Api(stranger).post("/api/convos/duplicate", {"conversationId": str(two_turns.id)}).status_code == 404
    assert Api().post("/api/convos/fork", fork).status_code == 401
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("change", [{"option": "sideways"}, {"messageId": 7}, {"splitAtTarget": "perhaps"}])
def test_a_body_that_means_nothing_is_400(owner: User, two_turns: Conversation, change: dict[str, Any]) -> None:
    body = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "One")} | change
    assert Api(owner).post("/api/convos/fork", body).status_code == 400
    assert Conversation.objects.count() == 1


def test_a_reply_being_written_cannot_be_forked_from(owner: User, two_turns: Conversation) -> None:
    Message.objects.filter(conversation=two_turns, text="Two").update(state="streaming")
    body = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "Two")}
    assert Api(owner).post("/api/convos/fork", body).status_code == 409
    assert Conversation.objects.count() == 1


def test_case_84_forks_and_duplicates_share_one_budget(
    owner: User, two_turns: Conversation, settings: Settings
) -> None:
    settings.FORK_IP_MAX = 2
    fork = {"conversationId": str(two_turns.id), "messageId": of(two_turns, "One")}
    assert Api(owner).post("/api/convos/fork", fork).status_code == 200
    assert Api(owner).post("/api/convos/duplicate", {"conversationId": str(two_turns.id)}).status_code == 201
    for path, body in (("fork", fork), ("duplicate", {"conversationId": str(two_turns.id)})):
        answer = Api(owner).post(f"/api/convos/{path}", body)
        assert answer.status_code == 429
        assert set(answer.json()) == {"message"}
        assert 0 < int(answer["Retry-After"]) <= 60
    assert Conversation.objects.count() == 3
