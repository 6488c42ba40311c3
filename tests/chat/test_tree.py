"""The branch on view: what is on it, how far it goes, and moving between siblings."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import Http404

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.tree import tree
from chat.services.tree.tree import Place
from core.ids import uuid7
from web.presenters import present_branch

pytestmark = pytest.mark.django_db

Branch = Callable[..., Conversation]


def texts(chat: Conversation) -> list[str]:
    rows = Message.objects.in_bulk(tree.path_ids(chat.id))
    return [rows[message_id].text for message_id in tree.path_ids(chat.id)]


def message(text: str, parent: Message | None = None, *, conversation: Conversation | None = None) -> Message:
    """Store another answer to `parent`, or another root of `conversation`, later than all there is."""
    chat = parent.conversation if parent else conversation
    assert chat is not None
    latest = Message.objects.filter(conversation=chat).latest("created_at").created_at
    author = "user" if parent is None or parent.author == "assistant" else "assistant"
    return Message.objects.create(
        conversation=chat, parent=parent, text=text, author=author, created_at=latest + timedelta(seconds=1)
    )


def by(text: str) -> Message:
    return Message.objects.get(text=text)


def test_without_a_choice_the_newest_branch_is_on_view(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 4)
    message("M1b", by("M0"))
    assert texts(chat) == ["M0", "M1b"]


def test_choosing_changes_one_fork_and_keeps_the_choices_below(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 4)
    message("M1b", by("M0"))
    message("M3b", by("M2"))
    tree.choose(user=owner, message_id=by("M3").id)
    assert texts(chat) == ["M0", "M1b"]
    tree.choose(user=owner, message_id=by("M1").id)
    assert texts(chat) == ["M0", "M1", "M2", "M3"]
    assert by("M2").chosen_child == by("M3")


def test_what_stands_above_a_message_ends_at_the_root_also_in_a_circle(owner: User, make_branch: Branch) -> None:
    make_branch(owner, 4)
    assert tree.ancestor_ids(by("M3").id) == [by("M2").id, by("M1").id, by("M0").id]
    Message.objects.filter(id=by("M0").id).update(parent=by("M2"))
    assert set(tree.ancestor_ids(by("M3").id)) == {by("M2").id, by("M1").id, by("M0").id}


def test_roots_are_siblings_too(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 2)
    message("Other root", conversation=chat)
    assert texts(chat) == ["Other root"]
    tree.choose(user=owner, message_id=by("M0").id)
    assert texts(chat) == ["M0", "M1"]
    places = tree.places([by("M0"), by("Other root")])
    assert places[by("M0").id] == Place(1, 2, None, by("Other root").id)
    assert places[by("Other root").id] == Place(2, 2, by("M0").id, None)


@pytest.mark.security
def test_stranger_gets_404_and_changes_nothing(owner: User, stranger: User, make_branch: Branch) -> None:
    make_branch(owner, 2)
    message("M1b", by("M0"))
    for message_id in (by("M0").id, by("M1").id, uuid7()):
        with pytest.raises(Http404):
            tree.choose(user=stranger, message_id=message_id)
    assert by("M0").chosen_child is None
    assert Conversation.objects.get().chosen_root is None


def test_places_count_siblings_in_order_of_time(owner: User, make_branch: Branch) -> None:
    make_branch(owner, 2)
    second, third = message("M1b", by("M0")), message("M1c", by("M0"))
    places = tree.places([by("M1"), second, third, by("M0")])
    assert places == {
        by("M0").id: Place(1, 1, None, None),
        by("M1").id: Place(1, 3, None, second.id),
        second.id: Place(2, 3, by("M1").id, third.id),
        third.id: Place(3, 3, second.id, None),
    }


def test_siblings_of_one_moment_keep_one_order(owner: User, make_branch: Branch) -> None:
    make_branch(owner, 2)
    message("M1b", by("M0"))
    Message.objects.filter(parent=by("M0")).update(created_at=by("M0").created_at)
    places = tree.places([by("M1"), by("M1b")])
    assert sorted(place.index for place in places.values()) == [1, 2]


def test_a_chosen_child_that_was_deleted_is_forgotten(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 2)
    message("M1b", by("M0"))
    tree.choose(user=owner, message_id=by("M1b").id)
    by("M1b").delete()
    assert texts(chat) == ["M0", "M1"]


def test_a_conversation_without_messages_has_an_empty_branch(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 0)
    assert tree.path_ids(chat.id) == []
    stretch = tree.window_of_messages(conversation=chat)
    assert (stretch.messages, stretch.has_earlier, stretch.ends_branch) == ([], False, True)


def test_a_long_branch_is_read_by_screenfuls_that_meet(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 2_000)
    seen: list[str] = []
    before, more = None, True
    while more:
        stretch = tree.window_of_messages(conversation=chat, before=before, limit=300)
        assert stretch.ends_branch == (before is None)
        seen = [message.text for message in stretch.messages] + seen
        before, more = stretch.messages[0].id, stretch.has_earlier
    assert seen == [f"M{number}" for number in range(2_000)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE chat_message SET chosen_child_id = (SELECT id FROM chat_message WHERE text = 'M0') WHERE text = 'M3'",
        "UPDATE chat_message SET chosen_child_id = id WHERE text = 'M2'",
        "UPDATE chat_message SET parent_id = (SELECT id FROM chat_message WHERE text = 'M3') WHERE text = 'M0'",
    ],
    ids=["choice-leads-back", "choice-is-itself", "root-has-a-parent"],
)
def test_a_cycle_in_stored_data_ends(owner: User, make_branch: Branch, damage: str) -> None:
    chat = make_branch(owner, 4)
    with connection.cursor() as cursor:
        cursor.execute(damage)
    path = tree.path_ids(chat.id)
    assert len(path) == len(set(path)) <= 4
    branch = present_branch(chat)
    assert len(branch.messages) == len(path)


def test_queries_do_not_grow_with_the_branch(
    owner: User, make_branch: Branch, django_assert_num_queries: Callable[..., Any]
) -> None:
    for count in (1, 11, 200):
        chat = make_branch(owner, count)
        with django_assert_num_queries(3):
            present_branch(chat)
    Message.objects.filter(conversation=chat).update(state="streaming")
    with django_assert_num_queries(4):
        present_branch(chat)
