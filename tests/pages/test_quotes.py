"""Passages that a message quotes: sent, refused, shown, and told to the model."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.quotes import with_quotes
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT

Chats = Callable[..., Conversation]


@pytest.fixture
def quoted_chat(owner: User, make_chat: Chats) -> Conversation:
    return make_chat(owner)


def sent(chat: Conversation, **changes: object) -> dict[str, object]:
    reply = Message.objects.get(text="Answer 0")
    return {
        "text": "What of this?", "endpoint": "Somewhere", "model": "tiny", "parent": reply.id,
        "quote": ["Answer\r\n0", "0"], "quote_message": [reply.id, ""], **changes,
    }  # fmt: skip


def test_quotes_are_stored_shown_above_the_message_and_lead_to_where_they_stand(
    owner: User, quoted_chat: Conversation
) -> None:
    reply = Message.objects.get(text="Answer 0")
    response = signed_in(owner).post(f"/c/{quoted_chat.id}/turns", sent(quoted_chat), headers=FRAGMENT)
    html = response.content.decode()
    assert response.status_code == 200
    question = Message.objects.get(text="What of this?")
    assert question.quotes == [{"text": "Answer\n0", "messageId": str(reply.id)}, {"text": "0"}]
    assert html.count("<blockquote") == 2
    assert f'href="/c/{quoted_chat.id}?at={reply.id}#m-{reply.id}"' in html
    assert with_quotes(question.text, question.quotes) == "> Answer\n> 0\n\n> 0\n\nWhat of this?"


@pytest.mark.parametrize(
    "bad",
    [
        {"quote": ["x"] * 11, "quote_message": [""] * 11}, {"quote": ["x" * 4001], "quote_message": [""]},
        {"quote": ["x"], "quote_message": ["nonsense"]}, {"quote": [" "], "quote_message": [""]},
        {"quote": ["x", "y"], "quote_message": [""]},
    ],
)  # fmt: skip
def test_quotes_that_cannot_be_kept_are_refused_and_stay_in_the_composer(
    owner: User, quoted_chat: Conversation, bad: dict[str, object]
) -> None:
    response = signed_in(owner).post(f"/c/{quoted_chat.id}/turns", sent(quoted_chat, **bad))
    html = response.content.decode()
    assert response.status_code == 422
    assert "What of this?" in html
    assert 'name="quote" value="x' in html or bad["quote"] == [" "]
    assert Message.objects.count() == 2


def test_a_refused_message_keeps_its_quotes(owner: User, quoted_chat: Conversation) -> None:
    reply = Message.objects.get(text="Answer 0")
    response = signed_in(owner).post(
        f"/c/{quoted_chat.id}/turns", sent(quoted_chat, text=" ", quote=["<b>"], quote_message=[reply.id])
    )
    html = response.content.decode()
    assert response.status_code == 422
    assert 'name="quote" value="&lt;b&gt;"' in html
    assert f'name="quote_message" value="{reply.id}"' in html


def test_a_message_of_another_conversation_cannot_be_named(
    owner: User, stranger: User, quoted_chat: Conversation, make_chat: Chats
) -> None:
    changes = {"quote": ["x"], "parent": ""}
    body = sent(quoted_chat)
    mine = Message.objects.create(conversation=make_chat(owner, turns=0), author="user", text="mine")
    foreign = Message.objects.create(conversation=make_chat(stranger, turns=0), author="user", text="foreign")
    for message_id in (mine.id, foreign.id, uuid4()):
        response = signed_in(owner).post(
            f"/c/{quoted_chat.id}/turns", {**body, **changes, "quote_message": [message_id]}, headers=FRAGMENT
        )
        assert response.status_code == 404
    assert not Message.objects.filter(text="What of this?").exists()
