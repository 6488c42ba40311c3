"""What is done to many conversations at once, and the way back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from accounts.services.model_access import access_of
from billing.services import budgets
from chat.models import Bookmark, Conversation, Message, Project, Run
from chat.services.organise import bulk, conversations, pins, projects
from tests.conversations import began
from web.sidebar import Filter, sidebar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]


def chats(owner: User, count: int) -> list[Conversation]:
    rows = (Conversation(owner=owner, title=f"Chat {n}", endpoint="Somewhere", model="tiny") for n in range(count))
    return Conversation.objects.bulk_create(rows)


def ids_of(rows: list[Conversation]) -> list[UUID]:
    return [chat.id for chat in rows]


def test_all_that_was_deleted_comes_back_and_no_more(owner: User, stranger: User) -> None:
    rows, other = chats(owner, 4), chats(stranger, 1)
    before = bulk.delete(user=owner, ids=ids_of(rows[:1]))
    done = bulk.delete_all(user=owner)
    assert done.count == 3
    assert list(Conversation.objects.visible_to(owner)) == []
    assert list(Conversation.objects.visible_to(stranger)) == other
    with pytest.raises(Http404):
        bulk.undo(user=stranger, token=done.undo)
    assert bulk.undo(user=owner, token=done.undo) == 3
    assert set(ids_of(list(Conversation.objects.visible_to(owner)))) == set(ids_of(rows[1:]))
    with pytest.raises(bulk.TooLate):
        bulk.undo(user=owner, token=done.undo)
    assert bulk.undo(user=owner, token=before.undo) == 1


def test_everything_is_put_back_exactly(owner: User) -> None:
    pinned, filed, tagged = rows = chats(owner, 3)
    ids = ids_of(rows)
    project, tag = Project.objects.create(owner=owner, name="p"), Bookmark.objects.create(owner=owner, name="t")
    pins.set_pinned(user=owner, conversation_id=pinned.id, pinned=True)
    projects.put(user=owner, conversation_ids=[filed.id], project_id=project.id)
    tag.conversations.add(tagged)
    bulk.undo(user=owner, token=bulk.archive(user=owner, ids=ids).undo)
    pinned.refresh_from_db()
    assert (pinned.is_pinned, pinned.is_archived) == (True, False)
    bulk.undo(user=owner, token=bulk.move(user=owner, ids=ids, project_id=None).undo)
    filed.refresh_from_db()
    assert filed.project == project
    bulk.undo(user=owner, token=bulk.bookmark(user=owner, ids=ids, bookmark_id=tag.id).undo)
    assert list(tag.conversations.all()) == [tagged]
    done = bulk.delete(user=owner, ids=ids)
    assert not Conversation.objects.visible_to(owner).exists()
    assert bulk.undo(user=owner, token=done.undo) == 3
    assert Conversation.objects.visible_to(owner).count() == 3


def test_what_was_moved_on_meanwhile_stays(owner: User) -> None:
    (chat,) = chats(owner, 1)
    first, second = (Project.objects.create(owner=owner, name=name) for name in "pq")
    done = bulk.move(user=owner, ids=[chat.id], project_id=first.id)
    bulk.move(user=owner, ids=[chat.id], project_id=second.id)
    bulk.undo(user=owner, token=done.undo)
    chat.refresh_from_db()
    assert chat.project == second


@pytest.mark.parametrize("act", ["archive", "delete", "move", "bookmark"])
def test_case_2_and_4_one_foreign_chat_refuses_the_whole(owner: User, stranger: User, act: str) -> None:
    (own,), (foreign,) = chats(owner, 1), chats(stranger, 1)
    tag = Bookmark.objects.create(owner=owner, name="t")
    needs: dict[str, dict[str, Any]] = {"move": {"project_id": None}, "bookmark": {"bookmark_id": tag.id}}
    with pytest.raises(Http404):
        getattr(bulk, act)(user=owner, ids=[own.id, foreign.id], **needs.get(act, {}))
    own.refresh_from_db()
    assert (own.archived_at, own.deleted_at, own.bookmarks.count()) == (None, None, 0)


def test_the_way_back_is_the_person_s_own_and_ends(owner: User, stranger: User) -> None:
    (chat,) = chats(owner, 1)
    done = bulk.delete(user=owner, ids=[chat.id])
    with pytest.raises(Http404):
        bulk.undo(user=stranger, token=done.undo)
    for token in (f"{done.undo}x", "", "nonsense"):
        with pytest.raises(bulk.TooLate):
            bulk.undo(user=owner, token=token)
    assert not Conversation.objects.visible_to(owner).exists()


def test_case_86_what_was_deleted_is_purged_when_the_way_back_has_closed(owner: User) -> None:
    started = began(owner)
    done = bulk.delete(user=owner, ids=[started.conversation.id])
    assert Run.objects.get().state == "stopped", "what writes there is stopped at once"
    assert bulk.purge() == 0
    Conversation.objects.update(deleted_at=timezone.now() - bulk.GRACE - timedelta(minutes=2))
    assert bulk.purge() == 1
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    with pytest.raises(bulk.TooLate):
        bulk.undo(user=owner, token=done.undo)


def test_pins_keep_an_order_of_one_s_own(owner: User, stranger: User) -> None:
    first, second, third = chats(owner, 3)
    for chat in (first, second, third):
        pins.set_pinned(user=owner, conversation_id=chat.id, pinned=True)
    assert pins.pinned(owner) == ids_of([first, second, third])
    assert pins.reorder(user=owner, conversation_ids=[third.id]) == ids_of([third, first, second])
    pins.set_pinned(user=owner, conversation_id=first.id, pinned=False)
    assert pins.pinned(owner) == ids_of([third, second])
    (foreign,) = chats(stranger, 1)
    for wrong in (foreign.id, first.id):
        with pytest.raises(Http404):
            pins.reorder(user=owner, conversation_ids=[second.id, wrong])
    assert pins.pinned(owner) == ids_of([third, second])
    conversations.archive(user=owner, conversation_ids=[third.id], archived=True)
    assert pins.pinned(owner) == [second.id]
    with pytest.raises(Http404):
        pins.set_pinned(user=owner, conversation_id=third.id, pinned=True)


def test_archiving_is_no_activity_and_deleted_chats_are_in_no_list(owner: User) -> None:
    kept, away, gone = chats(owner, 3)
    before = away.updated_at
    conversations.archive(user=owner, conversation_ids=[away.id], archived=True)
    bulk.delete(user=owner, ids=[gone.id])
    away.refresh_from_db()
    assert away.updated_at == before
    assert [row.id for group in sidebar(user=owner).groups for row in group.rows] == [kept.id]
    with pytest.raises(Http404):
        conversations.rename(user=owner, conversation_id=gone.id, title="x")


@pytest.mark.parametrize("sort", list(conversations.SORTS))
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_pages_through_all_rows_once(owner: User, sort: str, descending: bool) -> None:
    rows = chats(owner, 7)
    conversations.archive(user=owner, conversation_ids=ids_of(rows), archived=True)
    among = Conversation.objects.filter(archived_at__isnull=False)
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = conversations.page(user=owner, cursor=cursor, limit=3, among=among, sort=sort, descending=descending)
        seen += ids_of(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    titles = [Conversation.objects.get(id=chat_id).title for chat_id in seen]
    if sort == "title":
        assert titles == sorted(titles, reverse=descending)


def test_the_sidebar_costs_two_queries_whatever_it_shows(
    owner: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for number, chat in enumerate(chats(owner, 30)):
        project = projects.create(user=owner, name=f"Project {number}")
        projects.put(user=owner, conversation_ids=[chat.id], project_id=project.id)
        Bookmark.objects.create(owner=owner, name=f"Bookmark {number}")
        if number % 2:
            pins.set_pinned(user=owner, conversation_id=chat.id, pinned=True)
    access_of(owner.role_name), budgets.active()  # remembered for a moment by every process
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        listed = sidebar(user=owner)
    assert (len(listed.pinned), len(listed.projects), len(listed.bookmarks)) == (15, 8, 30)
    assert getattr(listed.projects[0], "conversation_count") == 1  # noqa: B009 (an annotation)


def test_the_list_is_narrowed_to_any_of_several_bookmarks(owner: User, stranger: User) -> None:
    first, second, _third = chats(owner, 3)
    pets, work = (Bookmark.objects.create(owner=owner, name=name) for name in ("Pets", "Work"))
    foreign = Bookmark.objects.create(owner=stranger, name="Pets")
    pets.conversations.add(first)
    work.conversations.add(second)

    def shown(*wanted: Bookmark) -> set[UUID]:
        narrowed = Filter(bookmarks=tuple(tag.id for tag in wanted))
        return {row.id for group in sidebar(user=owner, narrowed=narrowed).groups for row in group.rows}

    assert shown(pets) == {first.id}
    assert shown(pets, work) == {first.id, second.id}
    assert shown(foreign) == set()
