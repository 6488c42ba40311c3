"""Thumbs and their reasons on the page; with and without htmx."""

from collections.abc import Callable

import pytest

from accounts.models import User
from chat.models import Conversation, Message
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT

Chats = Callable[..., Conversation]


def address(message: Message) -> str:
    return f"/c/{message.conversation_id}/messages/{message.id}/feedback"


@pytest.fixture
def answered_question(owner: User, make_chat: Chats) -> Message:
    make_chat(owner)
    return Message.objects.get(text="Answer 0")


def stored(reply: Message) -> object:
    return Message.objects.get(id=reply.id).feedback


def test_a_thumb_is_kept_at_once_and_the_reasons_are_offered(owner: User, answered_question: Message) -> None:
    response = signed_in(owner).post(address(answered_question), {"rating": "thumbsDown"}, headers=FRAGMENT)
    html = response.content.decode()
    assert stored(answered_question) == {"rating": "thumbsDown"}
    assert (response["HX-Retarget"], response["HX-Reswap"]) == (f"#feedback-{answered_question.id}", "outerHTML")
    assert 'aria-pressed="true"' in html
    assert "Refused for no reason" in html
    assert "Creative solution" not in html


def test_without_scripts_a_thumb_leads_to_the_reasons_and_they_lead_back(
    owner: User, answered_question: Message
) -> None:
    client = signed_in(owner)
    first = client.post(address(answered_question), {"rating": "thumbsUp"})
    assert (first.status_code, first["Location"]) == (302, address(answered_question))
    page = client.get(address(answered_question)).content.decode()
    assert "Clear and well written" in page
    assert "css/messages" in page  # where the look of the reasons is
    last = client.post(
        address(answered_question), {"rating": "thumbsUp", "tag": "creative_solution", "details": "So\r\nnew"}
    )
    assert last["Location"].endswith(f"#m-{answered_question.id}")
    assert stored(answered_question) == {"rating": "thumbsUp", "tag": "creative_solution", "text": "So\nnew"}


def test_an_empty_rating_takes_it_away(owner: User, answered_question: Message) -> None:
    Message.objects.filter(id=answered_question.id).update(feedback={"rating": "thumbsUp"})
    page = signed_in(owner).get(f"/c/{answered_question.conversation_id}").content.decode()
    assert 'name="rating" value=""' in page
    assert page.count(f'formaction="{address(answered_question)}"') == 2
    signed_in(owner).post(address(answered_question), {"rating": ""}, headers=FRAGMENT)
    assert stored(answered_question) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"rating": "thumbsUp", "tag": "inaccurate"}, {"rating": "stars"}, {"rating": "thumbsUp", "details": "x" * 1025},
        {"rating": "thumbsUp", "tag": "other", "details": "kept"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_what_cannot_be_kept_is_a_422_that_keeps_what_was_typed(
    owner: User, answered_question: Message, bad: dict[str, str], headers: dict[str, str]
) -> None:
    Message.objects.filter(id=answered_question.id).update(feedback={"rating": "thumbsUp"})
    response = signed_in(owner).post(address(answered_question), bad, headers=headers)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert bad.get("details", "") in html
    assert stored(answered_question) == {"rating": "thumbsUp"}


def test_a_person_s_own_message_cannot_be_rated(owner: User, answered_question: Message) -> None:
    question = Message.objects.get(text="Question 0")
    response = signed_in(owner).post(address(question), {"rating": "thumbsUp"}, headers=FRAGMENT)
    assert response.status_code == 422
    assert stored(question) is None


def test_a_stranger_s_thumb_is_a_404(stranger: User, answered_question: Message) -> None:
    assert signed_in(stranger).post(address(answered_question), {"rating": "thumbsUp"}).status_code == 404
    assert signed_in(stranger).get(address(answered_question)).status_code == 404
    assert stored(answered_question) is None


def test_the_message_must_be_of_the_conversation_of_the_address(
    owner: User, answered_question: Message, make_chat: Chats
) -> None:
    other = make_chat(owner, turns=0)
    path = f"/c/{other.id}/messages/{answered_question.id}/feedback"
    assert signed_in(owner).post(path, {"rating": "thumbsUp"}).status_code == 404
    assert stored(answered_question) is None
