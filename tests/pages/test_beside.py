"""The pages beside the chat: bookmarks, archive, projects, search, settings."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urljoin
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services.preferences import preferences_of
from chat.models import Bookmark, Conversation, Favourite, Message, Project
from chat.services.organise import bookmarks, conversations, projects
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

Chats = Callable[..., Conversation]
HTMX = {"HX-Request": "true"}
PAGES = ["bookmarks", "archive", "projects", "search", "settings"]
FORMS = ["bookmarks/new", "archive/all", "archive/delete", "archive/delete-all", "projects/new"]


@pytest.mark.parametrize("path", [*PAGES, *FORMS])
def test_every_page_is_whole_by_itself_and_closed_to_strangers(client: Client, owner: User, path: str) -> None:
    assert client.get(f"/{path}").status_code == 302
    page = signed_in(owner).get(f"/{path}")
    assert page.status_code == 200
    assert "<h1" in page.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_pages_cost_the_same_whatever_they_show(
    owner: User,
    make_chat: Chats,
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(owner)
    client.get("/settings")
    for number in range(12):
        chat = make_chat(owner, title=f"Chat {number}")
        bookmarks.create(user=owner, name=f"Bookmark {number}", conversation_id=chat.id)
        project = projects.create(user=owner, name=f"Project {number}")
        projects.put(user=owner, conversation_ids=[chat.id], project_id=project.id)
        if number % 2:
            conversations.archive(user=owner, conversation_ids=[chat.id], archived=True)
    with django_assert_max_num_queries(14):
        client.get(f"/{path}?q=chat")


def test_bookmarks_are_made_changed_ordered_and_deleted(owner: User, make_chat: Chats) -> None:
    client = signed_in(owner)
    assert "No bookmarks yet." in client.get("/bookmarks").content.decode()
    assert client.post("/bookmarks/new", {"name": "Pets", "description": "cats"}).status_code == 302
    client.post("/bookmarks/new", {"name": "Work"})
    pets, work = Bookmark.objects.get(name="Pets"), Bookmark.objects.get(name="Work")
    for data in ({"name": ""}, {"name": "Pets"}, {"name": "x" * 129}):
        refused = client.post("/bookmarks/new", data, headers=HTMX)
        assert refused.status_code == 422
        assert data["name"] in refused.content.decode()
    assert client.post(f"/bookmarks/{pets.id}", {"name": "Work"}, headers=HTMX).status_code == 422
    client.post(f"/bookmarks/{pets.id}", {"name": "Animals"})
    client.post("/bookmarks/order", {"up": str(work.id)})
    assert list(bookmarks.listed(owner).values_list("name", flat=True)) == ["Work", "Animals"]
    client.post("/bookmarks/order", {"ids": [str(pets.id), str(work.id), str(uuid4()), "nonsense"]})
    assert list(bookmarks.listed(owner).values_list("name", flat=True)) == ["Animals", "Work"]
    chat = make_chat(owner)
    bookmarks.put(user=owner, conversation_id=chat.id, bookmark_id=pets.id, on=True)
    assert "No chats are deleted." in client.get(f"/bookmarks/{pets.id}/delete").content.decode()
    client.post(f"/bookmarks/{pets.id}/delete")
    assert list(Bookmark.objects.values_list("name", flat=True)) == ["Work"]
    assert Conversation.objects.filter(id=chat.id).exists()


def test_case_2_another_s_bookmark_or_project_is_not_there(owner: User, stranger: User) -> None:
    tag, project = bookmarks.create(user=owner, name="Mine"), projects.create(user=owner, name="Mine too")
    client = signed_in(stranger)
    for path in (f"bookmarks/{tag.id}", f"bookmarks/{tag.id}/delete", f"projects/{project.id}",
                 f"projects/{project.id}/edit", f"projects/{project.id}/delete"):  # fmt: skip
        assert client.get(f"/{path}").status_code == 404
        assert client.post(f"/{path}", {"name": "Stolen"}).status_code in {404, 405}
    assert client.post("/bookmarks/order", {"up": str(tag.id)}).status_code == 404
    assert [Bookmark.objects.get().name, Project.objects.get().name] == ["Mine", "Mine too"]


def test_archived_chats_are_listed_sorted_found_and_paged(owner: User, make_chat: Chats) -> None:
    client = signed_in(owner)
    ids = [make_chat(owner, title=f"Chat {number:02}").id for number in range(40)]
    conversations.archive(user=owner, conversation_ids=ids, archived=True)
    make_chat(owner, title="In the list")
    page = client.get("/archive?sort=title&direction=asc").content.decode()
    table = page[page.index("<tbody") : page.index("</tbody>")]
    assert table.index("Chat 00") < table.index("Chat 01")
    assert "Chat 39" not in table
    assert "In the list" not in table
    assert "More" in table
    hits = client.get("/archive?q=chat 39", headers=HTMX).content.decode()
    assert "Chat 39" in hits
    assert "Chat 38" not in hits


def test_the_archive_s_own_button_deletes_no_chat_of_the_list(owner: User, stranger: User, make_chat: Chats) -> None:
    client, listed, other = signed_in(owner), make_chat(owner), make_chat(stranger)
    away = make_chat(owner, title="Away")
    assert "archive/delete" not in client.get("/archive").content.decode()
    conversations.archive(user=owner, conversation_ids=[away.id], archived=True)
    conversations.archive(user=stranger, conversation_ids=[other.id], archived=True)
    assert "archive/delete" in client.get("/archive").content.decode()
    assert "1 archived chat." in client.get("/archive/delete").content.decode()
    answer = client.post("/archive/delete", headers=HTMX).content.decode()
    assert list(Conversation.objects.visible_to(owner)) == [listed]
    assert list(Conversation.objects.visible_to(stranger)) == [other]
    token = re.search(r'data-token="([^"]+)"', answer)
    assert token
    assert "1 chat" in client.post("/conversations/undo", {"token": token[1]}, headers=HTMX).content.decode()
    assert Conversation.objects.visible_to(owner).count() == 2


@pytest.mark.parametrize(
    ("typed", "status"), [("", 422), ("yes", 422), ("delete all", 422), ("delete", 302), (" “Delete” ", 302)]
)
def test_everything_goes_only_by_a_typed_word(owner: User, make_chat: Chats, typed: str, status: int) -> None:
    make_chat(owner)
    assert signed_in(owner).post("/archive/delete-all", {"sure": typed}).status_code == status
    assert Conversation.objects.visible_to(owner).exists() == (status == 422)


def test_what_was_done_without_scripts_is_told_by_the_next_page(owner: User) -> None:
    client = signed_in(owner)
    page = client.post("/bookmarks/new", {"name": "Pets <b>"}, follow=True).content.decode()
    assert "Pets &lt;b&gt;" in page[page.index('id="toasts"') :]
    assert "data-toast" not in client.get("/bookmarks").content.decode().split('id="toasts"')[1].split("</div>")[0]


def test_everything_is_archived_at_once(owner: User, stranger: User, make_chat: Chats) -> None:
    make_chat(owner)
    make_chat(stranger)
    signed_in(owner).post("/archive/all")
    assert Conversation.objects.filter(archived_at=None).get().owner == stranger


def test_a_project_is_made_filled_changed_and_deleted_without_its_chats(owner: User, make_chat: Chats) -> None:
    client = signed_in(owner)
    made = client.post("/projects/new", {"name": "Moon", "instructions": "Be brief", "model": "Somewhere · small"})
    project = Project.objects.get()
    assert made.headers["Location"] == f"/projects/{project.id}"
    assert (project.endpoint, project.model, project.instructions) == ("Somewhere", "small", "Be brief")
    chat = make_chat(owner, title="Inside")
    projects.put(user=owner, conversation_ids=[chat.id], project_id=project.id)
    page = client.get(f"/projects/{project.id}").content.decode()
    assert "Inside" in page
    assert "Be brief" in page
    assert f"/c/new?projectId={project.id}" in page
    refused = client.post(f"/projects/{project.id}/edit", {"name": "", "instructions": "kept words"}, headers=HTMX)
    assert refused.status_code == 422
    assert "kept words" in refused.content.decode()
    client.post(f"/projects/{project.id}/edit", {"name": "Mars"})
    assert "Mars" in client.get("/projects?q=mar").content.decode()
    client.post(f"/projects/{project.id}/delete")
    chat.refresh_from_db()
    assert chat.project is None
    assert not Project.objects.exists()


def test_case_18_search_shows_hits_in_their_sentence_and_nobody_else_s(
    owner: User, stranger: User, make_chat: Chats
) -> None:
    make_chat(stranger, title="zanzibar secret")
    chat = make_chat(owner, title="Cats at night")
    message = chat.messages.order_by("created_at")[0]
    word = message.text.split()[0].strip("?.,")
    page = signed_in(owner).get(f"/search?q={word}").content.decode()
    assert f"<mark>{word}</mark>" in page
    assert f"/c/{chat.id}?at={message.id}#m-{message.id}" in page
    assert "zanzibar" not in signed_in(owner).get("/search?q=secret").content.decode()
    assert "No results" in signed_in(owner).get("/search?q=zanzibar").content.decode()


def test_hits_stand_together_by_their_chat_and_in_the_order_asked_for(owner: User) -> None:
    moon = Project.objects.create(owner=owner, name="Moon base")
    for title, texts, project in (
        ("Old chat", ("rocket rocket rocket", "a rocket"), moon),
        ("New", ("my rocket",), None),
    ):
        chat = Conversation.objects.create(owner=owner, title=title, project=project, endpoint="E", model="m")
        for text in texts:
            Message.objects.create(conversation=chat, author="user", text=text)
    client = signed_in(owner)
    newest = client.get("/search?q=rocket").content.decode()
    assert newest.count("card-name") == 2  # chats, of three hits
    assert newest.count('class="hit"') == 3
    assert newest.index(">New</a>") < newest.index(">Old chat</a>")
    assert "Moon base" in newest
    best = client.get("/search?q=rocket&sort=best").content.decode()
    assert best.index(">Old chat</a>") < best.index(">New</a>")
    assert '<option value="best" selected>' in best
    assert client.get("/search?q=rocket&sort=nonsense&cursor=no").status_code == 200


def test_nonsense_in_the_search_field_is_422_and_stays_there(owner: User) -> None:
    answer = signed_in(owner).get("/search?q=before:yesterday cats")
    assert answer.status_code == 422
    assert "is not a date" in answer.content.decode()
    assert 'value="before:yesterday cats"' in answer.content.decode()
    for query in ("%01", "🦊", "%22" * 500, "a" * 5_000, "%ED%A0%80"):
        assert signed_in(owner).get(f"/search?q={query}").status_code == 200


def test_settings_are_kept_and_bad_ones_refused(owner: User) -> None:
    client = signed_in(owner)
    good = {"send_with": "mod_enter", "direction": "rtl", "fork_option": "directPath", "wide_chat": "on"}
    assert client.post("/settings", good).status_code == 302
    owner.refresh_from_db()
    kept = preferences_of(owner)
    assert (kept.send_with, kept.direction, kept.wide_chat, kept.keep_drafts) == ("mod_enter", "rtl", True, False)
    bad = client.post("/settings", good | {"send_with": "telepathy"}, headers=HTMX)
    assert bad.status_code == 422
    owner.refresh_from_db()
    assert preferences_of(owner) == kept


def test_favourites_come_and_go(owner: User) -> None:
    client = signed_in(owner)
    client.post("/favourites", {"endpoint": "Somewhere", "model": "small"}, headers=HTMX)
    client.post("/favourites", {"endpoint": "Nowhere", "model": "none"}, headers=HTMX)
    assert list(Favourite.objects.values_list("model", flat=True)) == ["small"]
    client.post("/favourites", {"endpoint": "Somewhere", "model": "tiny"}, headers=HTMX)
    order = [str(favourite.id) for favourite in Favourite.objects.order_by("-position")]
    client.post("/favourites/order", {"ids": order}, headers=HTMX)
    assert list(Favourite.objects.order_by("position").values_list("model", flat=True)) == ["tiny", "small"]
    client.post("/favourites", {"endpoint": "Somewhere", "model": "tiny"}, headers=HTMX)
    assert list(Favourite.objects.values_list("model", flat=True)) == ["small"]


def test_no_form_and_no_link_of_a_fragment_leads_to_a_page_without_a_way_back(owner: User, make_chat: Chats) -> None:
    """Without scripts, on Enter and in a new tab the address behind it is all there is."""
    client, chat = signed_in(owner), make_chat(owner, turns=40)
    for number in range(40):
        make_chat(owner, title=f"Chat {number:02}")
    all_addresses = set()
    for path in [*PAGES, "c/new", f"c/{chat.id}", "sidebar", "settings/balance", "settings/data", "search?q=Answer"]:
        html = client.get(f"/{path}").content.decode()
        forms = re.findall(r'<form[^>]*method="get"[^>]*action="([^"]*)"', html)
        links = re.findall(r'<a [^>]*href="([^"]*)"[^>]*hx-get="[^"]*"[^>]*hx-trigger="[^"]*intersect', html)
        addresses = {urljoin(f"/{path}", unescape(target)) for target in [*forms, *links]}
        all_addresses |= addresses - {"/conversations/bulk"}  # scripts alone show it, and keep it
    assert {"/search", "/archive", "/projects", "/bookmarks"} <= all_addresses
    assert any(address.startswith("/sidebar?cursor=") for address in all_addresses)
    for address in all_addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        assert 'id="sidebar"' in page.content.decode(), address
