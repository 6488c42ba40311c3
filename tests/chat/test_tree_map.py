"""The map of a conversation: every message has its place, none lies on another, and size costs no queries."""

import itertools
import random
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message
from chat.services.tree import tree
from chat.services.tree.map import STEP, TreeMap, tree_map
from core.ids import uuid7

pytestmark = pytest.mark.django_db
Branch = Callable[..., Conversation]


def grow(chat: Conversation, parents: list[int | None]) -> list[UUID]:
    """Store message number n below message number `parents[n]`, all at once."""
    rows: list[Message] = []
    for number, above in enumerate(parents):
        parent = None if above is None else rows[above]
        author = "assistant" if parent and parent.is_user else "user"
        made = chat.created_at + timedelta(seconds=number)
        rows.append(
            Message(id=uuid7(), conversation=chat, parent=parent, author=author, text=f"M{number}", created_at=made)
        )
    Message.objects.bulk_create(rows)
    return [row.id for row in rows]


def empty(owner: User) -> Conversation:
    return Conversation.objects.create(owner=owner, title="Trees", endpoint="Somewhere", model="tiny")


def check(drawn: TreeMap) -> None:
    """No two marks on one place or closer than a step in a row; each below the one it belongs to; all within."""
    by_id = {node.id: node for node in drawn.nodes}
    rows: dict[int, list[int]] = {}
    for node in drawn.nodes:
        rows.setdefault(node.y, []).append(node.x)
        assert STEP // 2 <= node.x <= drawn.width - STEP // 2
        assert STEP // 2 <= node.y <= drawn.height - STEP // 2
        if node.parent_id:
            assert node.y == by_id[node.parent_id].y + STEP
    for places in rows.values():
        assert places == sorted(places)
        assert all(right - left >= STEP - 1 for left, right in itertools.pairwise(places))


def test_a_small_tree_is_drawn_whole_with_the_branch_on_view(owner: User) -> None:
    chat = empty(owner)
    ids = grow(chat, [None, 0, 0, 1, 2, None])
    tree.show(user=owner, message_id=ids[3])
    chat.refresh_from_db()
    drawn = tree_map(chat)
    check(drawn)
    assert {node.id for node in drawn.nodes} == set(ids)
    assert [node.id for node in drawn.nodes if node.is_on_view] == tree.path_ids(chat.id) == [ids[0], ids[1], ids[3]]
    assert (drawn.leaf_id, drawn.messages, drawn.branches) == (ids[3], 6, 3)
    assert [node.is_user for node in drawn.nodes] == [True, False, True, False, True, True]
    assert sum(line.is_on_view for line in drawn.lines) == 2


@pytest.mark.parametrize("seed", range(12))
def test_no_mark_lies_on_another_whatever_the_tree(owner: User, seed: int) -> None:
    chance = random.Random(seed)
    parents: list[int | None] = [None]
    parents += [chance.choice([None, *range(n)]) if n % 2 == 0 else chance.randrange(n) for n in range(1, 58)]
    chat = empty(owner)
    ids = grow(chat, parents)
    drawn = tree_map(chat)
    check(drawn)
    assert len(drawn.nodes) == len(ids)
    assert [node.id for node in drawn.nodes if node.is_on_view] == tree.path_ids(chat.id)


def test_a_long_row_without_a_choice_is_one_mark(owner: User) -> None:
    chat = empty(owner)
    ids = grow(chat, [None, *range(80), 40])  # message 81 is a second one below message 40
    drawn = tree_map(chat)
    check(drawn)
    assert [(node.id, node.hidden) for node in drawn.nodes] == [
        (ids[0], 0), (ids[1], 39), (ids[40], 0), (ids[41], 0), (ids[42], 38), (ids[80], 0), (ids[81], 0),
    ]  # fmt: skip
    assert drawn.messages == 82


def test_five_thousand_messages_take_two_queries_and_little_time(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chance = random.Random(1)
    chat = empty(owner)
    grow(chat, [None] + [chance.randrange(max(0, n - 40), n) for n in range(1, 5000)])
    began = time.perf_counter()
    with django_assert_num_queries(1):
        drawn = tree_map(chat)
    assert time.perf_counter() - began < 2
    check(drawn)
    assert drawn.messages == 5000


def test_five_thousand_in_one_row_do_not_exhaust_the_stack(owner: User) -> None:
    chat = empty(owner)
    grow(chat, [None, *range(4999)])
    assert [node.hidden for node in tree_map(chat).nodes] == [0, 4998, 0]


def test_a_circle_and_an_orphan_in_stored_data_are_left_out(owner: User, make_branch: Branch) -> None:
    chat = make_branch(owner, 6)
    rows = {row.text: row for row in Message.objects.filter(conversation=chat)}
    Message.objects.filter(id=rows["M2"].id).update(parent=rows["M5"])
    drawn = tree_map(chat)
    assert [node.preview for node in drawn.nodes] == ["M0", "M1"]


def test_an_empty_conversation_has_an_empty_map(owner: User) -> None:
    drawn = tree_map(empty(owner))
    assert (drawn.nodes, drawn.width, drawn.leaf_id) == ([], STEP // 2, None)


def test_the_page_links_every_message_and_is_closed_to_strangers(owner: User, stranger: User, client: Client) -> None:
    chat = empty(owner)
    ids = grow(chat, [None, 0, 0])
    Message.objects.filter(id=ids[1]).update(text='<script>alert("x")</script>')
    client.force_login(owner)
    html = client.get(f"/c/{chat.id}/map").content.decode()
    for message_id in ids:
        assert f'href="/c/{chat.id}?at={message_id}#m-{message_id}"' in html
    assert "<script>alert" not in html
    assert "3 messages" in html
    assert "2 branches" in html
    client.force_login(stranger)
    assert client.get(f"/c/{chat.id}/map").status_code == 404
