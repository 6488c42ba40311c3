"""Rating a reply, and quoting, over the API."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
DOWN = {"rating": "thumbsDown", "tag": "inaccurate", "text": "Cats do not bark."}


@pytest.fixture
def reply(owner: User, make_conversation: Make, make_turn: Turn) -> Message:
    return make_turn(make_conversation(owner)).message


def address(message: Message) -> str:
    return f"/api/messages/{message.conversation_id}/{message.id}/feedback"


def test_feedback_is_stored_stands_in_the_message_and_can_be_taken_away(owner: User, reply: Message) -> None:
    api = Api(owner)
    answer = api.send("PUT", address(reply), {"feedback": DOWN})
    ids = {"messageId": str(reply.id), "conversationId": str(reply.conversation_id)}
    assert (answer.status_code, answer.json()) == (200, {**ids, "feedback": DOWN})
    assert api.get(f"/api/messages/{reply.conversation_id}/{reply.id}").json()[0]["feedback"] == DOWN
    for nothing in ({"feedback": None}, {}):
        assert api.send("PUT", address(reply), nothing).json() == {**ids, "feedback": None}
    assert "feedback" not in api.get(f"/api/messages/{reply.conversation_id}/{reply.id}").json()[0]


@pytest.mark.parametrize(
    "bad",
    [
        {"rating": "thumbsUp"}, {**DOWN, "rating": "thumbsUp"}, {**DOWN, "rating": "up"}, {**DOWN, "tag": "x"},
        {**DOWN, "text": "x" * 1025}, {**DOWN, "text": "\x00"}, {**DOWN, "text": "\ud800"}, {**DOWN, "user": "me"},
        "x", 3, [], {"rating": {"$gt": ""}, "tag": "other"},
    ],
)  # fmt: skip
def test_other_bodies_are_400_and_nothing_changes(owner: User, reply: Message, bad: Any) -> None:
    answer = Api(owner).send("PUT", address(reply), {"feedback": bad})
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert Message.objects.get(id=reply.id).feedback is None


@pytest.mark.parametrize("body", [[], "x", 3, {"feedback": DOWN, "owner": "me"}, {"id": "x"}])
def test_bodies_of_another_shape_are_400(owner: User, reply: Message, body: Any) -> None:
    assert Api(owner).send("PUT", address(reply), body).status_code == 400


def test_a_question_cannot_be_rated_and_a_stranger_gets_404(owner: User, stranger: User, reply: Message) -> None:
    assert reply.parent is not None
    assert Api(owner).send("PUT", address(reply.parent), {"feedback": DOWN}).status_code == 400
    assert Api(stranger).send("PUT", address(reply), {"feedback": DOWN}).status_code == 404
    assert Api().send("PUT", address(reply), {"feedback": DOWN}).status_code == 401


def test_the_reply_must_be_of_the_conversation_of_the_address(
    owner: User, reply: Message, make_conversation: Make
) -> None:
    other = make_conversation(owner)
    path = f"/api/messages/{other.id}/{reply.id}/feedback"
    assert Api(owner).send("PUT", path, {"feedback": DOWN}).status_code == 404


def test_quotes_are_sent_and_read_as_texts(owner: User) -> None:
    body = {"text": "And this?", "endpoint": "Somewhere", "model": "tiny", "quotes": ["a\nb", "c"]}
    answer = Api(owner).post("/api/agents/chat", body)
    assert answer.status_code == 200
    question = Message.objects.get(text="And this?")
    assert question.quotes == [{"text": "a\nb"}, {"text": "c"}]
    listed = Api(owner).get(f"/api/messages/{question.conversation_id}").json()
    assert listed[0]["quotes"] == ["a\nb", "c"]
    assert "quotes" not in listed[1]


@pytest.mark.parametrize("quotes", [["x"] * 11, [""], ["x" * 4001], [3], "x", [{"text": "x"}], ["\x00"]])
def test_quotes_that_cannot_be_kept_are_refused(owner: User, quotes: Any) -> None:
    body = {"text": "And this?", "endpoint": "Somewhere", "model": "tiny", "quotes": quotes}
    assert Api(owner).post("/api/agents/chat", body).status_code in {400, 422}
    assert not Message.objects.exists()
