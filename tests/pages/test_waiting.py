"""The cards of a reply that waits for its person: they show what is asked, take the answer once, and stay right."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.models import ApprovalRequest, Conversation, InboxItem, Message, Run
from messages.parts import Approval, Part, Question, Steer, Subrun, Text, ToolCall, parts_to_json
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT, make_run

Chats = Callable[..., Conversation]
CALL = ToolCall("c1", "send_mail", '{"to": "<b>ada</b>"}')


@pytest.fixture
def asks(owner: User, make_chat: Chats) -> Callable[..., ApprovalRequest]:
    """Return a function that stores a reply that waits for an answer."""

    def make(kind: str = "approval", options: tuple[str, ...] = (), *more: Part) -> ApprovalRequest:
        chat = make_chat(owner)
        reply = Message.objects.get(text="Answer 0")
        run = make_run(reply, "waiting")
        request = ApprovalRequest.objects.create(run=run, call_id="c1", kind=kind, request={"name": "send_mail"})
        asked: Part = Approval(str(request.id), "c1")
        if kind == "question":
            asked = Question(str(request.id), "c1", "Which one?", options)
        Message.objects.filter(id=reply.id).update(parts=parts_to_json([Text("Let me see."), CALL, asked, *more]))
        assert chat.id == run.conversation_id
        return request

    return make


def page_of(client: Client, request: ApprovalRequest) -> str:
    return client.get(f"/c/{request.run.conversation_id}").content.decode()


def test_the_card_shows_the_call_and_takes_an_approval_as_a_plain_form(
    owner: User, asks: Callable[..., ApprovalRequest]
) -> None:
    request, client = asks(), signed_in(owner)
    html = page_of(client, request)
    assert "Allow “send_mail” to run?" in html
    assert "{&quot;to&quot;: &quot;&lt;b&gt;ada&lt;/b&gt;&quot;}" in html
    assert f'form="acts" formaction="/approvals/{request.id}/decide"' in html
    assert "Waiting for your answer, or for a task." in html
    assert "data-asking" in html
    response = client.post(f"/approvals/{request.id}/decide", {"decision": "approve"})
    assert response.status_code == 302
    assert response["Location"] == f"/c/{request.run.conversation_id}#m-{request.run.message_id}"
    request.refresh_from_db()
    assert (request.state, request.answered_by) == ("approved", owner)
    assert Run.objects.get().state == "queued"
    after = page_of(client, request)
    assert "You allowed this call." in after
    assert "data-asks" not in after
    assert "data-asking" not in after


def test_a_rejection_tells_why_and_htmx_gets_the_branch(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request, client = asks(), signed_in(owner)
    form = {"decision": "reject", f"reason-{request.id}": "Not to <b>her</b>."}
    response = client.post(f"/approvals/{request.id}/decide", form, headers=FRAGMENT)
    assert response.status_code == 200
    assert "You didn't allow this call: Not to &lt;b&gt;her&lt;/b&gt;." in response.content.decode()
    request.refresh_from_db()
    assert (request.state, request.answer) == ("rejected", "Not to <b>her</b>.")


def test_a_call_is_allowed_with_other_arguments(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request, client = asks(), signed_in(owner)
    html = page_of(client, request)
    assert "Edit arguments" in html
    assert f'name="arguments-{request.id}"' in html
    assert "{\n  &quot;to&quot;: &quot;&lt;b&gt;ada&lt;/b&gt;&quot;\n}</textarea>" in html
    form = {"decision": "edit", f"arguments-{request.id}": '{"to": "<i>eve</i>"}'}
    assert client.post(f"/approvals/{request.id}/decide", form).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.request["edited"]) == ("approved", '{"to": "<i>eve</i>"}')
    after = page_of(client, request)
    assert "You changed the arguments of this call." in after
    assert "You allowed this call with changes." in after
    assert "&lt;i&gt;eve&lt;/i&gt;" in after
    assert "&lt;b&gt;ada" not in after


@pytest.mark.parametrize(
    ("arguments", "words"),
    [("{", "not valid JSON"), ('{"to": 7}', "“to” must be text."), ("", "not valid JSON")],
)
def test_bad_arguments_are_refused_in_words_and_can_be_corrected(
    owner: User, asks: Callable[..., ApprovalRequest], arguments: str, words: str
) -> None:
    request, client = asks(), signed_in(owner)
    request.request["schema"] = {"type": "object", "properties": {"to": {"type": "string"}}}
    request.save()
    form = {"decision": "edit", f"arguments-{request.id}": arguments}
    for headers in ({}, FRAGMENT):
        response = client.post(f"/approvals/{request.id}/decide", form, headers=headers)
        assert response.status_code == 422
        assert words in response.content.decode()
    request.refresh_from_db()
    assert (request.state, "edited" in request.request) == ("pending", False)
    assert Run.objects.get().state == "waiting"


def test_an_answer_is_given_in_the_place_of_the_tool(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request, client = asks(), signed_in(owner)
    assert "Answer instead" in page_of(client, request)
    empty = client.post(f"/approvals/{request.id}/decide", {"decision": "respond"}, headers=FRAGMENT)
    assert empty.status_code == 422
    form = {"decision": "respond", f"instead-{request.id}": " I have <b>told</b> her. "}
    response = client.post(f"/approvals/{request.id}/decide", form, headers=FRAGMENT)
    assert response.status_code == 200
    assert "You answered this call yourself." in response.content.decode()
    request.refresh_from_db()
    assert (request.state, request.answer) == ("answered", "I have <b>told</b> her.")
    assert Run.objects.get().state == "queued"


def test_arguments_that_are_too_long_to_edit_are_not_offered_for_it(
    owner: User, asks: Callable[..., ApprovalRequest]
) -> None:
    request = asks()
    long = ToolCall("c1", "send_mail", '{"to": "' + "x" * 100_000 + '"}')
    parts = [Text("Let me see."), long, Approval(str(request.id), "c1")]
    Message.objects.filter(id=request.run.message_id).update(parts=parts_to_json(parts))
    html = page_of(signed_in(owner), request)
    assert "Edit arguments" not in html
    assert "Answer instead" in html


@pytest.mark.parametrize(("form", "answer"), [({"option": "blue"}, "blue"), ({"answer": " Neither. "}, "Neither.")])
def test_a_question_is_answered_by_a_button_or_in_words(
    owner: User, asks: Callable[..., ApprovalRequest], form: dict[str, str], answer: str
) -> None:
    request, client = asks("question", ("red", "blue")), signed_in(owner)
    html = page_of(client, request)
    assert 'name="option" value="blue"' in html
    assert "Another answer" in html
    named = {f"answer-{request.id}" if name == "answer" else name: text for name, text in form.items()}
    assert client.post(f"/questions/{request.id}/answer", named).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.answer) == ("answered", answer)
    assert f"<bdi>{answer}</bdi>" in page_of(client, request)


def test_an_empty_answer_is_refused_and_changes_nothing(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request = asks("question")
    response = signed_in(owner).post(f"/questions/{request.id}/answer", {}, headers=FRAGMENT)
    assert response.status_code == 422
    request.refresh_from_db()
    assert request.state == "pending"
    assert Run.objects.get().state == "waiting"


def test_answering_twice_is_refused(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request, client = asks(), signed_in(owner)
    client.post(f"/approvals/{request.id}/decide", {"decision": "reject"})
    response = client.post(f"/approvals/{request.id}/decide", {"decision": "approve"})
    assert response.status_code == 409
    assert "already been answered" in response.content.decode()
    request.refresh_from_db()
    assert request.state == "rejected"


@pytest.mark.parametrize("address", ["approvals/{id}/decide", "questions/{id}/answer", "generations/{run}/steer"])
def test_who_may_and_how(stranger: User, owner: User, asks: Callable[..., ApprovalRequest], address: str) -> None:
    request = asks("question" if "questions" in address else "approval")
    path = "/" + address.format(id=request.id, run=request.run_id)
    form = {"decision": "approve", "option": "a", "text": "Hello"}
    assert signed_in(stranger).post(path, form).status_code == 404
    assert signed_in(owner).get(path).status_code == 405
    assert signed_in(owner).post("/" + address.format(id=uuid4(), run=uuid4()), form).status_code == 404
    assert Client().post(path, form).status_code == 302
    request.refresh_from_db()
    assert request.state == "pending"
    assert not InboxItem.objects.exists()


def test_a_word_goes_to_the_run(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request, client = asks(), signed_in(owner)
    path = f"/generations/{request.run_id}/steer"
    assert client.post(path, {"text": "Shorter"}, headers=FRAGMENT).status_code == 204
    assert client.post(path, {"text": "Please"}).status_code == 302
    assert [item.body["text"] for item in InboxItem.objects.order_by("created_at")] == ["Shorter", "Please"]
    assert client.post(path, {"text": " "}, headers=FRAGMENT).status_code == 422
    assert client.post(path, {"text": "x" * 16_001}, headers=FRAGMENT).status_code == 422
    Run.objects.update(state="done")
    assert client.post(path, {"text": "Late"}, headers=FRAGMENT).status_code == 409


def test_the_other_cards_show_how_it_goes(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    subruns: list[Any] = [Subrun("r1", "c2", "Research", "done", "Three <b>cats</b>"), Subrun("r2", "c3", "Counting")]
    request = asks("approval", (), *subruns, Steer("s", "Shorter, <i>please</i>"))
    html = page_of(signed_in(owner), request)
    assert "Three &lt;b&gt;cats&lt;/b&gt;" in html
    assert "Shorter, &lt;i&gt;please&lt;/i&gt;" in html
    assert html.count("Research") == 1
    assert html.count("data-subrun") == 1, "what has ended has its result, and nothing to follow"
    assert 'data-subrun="r2"' in html


def test_the_list_tells_which_chat_waits(owner: User, asks: Callable[..., ApprovalRequest], make_chat: Chats) -> None:
    request = asks()
    make_chat(owner, title="Another")
    html = signed_in(owner).get("/sidebar", headers=FRAGMENT).content.decode()
    assert html.count("data-asking") == 1
    Conversation.objects.filter(id=request.run.conversation_id).update(pin_position=1)
    assert signed_in(owner).get("/sidebar", headers=FRAGMENT).content.decode().count("data-asking") == 1


def test_what_a_subrun_asks_is_shown_below_the_reply(owner: User, asks: Callable[..., ApprovalRequest]) -> None:
    request = asks()
    child = Run.objects.create(
        owner=owner, conversation=request.run.conversation, message=request.run.message, parent=request.run,
        state="waiting", checkpoint={}, content=[],
    )  # fmt: skip
    asked = {"name": "count", "arguments": "{}", "text": "How many?", "options": ["one", "two"]}
    question = ApprovalRequest.objects.create(run=child, call_id="d1", kind="question", request=asked)
    client = signed_in(owner)
    html = page_of(client, request)
    assert "How many?" in html
    assert f"/questions/{question.id}/answer" in html
    assert client.post(f"/questions/{question.id}/answer", {"option": "two"}).status_code == 302
    child.refresh_from_db()
    assert child.state == "queued"
    assert "How many?" not in page_of(client, request)
