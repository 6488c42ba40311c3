"""Copies of a conversation's tree: what each option takes along, and that the original stays as it was."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
import redis
from django.core.cache import cache
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from chat.models import Bookmark, Conversation, Message, Project, SearchEntry
from chat.services import storage
from chat.services.refusal import TurnRefused
from chat.services.tree import forking, tree
from chat.services.tree.forking import OPTIONS, Option
from core import rate_limits
from core.ids import uuid7

pytestmark = pytest.mark.django_db
Branch = Callable[..., Conversation]

# The tree of the tests, each message with the one above it:
#   A ── a ── B ── b ── C ── c        X ── x
#     └─ a2 ─ D ── d
PARENTS = {"A": None, "a": "A", "a2": "A", "B": "a", "b": "B", "D": "a2", "d": "D", "C": "b", "c": "C",
           "X": None, "x": "X"}  # fmt: skip


@pytest.fixture
def original(owner: User) -> Conversation:
    project = Project.objects.create(owner=owner, name="Animals")
    chat = Conversation.objects.create(
        owner=owner, title="Cats", titled_by="person", endpoint="Somewhere", model="small", project=project,
        settings={"temperature": 0.5}, pin_position=3,
    )  # fmt: skip
    chat.bookmarks.add(Bookmark.objects.create(owner=owner, name="fur"))
    rows: dict[str, Message] = {}
    for number, (text, above) in enumerate(PARENTS.items()):
        reply: dict[str, Any] = {"sender": "Small", "model": "small", "endpoint": "Somewhere", "finish_reason": "stop"}
        rows[text] = Message(
            conversation=chat, parent=rows.get(above or ""), text=text,
            author="user" if text.isupper() else "assistant",
            parts=[{"type": "text", "text": text}], usage={"input_tokens": number}, created_at=chat.created_at
            + timedelta(seconds=number), feedback=None if text.isupper() else {"rating": "thumbsUp"},
            quotes=[{"text": "purr"}] if text == "B" else [], **({} if text.isupper() else reply),
        )  # fmt: skip
    Message.objects.bulk_create(rows.values())
    return chat


def of(chat: Conversation, text: str) -> UUID:
    return Message.objects.get(conversation=chat, text=text).id


def shape(chat: Conversation) -> dict[str, str | None]:
    rows = Message.objects.filter(conversation=chat).select_related("parent")
    return {row.text: row.parent.text if row.parent else None for row in rows}


def path(chat: Conversation) -> str:
    rows = Message.objects.in_bulk(tree.path_ids(chat.id))
    return " ".join(rows[message_id].text for message_id in tree.path_ids(chat.id))


def everything(chat: Conversation) -> list[Any]:
    return [
        *Conversation.objects.filter(id=chat.id).values(),
        *Message.objects.filter(conversation=chat).order_by("id").values(),
        *chat.bookmarks.order_by("id").values(),
    ]


def part(*texts: str) -> dict[str, str | None]:
    return {text: PARENTS[text] for text in texts}


@pytest.mark.parametrize(
    ("target", "option", "taken"),
    [
        ("b", "directPath", "A a B b"),
        ("A", "directPath", "A"),
        ("b", "includeBranches", "A a a2 B b"),
        ("d", "includeBranches", "A a a2 D d"),
        ("b", "targetLevel", "A a a2 B D b d X x"),
        ("A", "targetLevel", "A X"),
        ("c", "targetLevel", "A a a2 B D b d C c X x"),
    ],
)
def test_an_option_takes_along_what_the_rules_say(
    owner: User, original: Conversation, target: str, option: Option, taken: str
) -> None:
    before = everything(original)
    made = forking.fork(user=owner, conversation_id=original.id, message_id=of(original, target), option=option)
    assert shape(made) == part(*taken.split())
    assert path(made).split()[-1] == target
    assert everything(original) == before


def test_a_split_makes_the_messages_of_the_level_roots(owner: User, original: Conversation) -> None:
    arguments: dict[str, Any] = {"user": owner, "conversation_id": original.id, "message_id": of(original, "B"),
                                 "split": True, "latest_message_id": of(original, "C")}  # fmt: skip
    assert shape(forking.fork(option="directPath", **arguments)) == {"B": None, "b": "B", "C": "b"}
    made = forking.fork(option="targetLevel", **arguments)
    assert shape(made) == {"B": None, "b": "B", "C": "b", "D": None, "d": "D"}
    assert path(made) == "B b C"


def test_a_split_at_a_reply_keeps_its_question(owner: User, original: Conversation) -> None:
    made = forking.fork(
        user=owner, conversation_id=original.id, message_id=of(original, "b"), split=True, option="targetLevel",
        latest_message_id=of(original, "c"),
    )  # fmt: skip
    assert shape(made) == {"B": None, "b": "B", "C": "b", "c": "C", "D": None, "d": "D"}


def test_a_split_needs_to_know_where_to_end(owner: User, original: Conversation) -> None:
    with pytest.raises(TurnRefused) as refusal:
        forking.fork(user=owner, conversation_id=original.id, message_id=of(original, "B"), split=True)
    assert refusal.value.status == 400
    with pytest.raises(Http404):  # the end is not below the beginning
        forking.fork(
            user=owner, conversation_id=original.id, message_id=of(original, "B"), split=True,
            latest_message_id=of(original, "x"),
        )  # fmt: skip
    assert Conversation.objects.count() == 1


def test_a_copy_keeps_what_was_said_but_no_rating_and_no_pin(owner: User, original: Conversation) -> None:
    made = forking.fork(user=owner, conversation_id=original.id, message_id=of(original, "b"), option="directPath")
    kept = ("title", "titled_by", "endpoint", "model", "settings", "project_id", "owner_id")
    assert [getattr(made, name) for name in kept] == [getattr(original, name) for name in kept]
    assert [tag.name for tag in made.bookmarks.all()] == ["fur"]
    assert made.pin_position is None
    names = ("text", "parts", "usage", "quotes", "sender", "model", "endpoint", "author", "state", "finish_reason")
    for copy in Message.objects.filter(conversation=made):
        source = Message.objects.get(conversation=original, text=copy.text)
        assert [getattr(copy, name) for name in names] == [getattr(source, name) for name in names]
        assert copy.id != source.id
        assert copy.feedback is None


def test_a_child_is_later_than_its_parent_whatever_was_stored(owner: User, original: Conversation) -> None:
    Message.objects.filter(conversation=original).update(created_at=original.created_at)
    made = forking.duplicate(user=owner, conversation_id=original.id)
    for row in Message.objects.filter(conversation=made, parent__isnull=False).select_related("parent"):
        assert row.parent
        assert row.created_at - row.parent.created_at >= timedelta(milliseconds=1)


def test_a_duplicate_has_every_branch_and_the_same_one_on_view(owner: User, original: Conversation) -> None:
    tree.show(user=owner, message_id=of(original, "d"))
    before = everything(original)
    made = forking.duplicate(user=owner, conversation_id=original.id, title="Again")
    assert (shape(made), path(made), made.title) == (PARENTS, "A a2 D d", "Again")
    assert everything(original) == before


def test_a_reply_being_written_is_no_target_and_its_copy_is_stopped(owner: User, original: Conversation) -> None:
    Message.objects.filter(conversation=original, text="d").update(state="streaming", finish_reason="")
    with pytest.raises(TurnRefused) as refusal:
        forking.fork(user=owner, conversation_id=original.id, message_id=of(original, "d"))
    assert refusal.value.status == 409
    made = forking.duplicate(user=owner, conversation_id=original.id)
    copy = Message.objects.get(conversation=made, text="d")
    assert (copy.state, copy.finish_reason) == ("stopped", "stopped")


def test_copies_are_found_as_what_they_were_copied_from(owner: User, original: Conversation) -> None:
    """Entries are copied, not made: one of an earlier release stays marked, and one that is missing is made."""
    marked = SearchEntry.objects.filter(message_id=of(original, "B"))
    marked.update(version=0, vector="'of':1 'earlier':2")
    SearchEntry.objects.filter(message_id=of(original, "C")).delete()
    Message.objects.filter(conversation=original, text="d").update(state="streaming", parts=[text_part("Halfway")])
    SearchEntry.objects.filter(message_id=of(original, "d")).delete()
    made = forking.duplicate(user=owner, conversation_id=original.id)
    copies = {copy.text: copy for copy in Message.objects.filter(conversation=made)}
    entries = {entry.message_id: entry for entry in SearchEntry.objects.filter(conversation_id=made.id)}
    assert {copy.id for copy in copies.values()} == set(entries)
    for text, copy in copies.items():
        entry = entries[copy.id]
        assert (entry.owner_id, entry.created_at) == (owner.id, copy.created_at)
        assert (entry.version, entry.vector) == (
            (0, "'earlier':2 'of':1") if text == "B" else (1, vector_of(copy, owner))
        )
    said = Message.objects.create(conversation=made, author="user", text="Afterwards")
    assert SearchEntry.objects.filter(message_id=said.id).exists(), "what is no copy is entered as ever"


def text_part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def vector_of(message: Message, owner: User) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_search_vector(%s, %s, %s)::text", [owner.id, message.author, message.text])
        return str(cursor.fetchone()[0])


def test_a_stranger_copies_nothing_and_a_message_of_another_chat_is_no_target(
    owner: User, stranger: User, original: Conversation, make_branch: Branch
) -> None:
    elsewhere = of(make_branch(owner, 2), "M1")
    for user, message in ((stranger, of(original, "b")), (owner, elsewhere), (owner, uuid4())):
        with pytest.raises(Http404):
            forking.fork(user=user, conversation_id=original.id, message_id=message)
    with pytest.raises(Http404):
        forking.duplicate(user=stranger, conversation_id=original.id)
    assert Conversation.objects.count() == 2


def test_five_thousand_messages_cost_no_more_statements_than_two(owner: User, make_branch: Branch) -> None:
    storage.measure(owner.id)  # which is done once in ten minutes

    def statements(chat: Conversation) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            forking.duplicate(user=owner, conversation_id=chat.id)
        return len(queries)

    few = statements(make_branch(owner, 2))
    began = time.process_time()
    large = make_branch(owner, 5000)
    made = time.process_time()
    assert statements(large) == few
    assert time.process_time() - made < 2 * (made - began)  # of this process alone, however busy the machine is


@pytest.mark.parametrize("option", OPTIONS)
def test_a_circle_and_an_orphan_in_stored_data_end_nothing(owner: User, original: Conversation, option: Option) -> None:
    other = Conversation.objects.create(owner=owner, endpoint="Somewhere", model="tiny")
    away = Message.objects.create(id=uuid7(), conversation=other, author="user", text="elsewhere")
    Message.objects.filter(conversation=original, text="B").update(parent=of(original, "c"))
    Message.objects.filter(conversation=original, text="D").update(parent=away)
    made = forking.fork(user=owner, conversation_id=original.id, message_id=of(original, "a"), option=option)
    assert {"A", "a"} <= set(shape(made)) <= {"A", "a", "a2", "X", "x"}
    with pytest.raises(Http404):
        forking.fork(user=owner, conversation_id=original.id, message_id=of(original, "b"), option=option)


def test_case_84_copies_are_counted_for_the_address_and_for_the_person(
    owner: User, stranger: User, original: Conversation, settings: Settings
) -> None:
    cache.clear()
    settings.FORK_IP_MAX, settings.FORK_USER_MAX = 3, 2
    arguments: dict[str, Any] = {"user": owner, "conversation_id": original.id}
    forking.fork(message_id=of(original, "a"), address="192.0.2.1", **arguments)
    forking.duplicate(address="192.0.2.2", **arguments)
    with pytest.raises(rate_limits.TooOften) as fault:
        forking.duplicate(address="192.0.2.3", **arguments)
    assert 0 < fault.value.retry_after <= 60
    settings.FORK_USER_MAX = 0
    for _ in range(2):
        forking.duplicate(address="192.0.2.1", **arguments)
    with pytest.raises(rate_limits.TooOften):
        forking.duplicate(address="192.0.2.1", **arguments)
    assert Conversation.objects.filter(owner=owner).count() == 5


def test_while_redis_is_away_nothing_is_counted(
    owner: User, original: Conversation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FORK_IP_MAX = 1
    monkeypatch.setattr("core.rate_limits.run_script", Mock(side_effect=redis.ConnectionError))
    for _ in range(3):
        forking.duplicate(user=owner, conversation_id=original.id, address="192.0.2.9")
    assert Conversation.objects.count() == 4
