"""Finding messages: what is found, whose, and where it stands in its text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message, Project, SearchEntry
from chat.services.organise import bookmarks, conversations
from chat.services.search import search
from chat.services.search.query import parse
from chat.services.search.snippets import marked, snippet
from chat.services.turns import editing
from tests.conversations import began, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

Say = Callable[..., Message]


@pytest.fixture
def say() -> Say:
    def make(
        user: User, text: str, *, title: str = "A chat", author: str = "user", model: str = "", **more: Any
    ) -> Message:
        chat, _ = Conversation.objects.get_or_create(
            owner=user, title=title, defaults={"endpoint": "Somewhere", "model": "tiny"}
        )
        parent = Message.objects.filter(conversation=chat).order_by("created_at").last() if author != "user" else None
        if author != "user" and parent is None:
            parent = Message.objects.create(conversation=chat, author="user", text="?")
        return Message.objects.create(
            conversation=chat, parent=parent, author=author, text=text, model=model,
            parts=[{"type": "text", "text": text}], **more,
        )  # fmt: skip

    return make


def hits_of(user: User, text: str) -> list[str]:
    return [hit.text for hit in search.search(user=user, query=parse(text)).hits]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The quick brown fox", "quick fox"),
        ("The quick brown fox", "QUICK"),
        ("The quick brown fox", "bro"),
        ("Größe und Übermut", "übermut"),
        ("Привет, мир", "МИР"),
        ("東京都に住んでいます", "東京"),
        ("東京都に住んでいます", "京都に"),
        ("東京都に住んでいます", "京"),
        ("안녕하세요 여러분", "안녕하세요"),
        ("สวัสดีครับ", "สวัสดี"),
        ("call getUserName() now", "getUserName"),
        ("call getUserName() now", "user"),
        ("set max_output_tokens=5", "max_output_tokens"),
        ("set max_output_tokens=5", "output"),
        ("import os.path as p", "os.path"),
        ("I write c++ all day", "c++"),
        ("version 3.11.7 is out", "3.11.7"),
        ("ｆｕｌｌ width", "full"),
        ('it said "hello there" twice', '"hello there"'),
        ("100% sure", "100%"),
    ],
)
def test_words_of_any_language_and_identifiers_are_found(owner: User, say: Say, text: str, query: str) -> None:
    say(owner, text)
    say(owner, "something else altogether")
    assert hits_of(owner, query) == [text]


@pytest.mark.parametrize(
    "query", ["absent", "fox -quick", '"brown quick"', "京都府", "c#", "%", "_", "\\", "':*|", "!()&"]
)
def test_what_is_not_there_is_not_found(owner: User, say: Say, query: str) -> None:
    say(owner, "The quick brown fox of 東京都 writes c++")
    assert hits_of(owner, query) == []


def test_operators_narrow_it_down(owner: User, say: Say) -> None:
    old = datetime(2025, 3, 4, 12, tzinfo=UTC)
    mine = say(owner, "purr one", title="Cats")
    reply = say(owner, "purr two ```py```", title="Cats", author="assistant", model="gpt-4o")
    aged = say(owner, "purr three", title="Old cats", created_at=old)
    bookmarks.create(user=owner, name="Pets", conversation_id=mine.conversation_id)
    assert hits_of(owner, "purr role:user") == [mine.text, aged.text]
    assert hits_of(owner, "purr has:code") == [reply.text]
    assert hits_of(owner, "purr model:gpt") == [reply.text]
    assert hits_of(owner, "purr on:2025-03-04") == [aged.text]
    assert hits_of(owner, "purr after:2025-03-04") == [reply.text, mine.text]
    assert hits_of(owner, "purr before:2025-03-04") == []
    assert hits_of(owner, "purr tag:pets") == [reply.text, mine.text]
    assert hits_of(owner, "purr title:old") == [aged.text]
    assert hits_of(owner, "project:none purr") == []


def test_case_18_another_person_s_words_are_never_found(owner: User, stranger: User, say: Say) -> None:
    said = say(stranger, "zanzibar marker")
    assert hits_of(owner, "zanzibar") == []
    assert search.conversation_ids(user=owner, text="zanzibar") == []
    assert search.titles(user=owner, query=parse("A chat")) == []
    assert hits_of(owner, f"o:{stranger.id.hex} zanzibar") == []
    assert hits_of(owner, f"zanzibar' | 'o:{stranger.id.hex}") == []
    assert hits_of(stranger, "zanzibar") == [said.text]


def test_archived_chats_are_found_deleted_and_temporary_ones_are_not(owner: User, say: Say) -> None:
    say(owner, "purr kept", title="Kept")
    say(owner, "purr away", title="Away")
    Conversation.objects.filter(title="Away").update(archived_at=timezone.now())
    for title, change in (("Gone", {"deleted_at": timezone.now()}), ("Brief", {"is_temporary": True})):
        say(owner, "purr hidden", title=title)
        Conversation.objects.filter(title=title).update(**change)
    page = search.search(user=owner, query=parse("purr"))
    assert [(hit.text, hit.is_archived) for hit in page.hits] == [("purr away", True), ("purr kept", False)]
    assert page.total == 2


def test_the_index_follows_every_change(owner: User, say: Say) -> None:
    started = began(owner)
    assert hits_of(owner, "purr") == ["Why do cats purr?"]
    assert not SearchEntry.objects.filter(message_id=started.reply.id).exists(), "nothing while it is written"
    end(started.run, "Because of contentment")
    assert hits_of(owner, "contentment") == ["Because of contentment"]
    editing.save(user=owner, message_id=started.reply.id, texts={0: "Because of joy"})
    assert (hits_of(owner, "contentment"), hits_of(owner, "joy")) == ([], ["Because of joy"])
    editing.delete(user=owner, message_id=started.reply.id)
    assert hits_of(owner, "joy") == []
    conversations.delete(user=owner, conversation_id=started.conversation.id)
    assert not SearchEntry.objects.exists()
    say(owner, "once more")
    owner.delete()
    assert not SearchEntry.objects.exists()


def test_a_text_beyond_what_a_vector_holds_is_stored_all_the_same(owner: User, say: Say) -> None:
    text = " ".join(chr(0x20000 + at % 40_000) * 2 + chr(0x20000 + at * 7 % 40_000) for at in range(66_000))
    said = say(owner, text[:200_000])
    assert SearchEntry.objects.filter(message_id=said.id).exists()
    hostile = " ".join(f"{at:x}" * 8 + "\U00020000" for at in range(20_000))
    assert SearchEntry.objects.filter(message_id=say(owner, hostile).id).exists()


def test_pages_go_on_where_the_last_one_ended_with_few_hits_and_with_many(
    owner: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = timezone.now() - timedelta(days=1)
    for number in range(25):
        say(owner, f"purr {number}", created_at=start + timedelta(minutes=number))
    expected = [f"purr {number}" for number in reversed(range(25))]
    for recent, many in ((1_000, 5_000), (0, 5_000), (0, 3)):  # the newest, the index of words, walking back
        monkeypatch.setattr(search, "RECENT", recent)
        monkeypatch.setattr(search, "MAX_COUNTED_HITS", many)
        monkeypatch.setattr(search, "WALK", 4)
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(10):
            page = search.search(user=owner, query=parse("purr"), cursor=cursor, limit=10)
            seen += [hit.text for hit in page.hits]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == expected
        assert page.total == (None if many == 3 else 25)


def test_a_filter_that_few_of_many_hits_pass_is_followed_to_the_end(
    owner: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = timezone.now() - timedelta(days=1)
    say(owner, "purr in the beginning", title="Old", created_at=start)
    for number in range(30):
        say(owner, f"purr {number}", created_at=start + timedelta(minutes=number + 1))
    for name, value in (("RECENT", 2), ("MAX_COUNTED_HITS", 3), ("WALK", 4)):
        monkeypatch.setattr(search, name, value)
    assert hits_of(owner, "purr title:old") == ["purr in the beginning"]
    assert hits_of(owner, 'purr "no such phrase"') == []
    old = Conversation.objects.get(title="Old")
    monkeypatch.setattr(search, "MAX_COUNTED_HITS", 5_000)
    bookmarks.create(user=owner, name="Pets", conversation_id=old.id)
    assert search.conversation_ids(user=owner, text="tag:pets") == [old.id]


def test_case_15_a_cursor_that_is_not_ours_gives_the_first_page(owner: User, say: Say) -> None:
    say(owner, "purr")
    for cursor in ("", "x", "WyIyMDI2Il0", "\x00"):
        assert len(search.search(user=owner, query=parse("purr"), cursor=cursor).hits) == 1


def test_titles_are_found_in_spite_of_typing_errors(owner: User, say: Say) -> None:
    say(owner, "x", title="Migrating Postgres to a new machine")
    say(owner, "x", title="Dinner for six")
    for typed in ("postgres", "postgers", "migratng", "new machine"):
        assert [chat.title for chat in search.titles(user=owner, query=parse(typed))] == [
            "Migrating Postgres to a new machine"
        ], typed


def test_the_list_is_filtered_by_titles_and_by_what_was_said(owner: User, say: Say) -> None:
    cats, dogs = say(owner, "they purr", title="Cats"), say(owner, "they bark", title="Dogs")
    assert search.conversation_ids(user=owner, text="cats") == [cats.conversation_id]
    assert search.conversation_ids(user=owner, text="bark") == [dogs.conversation_id]
    assert search.conversation_ids(user=owner, text="  ") == []


def test_a_search_costs_the_same_number_of_queries_whatever_it_finds(
    owner: User, say: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 30):
        for number in range(size):
            say(owner, f"purr {size} {number}", title=f"Chat {number}")
        with django_assert_num_queries(4 if size == 30 else 5):  # lexemes, savepoint, one or two searches, release
            search.search(user=owner, query=parse("purr"))


def test_the_index_of_words_answers_even_for_a_word_that_is_everywhere(owner: User, say: Say) -> None:
    say(owner, "purr")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM chat_searchentry WHERE vector @@ 'purr'::tsquery")
        assert "search_words" in str(cursor.fetchall())


def test_snippets_show_the_sentence_and_escape_everything_else() -> None:
    text = "First sentence. The <b>cats</b> purr & sleep. Last one."
    assert snippet(text, ["purr"]) == ("… The &lt;b&gt;cats&lt;/b&gt; <mark>purr</mark> &amp; sleep. Last one.")
    assert snippet("no hit at all", ["absent"]) == "no hit at all"
    assert marked("a<a", ["A"]) == "<mark>a</mark>&lt;<mark>a</mark>"
    assert len(snippet("word " * 10_000, ["word"])) < 20_000


def best(user: User, text: str, **more: Any) -> list[str]:
    return [hit.text for hit in search.search_best(user=user, query=parse(text), **more).hits]


def test_what_fits_best_comes_first(say: Say, owner: User, stranger: User) -> None:
    say(owner, "A vacuum, an index, another index: an index for everything", title="One")
    say(owner, "vacuum " + "and much else " * 300 + " index", title="Two")
    say(owner, "The index needs no vacuum", title="Three")
    say(owner, "A lot about the vacuum index", title="Four")
    say(owner, "The vacuum, then the index", title="Index and vacuum")
    say(stranger, "vacuum index vacuum index", title="Not for you")
    order = best(owner, "vacuum index")
    assert order[0] == "A lot about the vacuum index"  # side by side, as typed
    assert order[1] == "The vacuum, then the index"  # in a chat that is named so
    assert order[-1].startswith("vacuum and much else")
    assert len(order) == 5
    assert best(owner, "vacuum -everything")[0] != order[2]


def test_pages_of_the_best_hold_each_hit_once(say: Say, owner: User) -> None:
    for number in range(7):
        say(owner, "word " * (number + 1), title=f"Chat {number}")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = search.search_best(user=owner, query=parse("word"), cursor=cursor, limit=3)
        seen += [hit.title for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"Chat {number}" for number in reversed(range(7))]
    assert len(best(owner, "word", cursor="nonsense")) == 7


def test_the_best_of_very_many_are_the_best_of_the_newest(
    say: Say, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_COUNTED_HITS", 3)
    monkeypatch.setattr(search, "RANKED", 2)
    for number in range(6):
        say(owner, f"word {'word ' * (6 - number)}number {number}", title=f"Chat {number}")
    assert [text[-1] for text in best(owner, "word")] == ["4", "5"]


@pytest.mark.parametrize("text", ["on:2026", "", "before:never", "%", "c++", "'); --", '"two words"', "a\\b"])
def test_the_best_of_anything_is_an_answer(say: Say, owner: User, text: str) -> None:
    say(owner, "two words of c++ at 100% '); -- a\\b")
    assert set(best(owner, text)) == set(hits_of(owner, text))


def test_a_hit_says_in_which_project_it_is_to_who_may_see_it(say: Say, owner: User, stranger: User) -> None:
    hers = Project.objects.create(owner=owner, name="Moon base")
    theirs = Project.objects.create(owner=stranger, name="Not shared any more")
    for title, project in (("In hers", hers), ("In theirs", theirs), ("In none", None)):
        chat = say(owner, "rocket", title=title).conversation
        Conversation.objects.filter(pk=chat.pk).update(project=project)
    for way in (search.search, search.search_best):
        hits = way(user=owner, query=parse("rocket")).hits
        assert {hit.title: hit.project for hit in hits} == {"In hers": "Moon base", "In theirs": "", "In none": ""}
