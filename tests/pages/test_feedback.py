"""Thumbs and their reasons on the page; with and without htmx."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from tests.pages.conftest import FRAGMENT

SignIn = Callable[[User], Client]
Chats = Callable[..., Conversation]


def address(message: Message) -> str:
    return f"/c/{message.conversation_id}/messages/{message.id}/feedback"


@pytest.fixture
def reply(owner: User, make_chat: Chats) -> Message:
    make_chat(owner)
    return Message.objects.get(text="Answer 0")


def stored(reply: Message) -> object:
    return Message.objects.get(id=reply.id).feedback


def test_a_thumb_is_kept_at_once_and_the_reasons_are_offered(sign_in: SignIn, owner: User, reply: Message) -> None:
    response = sign_in(owner).post(address(reply), {"rating": "thumbsDown"}, headers=FRAGMENT)
    html = response.content.decode()
    assert stored(reply) == {"rating": "thumbsDown"}
    assert (response["HX-Retarget"], response["HX-Reswap"]) == (f"#feedback-{reply.id}", "outerHTML")
    assert 'aria-pressed="true"' in html
    assert "Refused for no reason" in html
    assert "Creative solution" not in html


def test_without_scripts_a_thumb_leads_to_the_reasons_and_they_lead_back(
    sign_in: SignIn, owner: User, reply: Message
) -> None:
    client = sign_in(owner)
    first = client.post(address(reply), {"rating": "thumbsUp"})
    assert (first.status_code, first["Location"]) == (302, address(reply))
    page = client.get(address(reply)).content.decode()
    assert "Clear and well written" in page
    assert "css/messages" in page  # where the look of the reasons is
    last = client.post(address(reply), {"rating": "thumbsUp", "tag": "creative_solution", "details": "So\r\nnew"})
    assert last["Location"].endswith(f"#m-{reply.id}")
    assert stored(reply) == {"rating": "thumbsUp", "tag": "creative_solution", "text": "So\nnew"}


def test_an_empty_rating_takes_it_away(sign_in: SignIn, owner: User, reply: Message) -> None:
    Message.objects.filter(id=reply.id).update(feedback={"rating": "thumbsUp"})
    page = sign_in(owner).get(f"/c/{reply.conversation_id}").content.decode()
    assert 'name="rating" value=""' in page
    assert page.count(f'formaction="{address(reply)}"') == 2
    sign_in(owner).post(address(reply), {"rating": ""}, headers=FRAGMENT)
    assert stored(reply) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"rating": "thumbsUp", "tag": "inaccurate"}, {"rating": "stars"}, {"rating": "thumbsUp", "details": "x" * 1025},
        {"rating": "thumbsUp", "tag": "other", "details": "kept"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_what_cannot_be_kept_is_a_422_that_keeps_what_was_typed(
    sign_in: SignIn, owner: User, reply: Message, bad: dict[str, str], headers: dict[str, str]
) -> None:
    Message.objects.filter(id=reply.id).update(feedback={"rating": "thumbsUp"})
    response = sign_in(owner).post(address(reply), bad, headers=headers)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert bad.get("details", "") in html
    assert stored(reply) == {"rating": "thumbsUp"}


def test_a_person_s_own_message_cannot_be_rated(sign_in: SignIn, owner: User, reply: Message) -> None:
    question = Message.objects.get(text="Question 0")
    response = sign_in(owner).post(address(question), {"rating": "thumbsUp"}, headers=FRAGMENT)
    assert response.status_code == 422
    assert stored(question) is None


def test_a_stranger_s_thumb_is_a_404(sign_in: SignIn, stranger: User, reply: Message) -> None:
    assert sign_in(stranger).post(address(reply), {"rating": "thumbsUp"}).status_code == 404
    assert sign_in(stranger).get(address(reply)).status_code == 404
    assert stored(reply) is None


def test_the_message_must_be_of_the_conversation_of_the_address(
    sign_in: SignIn, owner: User, reply: Message, make_chat: Chats
) -> None:
    other = make_chat(owner, turns=0)
    path = f"/c/{other.id}/messages/{reply.id}/feedback"
    assert sign_in(owner).post(path, {"rating": "thumbsUp"}).status_code == 404
    assert stored(reply) is None
