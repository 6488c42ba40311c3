"""Listing, renaming and deleting conversations."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from chat.models import Conversation, Message, Run
from chat.services.organise import conversations
from chat.services.organise.conversations import BadTitle
from chat.services.turns import turns
from core.ids import uuid7
from tests.conversations import began, counts, draft, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

Branch = Callable[..., Conversation]


def store(owner: User, count: int, **fields: Any) -> list[Conversation]:
    return Conversation.objects.bulk_create(
        Conversation(owner=owner, title=f"Chat {number}", endpoint="Somewhere", model="tiny", **fields)
        for number in range(count)
    )


def all_pages(user: User, limit: int) -> list[list[Conversation]]:
    pages, cursor = [], None
    while True:
        page = conversations.page(user=user, cursor=cursor, limit=limit)
        pages.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize("limit", [1, 7, 25, 30])
def test_pages_hold_each_conversation_once_also_with_equal_times(owner: User, stranger: User, limit: int) -> None:
    store(owner, 25, updated_at=timezone.now())
    store(stranger, 3)
    pages = all_pages(owner, limit)
    ids = [chat.id for page in pages for chat in page]
    assert len(ids) == len(set(ids)) == 25
    assert ids == sorted(ids, reverse=True)
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_latest_comes_first_and_what_is_put_away_not_at_all(owner: User) -> None:
    now = timezone.now()
    for number, chat in enumerate(store(owner, 4)):
        Conversation.objects.filter(id=chat.id).update(updated_at=now - timedelta(minutes=number))
    Conversation.objects.filter(title="Chat 1").update(archived_at=timezone.now())
    Conversation.objects.filter(title="Chat 2").update(is_temporary=True)
    assert [chat.title for chat in conversations.page(user=owner).items] == ["Chat 0", "Chat 3"]


def test_a_page_says_which_are_running(owner: User) -> None:
    running, done = began(owner), began(owner)
    end(done.run)
    shown: list[Any] = conversations.page(user=owner).items
    assert {chat.id: chat.is_running for chat in shown} == {
        running.conversation.id: True, done.conversation.id: False,
    }  # fmt: skip


@pytest.mark.parametrize("cursor", ["", "x", "[]", "bnVsbA==", "WzEsMl0=", "é", "W" * 10_000, "W10="])
def test_a_cursor_that_cannot_be_read_gives_the_first_page(owner: User, cursor: str) -> None:
    store(owner, 2)
    assert len(conversations.page(user=owner, cursor=cursor).items) == 2


def test_a_page_is_one_query_whatever_there_is(owner: User, django_assert_num_queries: Callable[..., Any]) -> None:
    for count in (1, 10, 200):
        store(owner, count)
        with django_assert_num_queries(1):
            conversations.page(user=owner)


def test_renaming_keeps_the_place_in_the_list_and_the_title_from_models(owner: User) -> None:
    [chat] = store(owner, 1)
    conversations.rename(user=owner, conversation_id=chat.id, title="  Cats \n at\x00night ")
    stored = Conversation.objects.get()
    assert (stored.title, stored.titled_by, stored.updated_at) == ("Cats at night", "person", chat.updated_at)


@pytest.mark.parametrize("title", ["", "  ", "\x00"])
def test_a_title_of_nothing_is_refused(owner: User, title: str) -> None:
    [chat] = store(owner, 1)
    with pytest.raises(BadTitle):
        conversations.rename(user=owner, conversation_id=chat.id, title=title)
    assert Conversation.objects.get().title == "Chat 0"


def test_a_title_is_cut_at_its_limit(owner: User) -> None:
    [chat] = store(owner, 1)
    conversations.rename(user=owner, conversation_id=chat.id, title="x" * 5_000)
    assert len(Conversation.objects.get().title) == conversations.TITLE_LIMIT


@pytest.mark.security
def test_stranger_gets_404_and_changes_nothing(owner: User, stranger: User) -> None:
    chat = began(owner).conversation
    before = counts()
    for conversation_id in (chat.id, uuid7()):
        with pytest.raises(Http404):
            conversations.rename(user=stranger, conversation_id=conversation_id, title="Mine")
        with pytest.raises(Http404):
            conversations.delete(user=stranger, conversation_id=conversation_id)
    assert counts() == before
    assert conversations.delete_all(user=stranger) == 0
    assert Conversation.objects.get().title == chat.title


def test_deleting_takes_the_messages_and_runs_and_leaves_the_ledger(owner: User, make_branch: Branch) -> None:
    kept = make_branch(owner, 3)
    gone = began(owner)
    end(gone.run)
    hold = Hold.objects.get()
    Hold.objects.filter(id=hold.id).update(state="settled")
    assert conversations.delete(user=owner, conversation_id=gone.conversation.id) == 2
    assert Conversation.objects.get() == kept
    assert Message.objects.count() == 3
    assert not Run.objects.exists()
    assert Hold.objects.get().state == "settled"


def test_deleting_a_queued_run_frees_its_hold(owner: User, balances_on: None) -> None:
    chat = began(owner, model="gpt-4o").conversation
    conversations.delete(user=owner, conversation_id=chat.id)
    assert Hold.objects.get().state == "released"
    assert Balance.objects.get(user=owner).held == 0
    assert [entry.reason for entry in LedgerEntry.objects.all()] == ["start"]


def test_deleting_a_running_run_leaves_its_hold_to_the_generator(owner: User) -> None:
    started = began(owner)
    Run.objects.filter(id=started.run.id).update(state="running")
    conversations.delete(user=owner, conversation_id=started.conversation.id)
    assert counts() == {"Conversation": 0, "Message": 0, "Run": 0, "held": 0}
    assert Hold.objects.get().state == "open"


def test_deleting_all_deletes_one_s_own(owner: User, stranger: User, make_branch: Branch) -> None:
    make_branch(owner, 5)
    began(owner)
    theirs = make_branch(stranger, 2)
    assert conversations.delete_all(user=owner) == 7
    assert Conversation.objects.get() == theirs
    assert Message.objects.count() == 2


def test_statements_do_not_grow_with_what_is_deleted(owner: User, make_branch: Branch) -> None:
    spent = []
    for count in (1, 11, 200):
        chat = make_branch(owner, count)
        with CaptureQueriesContext(connection) as queries:
            conversations.delete(user=owner, conversation_id=chat.id)
        spent.append(len(queries))
    assert len(set(spent)) == 1, spent


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_comes_while_the_conversation_is_deleted_finds_nothing(make_user: Callable[..., User]) -> None:
    user = make_user()
    first = began(user)
    reply = end(first.run)
    deleted, begun = Event(), Event()

    def answer() -> str:
        deleted.wait(10)
        begun.set()
        try:
            turns.start_turn(user=user, conversation_id=first.conversation.id, draft=draft(parent_id=reply.id))
        except Http404:
            return "404"
        finally:
            connections.close_all()
        return "started"

    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answer)
        with transaction.atomic():
            conversations.delete(user=user, conversation_id=first.conversation.id)
            deleted.set()
            begun.wait(10)
        assert answered.result(10) == "404"
    assert counts() == {"Conversation": 0, "Message": 0, "Run": 0, "held": 0}


@pytest.mark.django_db(transaction=True)
def test_deleting_while_a_turn_begins_takes_the_turn_too(make_user: Callable[..., User]) -> None:
    user = make_user()
    first = began(user)
    reply = end(first.run)

    def delete() -> int:
        try:
            return conversations.delete(user=user, conversation_id=first.conversation.id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            turns.start_turn(user=user, conversation_id=first.conversation.id, draft=draft(parent_id=reply.id))
            done = pool.submit(delete)
            _wait_for_a_waiting_lock()
        assert done.result(10) == 4
    assert counts() == {"Conversation": 0, "Message": 0, "Run": 0, "held": 0}
    assert set(Hold.objects.values_list("state", flat=True)) == {"open", "released"}


def _wait_for_a_waiting_lock() -> None:
    """Return when another connection waits for a row that this transaction has changed."""
    for _ in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waited")
