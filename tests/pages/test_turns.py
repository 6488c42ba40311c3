"""The forms of a conversation: sending, repeating, stopping, switching, renaming, deleting; with and without htmx."""

from collections.abc import Callable, Iterable
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message, Run
from chat.services.tree import tree
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT, make_reply, make_run

Chats = Callable[..., Conversation]
DRAFT = {"text": "Hello\r\nthere", "endpoint": "Somewhere", "model": "tiny", "parent": ""}


def test_first_message_makes_a_conversation_and_leads_to_it(owner: User) -> None:
    response = signed_in(owner).post("/c/new/turns", DRAFT)
    chat = Conversation.objects.get()
    question = Message.objects.get(author="user")
    assert response.status_code == 302
    assert response["Location"] == f"/c/{chat.id}#m-{question.id}"
    assert question.text == "Hello\nthere"
    assert (chat.owner, chat.endpoint, chat.model) == (owner, "Somewhere", "tiny")
    assert Run.objects.get().state == "queued"


def test_htmx_gets_both_messages_and_the_new_address(owner: User) -> None:
    response = signed_in(owner).post("/c/new/turns", DRAFT, headers=FRAGMENT)
    chat, run = Conversation.objects.get(), Run.objects.get()
    html = response.content.decode()
    assert response.status_code == 200
    assert response["HX-Push-Url"] == f"/c/{chat.id}"
    assert html.count("<article") == 2
    assert f'data-run="{run.id}"' in html
    assert f'id="parent" name="parent" value="{run.message_id}" hx-swap-oob="true"' in html
    assert f"/c/{chat.id}/rename" in html


def test_next_message_answers_the_last_one(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    last = Message.objects.get(text="Answer 0")
    response = signed_in(owner).post(f"/c/{chat.id}/turns", {**DRAFT, "parent": last.id}, headers=FRAGMENT)
    assert response.status_code == 200
    assert "HX-Push-Url" not in response
    assert Message.objects.get(text="Hello\nthere").parent == last


@pytest.mark.parametrize("answers", [0, 1], ids=["the only answer", "a second one"])
def test_versions_are_counted_where_there_are_some(
    owner: User, make_chat: Chats, answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    places = tree.places

    def noting(messages: Iterable[Message]) -> dict[UUID, tree.Place]:
        asked.append(1)
        return places(messages)

    monkeypatch.setattr(tree, "places", noting)
    chat = make_chat(owner)
    last = Message.objects.get(text="Answer 0")
    for number in range(answers):
        Message.objects.create(conversation=chat, parent=last, author="user", text=f"Earlier {number}")
    response = signed_in(owner).post(f"/c/{chat.id}/turns", {**DRAFT, "parent": last.id}, headers=FRAGMENT)
    assert len(asked) == answers, "an only answer needs no query for its versions"
    assert (b'class="siblings"' in response.content) == bool(answers)
    assert (b"2 / 2" in response.content) == bool(answers)


def test_starter_is_sent_as_it_stands(owner: User) -> None:
    signed_in(owner).post("/c/new/turns", {**DRAFT, "text": "", "starter": "Suggest three names"})
    assert Message.objects.get(author="user").text == "Suggest three names"


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"text": "  \r\n "}, 422, "Write a message first."),
        ({"parent": "no-id"}, 422, "The previous message wasn&#x27;t found."),
        ({"model": "huge"}, 400, "is not available"),
        ({"endpoint": "", "model": ""}, 400, "is not available"),
    ],
)
def test_refused_draft_keeps_what_was_typed(owner: User, changes: dict[str, str], status: int, sentence: str) -> None:
    client, sent = signed_in(owner), {**DRAFT, "text": "Kept words", **changes}
    page = client.post("/c/new/turns", sent)
    assert page.status_code == status
    assert sentence in page.content.decode()
    if sent["text"] == "Kept words":
        assert ">Kept words</textarea>" in page.content.decode()
    fragment = client.post("/c/new/turns", sent, headers=FRAGMENT)
    assert fragment.status_code == status
    assert fragment["HX-Retarget"] == "#composer-error"
    assert sentence in fragment.content.decode()
    assert Conversation.objects.count() == Message.objects.count() == Run.objects.count() == 0


def test_answering_a_reply_that_is_being_written_is_refused(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    last = Message.objects.get(text="Answer 0")
    make_run(last)
    response = signed_in(owner).post(f"/c/{chat.id}/turns", {**DRAFT, "parent": last.id}, headers=FRAGMENT)
    assert response.status_code == 409
    assert "still being written" in response.content.decode()
    assert Message.objects.count() == 2


def test_same_request_twice_starts_one_run(owner: User) -> None:
    client, sent = signed_in(owner), {**DRAFT, "request_id": "0123456789abcdef"}
    first, second = (client.post("/c/new/turns", sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Run.objects.count() == 1


def test_regenerate_puts_a_new_sibling_on_view(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    old = Message.objects.get(text="Answer 0")
    address = f"/c/{chat.id}/messages/{old.id}/regenerate"
    response = signed_in(owner).post(address, {"endpoint": "Somewhere", "model": "small"}, headers=FRAGMENT)
    new = Message.objects.get(state="streaming")
    html = response.content.decode()
    assert response.status_code == 200
    assert f'id="m-{new.id}"' in html
    assert f'id="m-{old.id}"' not in html
    assert (new.parent, new.model) == (old.parent, "small")


def test_regenerating_a_question_is_refused_in_words(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    address = f"/c/{chat.id}/messages/{Message.objects.get(text='Question 0').id}/regenerate"
    client = signed_in(owner)
    toast = client.post(address, headers=FRAGMENT)
    assert (toast.status_code, toast["HX-Retarget"]) == (400, "#toasts")
    page = client.post(address)
    assert page.status_code == 400
    assert "Only a reply can be regenerated." in page.content.decode()


def test_continue_lets_the_same_message_grow(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    last = Message.objects.get(text="Answer 0")
    Message.objects.filter(id=last.id).update(state="stopped", finish_reason="stopped")
    client = signed_in(owner)
    assert f"{last.id}/continue" in client.get(f"/c/{chat.id}").content.decode()
    response = client.post(f"/c/{chat.id}/messages/{last.id}/continue")
    assert response["Location"] == f"/c/{chat.id}#m-{last.id}"
    assert Run.objects.get(message=last).continues


def test_switcher_shows_the_other_version(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    old = Message.objects.get(text="Answer 0")
    make_reply(old.parent or old, "Another answer")
    client = signed_in(owner)
    page = client.get(f"/c/{chat.id}").content.decode()
    assert "Another answer" in page
    assert "2 / 2" in page
    fragment = client.post(f"/c/{chat.id}/messages/{old.id}/choose", headers=FRAGMENT).content.decode()
    assert "Answer 0" in fragment
    assert "1 / 2" in fragment
    assert "Another answer" not in fragment
    assert f'name="parent" value="{old.id}"' in fragment


def test_switching_far_up_shows_everything_down_from_there(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner, turns=25)
    top = Message.objects.get(text="Answer 1")
    html = signed_in(owner).post(f"/c/{chat.id}/messages/{top.id}/choose", headers=FRAGMENT).content.decode()
    assert f'id="m-{top.id}"' in html
    assert "Answer 24" in html


def test_stop_ends_a_run_that_has_not_begun(owner: User, make_chat: Chats) -> None:
    make_chat(owner)
    run = make_run(Message.objects.get(text="Answer 0"), state="queued")
    client = signed_in(owner)
    assert client.post(f"/generations/{run.id}/stop", headers=FRAGMENT).status_code == 204
    run.refresh_from_db()
    assert run.state == "stopped"
    again = client.post(f"/generations/{run.id}/stop")
    assert again["Location"] == f"/c/{run.conversation_id}"


def test_rename_changes_the_title_and_tells_the_page(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    client = signed_in(owner)
    form = client.get(f"/c/{chat.id}/rename", headers=FRAGMENT).content.decode()
    assert 'value="Cats at night"' in form
    assert "<!doctype" not in form
    done = client.post(f"/c/{chat.id}/rename", {"title": " Dogs <by> day "}, headers=FRAGMENT)
    assert f'data-renamed="{chat.id}">Dogs &lt;by&gt; day<' in done.content.decode()
    chat.refresh_from_db()
    assert (chat.title, chat.titled_by) == ("Dogs <by> day", "person")
    assert client.post(f"/c/{chat.id}/rename", {"title": "Plain"})["Location"] == f"/c/{chat.id}"


@pytest.mark.parametrize("title", ["", "   ", "x" * 1025])
def test_title_that_cannot_be_used_is_a_422(owner: User, make_chat: Chats, title: str) -> None:
    chat = make_chat(owner)
    response = signed_in(owner).post(f"/c/{chat.id}/rename", {"title": title})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    chat.refresh_from_db()
    assert chat.title == "Cats at night"


def test_delete_asks_by_name_and_then_deletes(owner: User, make_chat: Chats) -> None:
    chat, kept = make_chat(owner), make_chat(owner, title="Kept")
    client = signed_in(owner)
    assert "“Cats at night”" in client.get(f"/c/{chat.id}/delete").content.decode()
    assert Conversation.objects.count() == 2
    assert client.post(f"/c/{chat.id}/delete")["Location"] == "/c/new"
    assert list(Conversation.objects.visible_to(owner)) == [kept]
    assert client.get(f"/c/{chat.id}").status_code == 404
    fragment = client.post(f"/c/{kept.id}/delete", headers=FRAGMENT).content.decode()
    assert f'data-gone="{kept.id}"' in fragment
    assert "data-undo" in fragment


def test_no_verb_works_on_a_stranger_s_chat(owner: User, stranger: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    message = Message.objects.get(text="Answer 0")
    run = make_run(message)
    client, before = signed_in(stranger), list(Message.objects.order_by("id").values())
    paths = [f"/c/{chat.id}/{verb}" for verb in ("turns", "rename", "delete")]
    paths += [f"/c/{chat.id}/messages/{message.id}/{verb}" for verb in ("regenerate", "continue", "choose")]
    for path in [*paths, f"/generations/{run.id}/stop"]:
        assert client.post(path, {**DRAFT, "title": "Mine", "parent": message.id}).status_code == 404, path
    own = make_chat(stranger)
    for verb in ("regenerate", "continue", "choose"):
        assert client.post(f"/c/{own.id}/messages/{message.id}/{verb}").status_code == 404
    assert list(Message.objects.filter(conversation=chat).order_by("id").values()) == before
    run.refresh_from_db()
    assert not run.stop_requested


def test_verbs_answer_only_to_post(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    client = signed_in(owner)
    assert client.get(f"/c/{chat.id}/turns").status_code == 405
    assert client.get(f"/generations/{uuid4()}/stop").status_code == 405
    assert client.post("/sidebar").status_code == 405


def test_form_from_another_site_is_refused(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    response = client.post("/c/new/turns", DRAFT)
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
    assert Conversation.objects.count() == 0
