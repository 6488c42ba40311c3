"""Reading messages (`/api/messages`)."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ROOT = "00000000-0000-0000-0000-000000000000"


def test_the_whole_tree_comes_oldest_first(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    answer = Api(owner).get(f"/api/messages/{chat.id}")
    assert answer.status_code == 200
    question, reply = answer.json()
    for message in (question, reply):
        assert message.pop("createdAt").endswith("Z")
        assert message.pop("updatedAt").endswith("Z")
    assert question == {
        "messageId": str(run.message.parent_id),
        "conversationId": str(chat.id),
        "parentMessageId": ROOT,
        "sender": "User",
        "text": "Why?",
        "isCreatedByUser": True,
        "endpoint": "Somewhere",
        "tokenCount": 2,
        "unfinished": False,
        "error": False,
    }
    assert reply == {
        "messageId": str(run.message_id),
        "conversationId": str(chat.id),
        "parentMessageId": str(run.message.parent_id),
        "sender": "tiny",
        "text": "Because.",
        "content": [{"type": "text", "text": "Because."}],
        "isCreatedByUser": False,
        "model": "tiny",
        "endpoint": "Somewhere",
        "finish_reason": "stop",
        "tokenCount": 2,
        "unfinished": False,
        "error": False,
        "metadata": {"usage": {"input": 3, "output": 2, "cacheWrite": 0, "cacheRead": 0}},
    }


def test_a_conversation_that_does_not_exist_yet_has_no_messages(owner: User) -> None:
    assert Api(owner).get("/api/messages/new").json() == []


def test_a_stranger_gets_404_like_for_an_unknown_id(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    paths = [f"/api/messages/{chat.id}", f"/api/messages/{chat.id}/{run.message_id}",
             f"/api/messages?conversationId={chat.id}"]  # fmt: skip
    for path in paths:
        answer = Api(stranger).get(path)
        assert answer.status_code == 404
        assert list(answer.json()) == ["error"]
    assert Api(owner).get(f"/api/messages/{uuid4()}").status_code == 404
    assert Api(owner).get("/api/messages/not-an-id").status_code == 404


def test_one_message_comes_as_a_list_of_one(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat, other = make_conversation(owner), make_conversation(owner)
    run = make_turn(chat)
    (message,) = Api(owner).get(f"/api/messages/{chat.id}/{run.message_id}").json()
    assert message["text"] == "Because."
    assert Api(owner).get(f"/api/messages/{other.id}/{run.message_id}").status_code == 404


def test_how_a_reply_ended_shows(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    flags = {}
    for state in ("running", "stopped", "interrupted", "failed", "done"):
        run = make_turn(chat, state=state)
        (message,) = Api(owner).get(f"/api/messages/{chat.id}/{run.message_id}").json()
        flags[state] = (message["unfinished"], message["error"])
    assert flags == {
        "running": (True, False), "stopped": (True, False), "interrupted": (True, False),
        "failed": (False, True), "done": (False, False),
    }  # fmt: skip


def test_errors_and_attachments_are_told_in_words(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    parts = [
        {"type": "attachment", "kind": "web_search", "data": {"toolCallId": "c", "results": []}},
        {"type": "error", "code": "timeout"},
    ]
    chat = make_conversation(owner)
    run = make_turn(chat, state="failed", parts=parts, reply="")
    (message,) = Api(owner).get(f"/api/messages/{chat.id}/{run.message_id}").json()
    (error,) = message["content"]
    assert (error["type"], error["code"]) == ("error", "timeout")
    assert "too long" in error["error"]
    assert message["attachments"] == [
        {
            "type": "web_search",
            "messageId": str(run.message_id),
            "conversationId": str(chat.id),
            "toolCallId": "c",
            "web_search": {"results": []},
        }
    ]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_hold_every_message_once_also_those_of_one_moment(
    owner: User, make_conversation: Make, make_turn: Turn, direction: str
) -> None:
    chat = make_conversation(owner)
    for _ in range(3):
        make_turn(chat)
    Message.objects.update(created_at=chat.created_at)
    seen, cursor = [], ""
    for _ in range(4):
        query = urlencode({"conversationId": chat.id, "pageSize": 2, "sortDirection": direction, "cursor": cursor})
        page = Api(owner).get(f"/api/messages?{query}").json()
        seen += [message["messageId"] for message in page["messages"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6


def test_a_page_names_the_owner_and_one_message_can_be_asked_for(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    page = Api(owner).get(f"/api/messages?conversationId={chat.id}&messageId={run.message_id}").json()
    (message,) = page["messages"]
    assert (message["_id"], message["user"]) == (str(run.message_id), str(owner.id))
    assert page["nextCursor"] is None


@pytest.mark.parametrize("query", ["search=on:never", "conversationId={id}&sortBy=text"])
def test_a_query_without_meaning_is_refused(owner: User, make_conversation: Make, query: str) -> None:
    chat = make_conversation(owner)
    answer = Api(owner).get(f"/api/messages?{query.replace('{id}', str(chat.id))}")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_a_long_conversation_costs_no_more_queries(
    owner: User, make_conversation: Make, make_turn: Turn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat, api = make_conversation(owner), Api(owner)
    for turns in (1, 10):
        for _ in range(turns):
            make_turn(chat)
        with django_assert_num_queries(3):
            api.get(f"/api/messages/{chat.id}")
