"""DELETE /api/messages/:conversation/:message takes this message away, and nothing that was said after it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]


@pytest.fixture
def thread(chat: Conversation, make_turn: Turn) -> list[Message]:
    """Question, reply, question, reply."""
    first = make_turn(chat, text="Why?", reply="Because.").message
    second = make_turn(chat, text="And then?", reply="Purring.", parent=first).message
    thread = [message for message in (first.parent, first, second.parent, second) if message is not None]
    for above, below in pairwise(thread):
        Message.objects.filter(id=above.id).update(chosen_child=below)
    Conversation.objects.filter(id=chat.id).update(chosen_root=thread[0])
    return thread


def delete(user: User, message: Message) -> int:
    return Api(user).send("DELETE", f"/api/messages/{message.conversation_id}/{message.id}").status_code


def texts(user: User, chat: Conversation) -> list[str]:
    return [row["text"] for row in Api(user).get(f"/api/messages/{chat.id}").json()]


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_the_others_stay_with_their_words_and_parents(
    owner: User, chat: Conversation, thread: list[Message], position: int
) -> None:
    api = Api(owner)
    before = api.get(f"/api/messages/{chat.id}").json()
    assert delete(owner, thread[position]) == 204
    assert api.get(f"/api/messages/{chat.id}").json() == [row for row in before if row["messageId"] !=
                                                          str(thread[position].id)]  # fmt: skip
    page = api.get(f"/api/messages?conversationId={chat.id}").json()["messages"]
    assert len(page) == 3


def test_what_is_deleted_is_gone_from_everywhere(owner: User, chat: Conversation, thread: list[Message]) -> None:
    api, gone = Api(owner), thread[1]
    address = f"/api/messages/{chat.id}/{gone.id}"
    assert delete(owner, gone) == 204
    row = Message.objects.get(id=gone.id)
    assert (row.text, row.parts, row.quotes, row.feedback) == ("", [], [], None)
    assert api.get(address).status_code == 404
    assert delete(owner, gone) == 404
    assert api.send("PUT", address, {"text": "x"}).status_code == 404
    assert api.send("PUT", f"{address}/feedback", {"feedback": None}).status_code == 404
    assert api.get("/api/messages?search=Because").json()["messages"] == []
    assert len(api.get("/api/messages?search=Purring").json()["messages"]) == 1


def test_the_last_message_leaves_no_place(owner: User, thread: list[Message]) -> None:
    assert delete(owner, thread[3]) == 204
    assert Message.objects.filter(state="deleted").count() == 0
    assert Message.objects.count() == 3


def test_places_that_nothing_follows_from_go_too(owner: User, thread: list[Message]) -> None:
    for position in (1, 2):
        assert delete(owner, thread[position]) == 204
    assert Message.objects.count() == 4
    assert delete(owner, thread[3]) == 204
    assert list(Message.objects.values_list("text", flat=True)) == ["Why?"]


def test_a_place_that_leads_elsewhere_stays(owner: User, chat: Conversation, thread: list[Message]) -> None:
    Message.objects.create(conversation=chat, parent=thread[1], author="user", text="Other", parts=[])
    assert delete(owner, thread[1]) == 204
    assert delete(owner, thread[3]) == 204
    assert delete(owner, thread[2]) == 204
    assert texts(owner, chat) == ["Why?", "Other"]


def test_the_page_says_so_and_shows_the_rest(owner: User, chat: Conversation, thread: list[Message]) -> None:
    assert delete(owner, thread[1]) == 204
    client = Client()
    client.force_login(owner)
    html = client.get(f"/c/{chat.id}").content.decode()
    assert "This message was deleted." in html
    assert "Because." not in html
    assert all(text in html for text in ("Why?", "And then?", "Purring."))
    assert html.count('data-state="deleted"') == 1


def test_copies_keep_the_place(owner: User, chat: Conversation, thread: list[Message]) -> None:
    assert delete(owner, thread[1]) == 204
    made = Api(owner).post("/api/convos/duplicate", {"conversationId": str(chat.id)}).json()
    assert [row["text"] for row in made["messages"]] == ["Why?", "And then?", "Purring."]
    assert Message.objects.filter(state="deleted").count() == 2


def test_no_other_reply_is_asked_for_to_what_is_gone(owner: User, chat: Conversation, thread: list[Message]) -> None:
    assert delete(owner, thread[2]) == 204
    body = {"conversationId": str(chat.id), "parentMessageId": str(thread[2].id), "isRegenerate": True, "text": "",
            "responseMessageId": str(thread[3].id), "endpoint": "Somewhere", "model": "tiny"}  # fmt: skip
    answer = Api(owner).post("/api/agents/chat/Somewhere", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "question_deleted")


def test_the_chat_goes_on(owner: User, chat: Conversation, thread: list[Message]) -> None:
    for position in (0, 1):
        assert delete(owner, thread[position]) == 204
    body = {"conversationId": str(chat.id), "parentMessageId": str(thread[3].id), "text": "More", "model": "tiny"}
    assert Api(owner).post("/api/agents/chat/Somewhere", body).status_code == 200
    assert texts(owner, chat)[:3] == ["And then?", "Purring.", "More"]


def test_a_question_whose_reply_is_being_written_waits(owner: User, chat: Conversation, make_turn: Turn) -> None:
    run = make_turn(chat, state="running", reply="")
    (question,) = Message.objects.filter(conversation=chat, author="user")
    assert delete(owner, question) == 409
    assert Message.objects.get(id=question.id).text == "Why?"
    assert run.is_open


def test_nobody_deletes_for_others(stranger: User, thread: list[Message]) -> None:
    assert delete(stranger, thread[1]) == 404
    assert Message.objects.filter(state="deleted").count() == 0
