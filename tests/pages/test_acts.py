"""The menus of a conversation, the editor of a message, and the fork: with scripts and without."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from accounts.services import roles
from accounts.services.preferences import preferences_of, set_preferences
from chat.models import Bookmark, Conversation, Message, Project, Run
from chat.services.organise import bookmarks, projects
from tests.api.conftest import Api
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

Chats = Callable[..., Conversation]
HTMX = {"HX-Request": "true"}


def chat(make_chat: Chats, owner: User) -> Conversation:
    return make_chat(owner)


@pytest.fixture
def mine(make_chat: Chats, owner: User) -> Conversation:
    return make_chat(owner)


@pytest.mark.parametrize("verb", ["archive", "restore", "pin", "unpin", "duplicate", "retitle"])
def test_every_act_asks_without_scripts_and_is_done_at_once_with_them(
    owner: User, mine: Conversation, verb: str
) -> None:
    client = signed_in(owner)
    address = f"/c/{mine.id}/do/{verb}"
    page = client.get(address)
    assert page.status_code == 200
    assert mine.title in page.content.decode()
    assert '<form class="dialog-body" method="post"' in page.content.decode()
    assert client.post(address).status_code in {302, 409}
    answer = client.post(address, headers=HTMX)
    assert "data-done" in answer.content.decode() or answer.status_code == 409


def test_archiving_takes_a_chat_from_the_list_and_offers_the_way_back(owner: User, mine: Conversation) -> None:
    client = signed_in(owner)
    answer = client.post(f"/c/{mine.id}/do/archive", headers=HTMX).content.decode()
    token = re.search(r'data-token="([^"]+)"', answer)
    assert token
    assert f'data-gone="{mine.id}"' in answer
    assert mine.title not in client.get("/sidebar", headers=HTMX).content.decode()
    client.post("/conversations/undo", {"token": token[1]}, headers=HTMX)
    assert mine.title in client.get("/sidebar", headers=HTMX).content.decode()


def test_restoring_stays_on_the_page_of_archived_chats(owner: User, mine: Conversation) -> None:
    client, address = signed_in(owner), f"/c/{mine.id}/do/restore"
    there = HTMX | {"HX-Current-URL": "http://testserver/archive?q=plan"}
    stays = client.post(address, headers=there).content.decode()
    assert f'data-go="" data-undo="" data-token="" data-gone="{mine.id}"' in stays
    in_chat = HTMX | {"HX-Current-URL": f"http://testserver/c/{mine.id}"}
    assert f'data-go="/c/{mine.id}"' in client.post(address, headers=in_chat).content.decode()
    assert client.post(address)["Location"] == "/archive", "without scripts, too"


def test_stranger_gets_404_from_every_act(stranger: User, mine: Conversation) -> None:
    client = signed_in(stranger)
    message = mine.messages.first()
    assert message is not None
    paths = ["do/archive", "do/duplicate", "bookmarks", "move", f"messages/{message.id}", f"messages/{message.id}/edit",
             f"messages/{message.id}/fork"]  # fmt: skip
    for path in paths:
        assert client.get(f"/c/{mine.id}/{path}").status_code == 404, path
    edits = [f"messages/{message.id}/{verb}" for verb in ("edit", "rerun", "fork")]
    for path in [*paths[:4], *edits]:
        assert client.post(f"/c/{mine.id}/{path}", {"option": "directPath", "part-0": "x"}).status_code == 404, path
    assert Conversation.objects.count() == 1
    assert client.get(f"/c/{mine.id}/do/shred").status_code == 404


def test_a_ticked_bookmark_counts_at_once(owner: User, mine: Conversation) -> None:
    kept, other = bookmarks.create(user=owner, name="Kept"), bookmarks.create(user=owner, name="Other")
    mine.bookmarks.add(other)
    client = signed_in(owner)
    path = f"/c/{mine.id}/bookmarks"
    assert client.post(path, {"toggle": str(kept.id), "tags": [str(kept.id)]}, headers=HTMX).status_code == 204
    assert {tag.name for tag in mine.bookmarks.all()} == {"Kept", "Other"}, "what another tab chose stays"
    assert client.post(path, {"toggle": str(kept.id)}, headers=HTMX).status_code == 204
    assert {tag.name for tag in mine.bookmarks.all()} == {"Other"}
    assert client.post(path, {"toggle": str(uuid4()), "tags": []}, headers=HTMX).status_code == 404


def test_bookmarks_are_chosen_and_made_in_one_form(owner: User, mine: Conversation) -> None:
    client = signed_in(owner)
    old = bookmarks.create(user=owner, name="Old", conversation_id=mine.id)
    kept = bookmarks.create(user=owner, name="Kept", conversation_id=mine.id)
    assert "Kept" in client.get(f"/c/{mine.id}/bookmarks", headers=HTMX).content.decode()
    answer = client.post(f"/c/{mine.id}/bookmarks", {"tags": [str(kept.id)], "new": " Brand  new "}, headers=HTMX)
    assert "data-done" in answer.content.decode()
    assert set(mine.bookmarks.values_list("name", flat=True)) == {"Kept", "Brand new"}
    assert Bookmark.objects.filter(id=old.id).exists()
    refused = client.post(f"/c/{mine.id}/bookmarks", {"tags": [str(uuid4())]}, headers=HTMX)
    assert refused.status_code == 422
    long = client.post(f"/c/{mine.id}/bookmarks", {"new": "x" * 129}, headers=HTMX)
    assert long.status_code == 422
    assert "x" * 129 in long.content.decode()


def test_case_4_a_chat_moves_into_one_s_own_projects_only(owner: User, stranger: User, mine: Conversation) -> None:
    client = signed_in(owner)
    own, foreign = projects.create(user=owner, name="Own"), projects.create(user=stranger, name="Foreign")
    assert "Foreign" not in client.get(f"/c/{mine.id}/move", headers=HTMX).content.decode()
    assert client.post(f"/c/{mine.id}/move", {"project": str(foreign.id)}, headers=HTMX).status_code == 422
    client.post(f"/c/{mine.id}/move", {"project": str(own.id)}, headers=HTMX)
    mine.refresh_from_db()
    assert mine.project == own
    client.post(f"/c/{mine.id}/move", {"new": "A new one"}, headers=HTMX)
    mine.refresh_from_db()
    assert mine.project == Project.objects.get(name="A new one")
    client.post(f"/c/{mine.id}/move", {"project": ""}, headers=HTMX)
    mine.refresh_from_db()
    assert mine.project is None


def test_a_message_is_edited_in_its_place(owner: User, mine: Conversation) -> None:
    client = signed_in(owner)
    for message in mine.messages.order_by("created_at")[:2]:
        address = f"/c/{mine.id}/messages/{message.id}/edit"
        assert message.text in client.get(address).content.decode()
        answer = client.post(address, {"part-0": "Other\r\nwords <b>"}, headers=HTMX)
        assert answer.status_code == 200
        assert f'id="m-{message.id}"' in answer.content.decode()
        message.refresh_from_db()
        assert message.text == "Other\nwords <b>"
        assert message.edited_at is not None
        assert "Edited" in client.get(f"/c/{mine.id}").content.decode()


@pytest.mark.parametrize("text", ["", "  ", "x" * 1_000_001])
def test_a_bad_edit_is_422_and_keeps_what_was_typed(owner: User, mine: Conversation, text: str) -> None:
    message = mine.messages.order_by("created_at")[0]
    answer = signed_in(owner).post(f"/c/{mine.id}/messages/{message.id}/edit", {"part-0": text}, headers=HTMX)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    before = message.text
    message.refresh_from_db()
    assert message.text == before


def test_rerunning_makes_a_sibling_and_shows_it(owner: User, mine: Conversation) -> None:
    client = signed_in(owner)
    question = mine.messages.order_by("created_at")[0]
    answer = client.post(f"/c/{mine.id}/messages/{question.id}/rerun", {"part-0": "Asked anew"}, headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#messages"
    sibling = Message.objects.get(text="Asked anew")
    assert sibling.parent_id == question.parent_id
    assert Run.objects.get().message.parent == sibling
    question.refresh_from_db()
    assert question.text != "Asked anew"
    empty = client.post(f"/c/{mine.id}/messages/{question.id}/rerun", {"part-0": " "}, headers=HTMX)
    assert empty.status_code == 422


def test_rerunning_in_a_fork_keeps_the_words_of_a_quote_whose_source_stayed_behind(
    owner: User, mine: Conversation
) -> None:
    question = mine.messages.order_by("created_at")[0]
    Message.objects.filter(id=question.id).update(quotes=[{"text": "said before", "messageId": str(uuid4())}])
    answer = signed_in(owner).post(f"/c/{mine.id}/messages/{question.id}/rerun", {"part-0": "Again"}, headers=HTMX)
    assert answer.status_code == 200
    assert Message.objects.get(text="Again").quotes == [{"text": "said before"}]
    nothing = signed_in(owner).post(f"/c/{mine.id}/messages/{question.id}/rerun", headers=HTMX)
    assert nothing.status_code == 409


def test_a_reply_goes_on_from_its_edited_text(owner: User, mine: Conversation) -> None:
    reply = mine.messages.order_by("created_at")[1]
    address = f"/c/{mine.id}/messages/{reply.id}/rerun"
    assert signed_in(owner).post(address, {"part-0": "It begins so"}, headers=HTMX).status_code == 200
    run = Run.objects.get()
    assert run.continues
    assert (run.message.text, run.message.state) == ("It begins so", "streaming")
    assert run.message.parent_id == reply.parent_id
    assert run.message_id != reply.id


def test_a_fork_is_a_chat_of_its_own(owner: User, mine: Conversation) -> None:
    client = signed_in(owner)
    message = mine.messages.order_by("created_at")[1]
    address = f"/c/{mine.id}/messages/{message.id}/fork"
    assert "Visible messages only" in client.get(address).content.decode()
    answer = client.post(address, {"option": "directPath", "remember": "on"}, headers=HTMX)
    made = Conversation.objects.exclude(id=mine.id).get()
    assert f'data-go="/c/{made.id}"' in answer.content.decode()
    assert [message.text for message in made.messages.order_by("created_at")] == [
        message.text for message in mine.messages.order_by("created_at")[:2]
    ]
    owner.refresh_from_db()
    assert preferences_of(owner).fork_at_once
    assert "data-at-once" in client.get(address, headers=HTMX).content.decode()
    assert client.post(address, {"option": "sideways"}, headers=HTMX).status_code == 422


def test_case_84_forking_in_a_loop_is_refused(owner: User, mine: Conversation, settings: object) -> None:
    settings.FORK_USER_MAX = 3  # type: ignore[attr-defined]
    client = signed_in(owner)
    answers = [client.post(f"/c/{mine.id}/do/duplicate", headers=HTMX).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert Conversation.objects.count() == 4


def test_preferences_are_the_person_s_own(owner: User, stranger: User) -> None:
    set_preferences(user=owner, changes={"fork_splits": True})
    assert not preferences_of(stranger).fork_splits


def test_a_role_without_bookmarks_has_none(owner: User, mine: Conversation) -> None:
    """The permission BOOKMARKS, on pages and over the API alike."""
    tag = bookmarks.create(user=owner, name="Old")
    roles.update(actor=None, role=owner.role, permissions_={"BOOKMARKS": {"USE": False}})
    client = signed_in(owner)
    assert "data-no-bookmarks" in client.get(f"/c/{mine.id}").content.decode()
    assert client.post(f"/c/{mine.id}/bookmarks", {"new": "New"}, headers=HTMX).status_code == 403
    assert client.post(f"/c/{mine.id}/bookmarks", {"toggle": str(tag.id), "tags": []}, headers=HTMX).status_code == 403
    assert Api(owner).send("POST", "/api/tags", {"tag": "New"}).status_code == 403
    assert [bookmark.name for bookmark in Bookmark.objects.all()] == ["Old"]
