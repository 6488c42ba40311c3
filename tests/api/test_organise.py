"""Archiving, pinning, bookmarks, projects and favourites (`/api/convos`, `/api/tags`, `/api/projects`)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Bookmark, Conversation, Project
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
Make = Callable[..., Conversation]


def test_archive_pin_and_archive_all(owner: User, make_conversation: Make) -> None:
    api, chat, other = Api(owner), make_conversation(owner), make_conversation(owner, "Other")
    arg = {"conversationId": str(chat.id)}
    assert api.post("/api/convos/pin", {"arg": arg | {"pinned": True}}).json()["pinned"] is True
    gone = api.post("/api/convos/archive", {"arg": arg | {"isArchived": True}})
    assert gone.status_code == 200
    assert (gone.json()["isArchived"], gone.json()["pinned"]) == (True, False)
    assert gone.json()["archivedAt"]
    back = api.post("/api/convos/archive", {"arg": arg | {"isArchived": False}}).json()
    assert "archivedAt" not in back
    assert api.post("/api/convos/archive/all", {}).json() == {"archivedCount": 2}
    rows = api.get("/api/convos?isArchived=true&sortBy=archivedAt").json()["conversations"]
    assert {row["conversationId"] for row in rows} == {str(chat.id), str(other.id)}
    bodies: list[dict[str, Any]] = [{}, {"arg": {}}, {"arg": arg}, {"arg": arg | {"isArchived": "yes"}}]
    for bad in bodies:
        assert api.post("/api/convos/archive", bad).status_code == 400
    missing = {"arg": {"conversationId": str(uuid4()), "pinned": True}}
    assert api.post("/api/convos/pin", missing).status_code == 404


def test_the_pinned_order_is_read_and_set(owner: User, make_conversation: Make) -> None:
    api = Api(owner)
    ids = [str(make_conversation(owner, f"Chat {n}").id) for n in range(3)]
    for chat_id in ids:
        api.post("/api/convos/pin", {"arg": {"conversationId": chat_id, "pinned": True}})
    assert api.get("/api/user/settings/pinned-order").json() == ids
    wanted = [ids[2], ids[0], ids[1]]
    assert api.post("/api/user/settings/pinned-order", {"pinnedOrder": wanted}).json() == wanted


def test_bookmarks(owner: User, make_conversation: Make) -> None:
    api, chat = Api(owner), make_conversation(owner)
    made = api.post("/api/tags", {"tag": "Pets", "addToConversation": True, "conversationId": str(chat.id)})
    assert made.status_code == 200
    assert (made.json()["tag"], made.json()["count"], made.json()["position"]) == ("Pets", 1, 1)
    assert api.post("/api/tags", {"tag": "Pets"}).json()["_id"] == made.json()["_id"]
    api.post("/api/tags", {"tag": "a/b c"})
    changed = api.send("put", "/api/tags/a%2Fb%20c", {"tag": "Work", "description": "d", "position": 1})
    assert changed.status_code == 200
    assert [tag["tag"] for tag in api.get("/api/tags").json()] == ["Work", "Pets"]
    full = api.send("put", f"/api/tags/convo/{chat.id}", {"tags": ["Work", "New"]})
    assert full.json() == ["Work", "New"]
    assert api.get(f"/api/convos/{chat.id}").json()["tags"] == ["Work", "New"] or set(
        api.get(f"/api/convos/{chat.id}").json()["tags"]
    ) == {"Work", "New"}
    rows = api.get("/api/convos?tags=Work&tags=Absent").json()["conversations"]
    assert [row["conversationId"] for row in rows] == [str(chat.id)]
    assert api.get("/api/convos?tags=Pets").json()["conversations"] == []
    assert api.send("put", "/api/tags/Pets", {"tag": "Work"}).status_code == 400
    assert api.send("delete", "/api/tags/Pets").json()["tag"] == "Pets"
    assert api.send("delete", "/api/tags/Pets").status_code == 404
    api.send("delete", "/api/convos", {"arg": {"conversationId": str(chat.id)}})
    assert {tag["count"] for tag in api.get("/api/tags").json()} == {0}


def test_projects(owner: User, stranger: User, make_conversation: Make) -> None:
    api, chat = Api(owner), make_conversation(owner)
    made = api.post("/api/projects", {"name": "Moon", "description": "far"})
    assert made.status_code == 201
    key = made.json()["_id"]
    assert made.json()["conversationCount"] == 0
    moved = api.send("put", f"/api/projects/conversations/{chat.id}", {"projectId": key}).json()
    assert (moved["previousProjectId"], moved["projectId"]) == (None, key)
    assert moved["conversation"]["chatProjectId"] == key
    assert api.get(f"/api/projects/{key}").json()["lastConversationId"] == str(chat.id)
    rows = api.get(f"/api/convos?projectId={key}").json()["conversations"]
    assert [row["chatProjectId"] for row in rows] == [key]
    assert api.get("/api/convos?projectId=unassigned").json()["conversations"] == []
    assert api.send("patch", f"/api/projects/{key}", {"name": "Mars"}).json()["name"] == "Mars"
    assert api.send("patch", f"/api/projects/{key}", {"name": " "}).status_code == 400
    assert api.post("/api/projects", {"name": "x" * 101}).status_code == 400
    foreign = Project.objects.create(owner=stranger, name="Foreign")
    refused = api.send("put", f"/api/projects/conversations/{chat.id}", {"projectId": str(foreign.id)})
    assert refused.status_code == 404
    assert api.send("delete", f"/api/projects/{key}").json() == {"deletedCount": 1, "modifiedCount": 1}
    chat.refresh_from_db()
    assert chat.project is None


def test_projects_are_sorted_found_and_paged(owner: User) -> None:
    api = Api(owner)
    for name in ("b", "a", "c"):
        api.post("/api/projects", {"name": name})
    for sort in ("name", "createdAt", "lastConversationAt"):
        for direction in ("asc", "desc"):
            seen: list[str] = []
            cursor = ""
            while True:
                page = api.get(f"/api/projects?limit=2&sortBy={sort}&sortDirection={direction}&cursor={cursor}").json()
                seen += [project["name"] for project in page["projects"]]
                cursor = page["nextCursor"]
                if not cursor:
                    break
            assert sorted(seen) == ["a", "b", "c"], (sort, direction)
            if sort == "name":
                assert seen == sorted(seen, reverse=direction == "desc")
    assert [project["name"] for project in api.get("/api/projects?search=b").json()["projects"]] == ["b"]
    assert api.get("/api/projects?sortBy=owner").status_code == 400


@pytest.mark.usefixtures("somewhere")
def test_favourites(owner: User) -> None:
    api, address = Api(owner), "/api/user/settings/favorites"
    wanted = [{"model": "small", "endpoint": "Somewhere"}, {"model": "tiny", "endpoint": "Somewhere"}]
    gone = [{"model": "gone", "endpoint": "Nowhere"}, {"spec": "gone"}]
    assert api.post(address, {"favorites": [*wanted, *gone]}).json() == wanted
    assert api.get(address).json() == wanted
    many = api.post(address, {"favorites": wanted * 26})
    assert (many.status_code, many.json()["code"], many.json()["limit"]) == (400, "MAX_FAVORITES_EXCEEDED", 50)
    for bad in ({"agentId": "x"}, {"spec": "x", "model": "small"}, {"model": "small"}, {}):
        assert api.post(address, {"favorites": [bad]}).status_code == 400
    assert api.get(address).json() == wanted


@pytest.mark.usefixtures("somewhere")
def test_a_chat_begins_in_a_project(owner: User) -> None:
    api, project = Api(owner), Project.objects.create(owner=owner, name="Moon")
    body = {"text": "Hello", "endpoint": "Somewhere", "model": "tiny", "chatProjectId": str(project.id)}
    assert api.post("/api/agents/chat", body).status_code == 200
    assert Conversation.objects.get().project == project
    assert api.post("/api/agents/chat", body | {"chatProjectId": str(uuid4())}).status_code == 404
    assert Conversation.objects.count() == 1
    assert not Bookmark.objects.exists()
