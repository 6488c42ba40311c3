"""The list of chats: groups of time, pages, whose it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT, make_run
from tests.pages.test_chat_page import Elements
from web.sidebar import grouped

Chats = Callable[..., Conversation]


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2026, 6, 15), "Today"), (date(2026, 6, 14), "Yesterday"), (date(2026, 6, 13), "Previous 7 days"),
        (date(2026, 6, 8), "Previous 7 days"), (date(2026, 6, 7), "Previous 30 days"),
        (date(2026, 5, 16), "Previous 30 days"), (date(2026, 5, 15), "May"), (date(2026, 1, 1), "January"),
        (date(2025, 12, 31), "2025"), (date(1999, 7, 1), "1999"),
    ],
)  # fmt: skip
def test_rows_stand_under_the_heading_of_their_day(day: date, title: str) -> None:
    row = Conversation(title="x", updated_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    assert [group.title for group in grouped([row], today=date(2026, 6, 15))] == [title]


def test_day_is_the_one_on_the_person_s_clock() -> None:
    late = Conversation(title="x", updated_at=datetime(2026, 6, 15, 2, tzinfo=UTC))
    with timezone.override(ZoneInfo("America/New_York")):
        assert grouped([late], today=date(2026, 6, 15))[0].key == "yesterday"


def test_heading_is_not_repeated_on_the_next_page() -> None:
    row = Conversation(title="x", updated_at=datetime(2026, 6, 15, 2, tzinfo=UTC))
    assert grouped([row], today=date(2026, 6, 15), after="today")[0].title == ""


def test_pages_hold_every_chat_once(owner: User) -> None:
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(owner=owner, title=f"Chat {n}", endpoint="a", model="b", updated_at=now - timedelta(minutes=n))
        for n in range(70)
    )
    client, seen, path = signed_in(owner), [], "/sidebar"
    while path:
        page = Elements(client.get(path, headers=FRAGMENT).content.decode())
        seen += [row["data-row"] for row in page.all("li")]
        path = next((link["hx-get"] or "" for link in page.all("a") if "hx-get" in link), "")
    assert len(seen) == len(set(seen)) == 70


def test_list_is_one_s_own(owner: User, stranger: User, make_chat: Chats) -> None:
    make_chat(owner)
    assert "Cats at night" in signed_in(owner).get("/sidebar").content.decode()
    assert "Cats at night" not in signed_in(stranger).get("/sidebar").content.decode()


def test_empty_list_says_how_to_begin(owner: User) -> None:
    assert "Send a message to start one." in signed_in(owner).get("/sidebar", headers=FRAGMENT).content.decode()


def test_row_shows_that_its_chat_is_being_written(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    client = signed_in(owner)
    assert "data-running" not in client.get("/sidebar", headers=FRAGMENT).content.decode()
    make_run(chat.messages.get(author="assistant"))
    assert "data-running" in client.get("/sidebar", headers=FRAGMENT).content.decode()


def test_titles_are_text_not_markup(owner: User, make_chat: Chats) -> None:
    make_chat(owner, title='<img src=x onerror="alert(1)">')
    html = signed_in(owner).get("/c/new").content.decode()
    assert "<img" not in html
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in html


def test_queries_do_not_grow_with_the_list(
    owner: User, make_chat: Chats, django_assert_num_queries: Callable[..., object]
) -> None:
    client = signed_in(owner)
    make_chat(owner)
    client.get("/sidebar", headers=FRAGMENT)
    for _ in range(2):
        with django_assert_num_queries(3):  # type: ignore[attr-defined]
            client.get("/sidebar", headers=FRAGMENT)
        for number in range(10):
            make_chat(owner, title=f"Chat {number}")
