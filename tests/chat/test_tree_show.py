"""Going to a message that is not on view: its branch is chosen at every fork, and the page shows what is around it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.tree import tree
from web.presenters import present_branch

pytestmark = pytest.mark.django_db
Branch = Callable[..., Conversation]


def by(text: str) -> Message:
    return Message.objects.get(text=text)


def answer(parent: Message, text: str) -> Message:
    author = "assistant" if parent.is_user else "user"
    later = Message.objects.filter(conversation=parent.conversation).latest("created_at").created_at
    return Message.objects.create(
        conversation=parent.conversation, parent=parent, text=text, author=author,
        created_at=later + timedelta(seconds=1),
    )  # fmt: skip


def texts(chat: Conversation) -> list[str]:
    rows = Message.objects.in_bulk(tree.path_ids(chat.id))
    return [rows[message_id].text for message_id in tree.path_ids(chat.id)]


@pytest.fixture
def forked(owner: User, make_branch: Branch) -> Conversation:
    """M0 … M3, a second reply M1b with M2b below it, and a second root; the newest of each is on view."""
    chat = make_branch(owner, 4)
    answer(answer(by("M0"), "M1b"), "M2b")
    root = Message.objects.create(
        conversation=chat, text="R", author="user", created_at=by("M2b").created_at + timedelta(seconds=1)
    )
    Conversation.objects.filter(id=chat.id).update(chosen_root=root)
    return chat


def test_every_fork_above_the_message_is_switched(owner: User, forked: Conversation) -> None:
    assert texts(forked) == ["R"]
    tree.show(user=owner, message_id=by("M3").id)
    assert texts(forked) == ["M0", "M1", "M2", "M3"]
    tree.show(user=owner, message_id=by("M1b").id)
    assert texts(forked) == ["M0", "M1b", "M2b"]


def test_showing_takes_two_queries_and_changes_nothing_when_it_is_on_view(
    owner: User, forked: Conversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tree.show(user=owner, message_id=by("M3").id)
    before, wanted = by("M2").updated_at, by("M3").id
    with django_assert_num_queries(2):
        tree.show(user=owner, message_id=wanted)
    assert by("M2").updated_at == before


def test_a_stranger_and_an_unknown_message_get_404(stranger: User, owner: User, forked: Conversation) -> None:
    for user, message_id in ((stranger, by("M3").id), (owner, uuid4())):
        with pytest.raises(Http404):
            tree.show(user=user, message_id=message_id)
    assert texts(forked) == ["R"]


def test_the_stretch_begins_a_little_above_the_message_and_goes_on_to_the_end(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 100)
    branch = present_branch(chat, at=by("M40").id)
    assert [branch.messages[0].text, branch.messages[-1].text] == ["M36", "M99"]
    assert (branch.has_earlier, branch.has_later) == (True, False)


def test_far_from_the_end_only_a_screenful_is_shown_and_the_next_message_still_answers_the_last(
    owner: User, make_branch: Branch
) -> None:
    chat = make_branch(owner, 300)
    branch = present_branch(chat, at=by("M2").id)
    assert [branch.messages[0].text, branch.messages[-1].text] == ["M0", "M29"]
    assert (branch.has_earlier, branch.has_later) == (False, True)
    assert branch.leaf_id == by("M299").id
    assert not branch.messages[-1].is_last


def test_a_message_among_the_last_ones_changes_nothing(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 60)
    assert present_branch(chat, at=by("M50").id) == present_branch(chat)


def test_the_page_of_a_message_shows_its_branch(owner: User, forked: Conversation, client: Client) -> None:
    client.force_login(owner)
    html = client.get(f"/c/{forked.id}?at={by('M3').id}").content.decode()
    assert f'id="m-{by("M3").id}"' in html
    assert f'name="parent" value="{by("M3").id}"' in html
    assert texts(forked) == ["M0", "M1", "M2", "M3"]


def test_the_message_must_belong_to_the_conversation_of_the_address(
    owner: User, stranger: User, forked: Conversation, make_branch: Branch, client: Client
) -> None:
    other = make_branch(owner, 0)
    wanted = by("M3").id
    client.force_login(owner)
    assert client.get(f"/c/{other.id}?at={wanted}").status_code == 404
    assert client.get(f"/c/{forked.id}?at=nonsense").status_code == 200
    client.force_login(stranger)
    assert client.get(f"/c/{forked.id}?at={wanted}").status_code == 404
    assert texts(forked) == ["R"]
