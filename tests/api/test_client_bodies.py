"""Bodies in the shapes that clients send: what is unknown is ignored, what is privileged is not."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from api.base import privileged
from api.base.payloads import ApiRequest
from chat.models import Bookmark, Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ROOT = "00000000-0000-0000-0000-000000000000"


def hello(**changes: Any) -> dict[str, Any]:
    return {"text": "Hello", "conversationId": None, "parentMessageId": ROOT, "endpoint": "Somewhere", "model": "tiny",
            **changes}  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"modelDisplayLabel": "Some Model", "endpointType": "custom", "key": "never"},
        {"thread_id": "", "file_ids": [], "assistant_id": None, "context": "", "title": "New Chat"},
        {"messages": [str(uuid4())], "unfinished": False, "createdAt": "2026-01-31T12:00:00.000Z"},
        {"_id": str(uuid4()), "updatedAt": "2026-01-31T12:00:00Z", "expiredAt": None, "isArchived": False},
        {"children": [], "depth": 0, "siblingIndex": 0, "searchResult": False, "content": [], "attachments": []},
        {"something": {"of": ["a", "newer", "client"]}},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_start_ignores_what_only_other_versions_know(owner: User, more: dict[str, Any]) -> None:
    answer = Api(owner).post("/api/agents/chat/Somewhere", hello(**more))
    assert answer.status_code == 200, answer.content
    assert Conversation.objects.get().settings == {}


def test_a_start_may_carry_the_row_of_a_message_that_was_read_here(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    api = Api(owner)
    row = next(message for message in api.get(f"/api/messages?conversationId={chat.id}").json()["messages"]
               if message["messageId"] == str(run.message_id))  # fmt: skip
    assert {"_id", "user", "createdAt"} <= set(row)
    body = row | hello(conversationId=str(chat.id), parentMessageId=str(run.message_id), messageId=str(uuid4()))
    assert api.post("/api/agents/chat/Somewhere", body).status_code == 200


def test_a_bookmark_is_taken_off_by_the_list_alone(owner: User, make_conversation: Make) -> None:
    api, chat = Api(owner), make_conversation(owner)
    address = f"/api/tags/convo/{chat.id}"
    assert api.send("PUT", address, {"tags": ["Blue", "Red"], "tag": "Blue"}).json() == ["Blue", "Red"]
    assert api.send("PUT", address, {"tags": ["Red"], "tag": "Blue"}).json() == ["Red"]
    assert api.send("PUT", address, {"tags": [], "tag": "Red"}).json() == []
    assert list(chat.bookmarks.all()) == []


def test_a_bookmark_is_made_by_the_form_of_the_panel(owner: User) -> None:
    body = {"tag": "Blue", "description": "", "conversationId": "", "addToConversation": False}
    assert Api(owner).post("/api/tags", body).json()["tag"] == "Blue"


def test_a_bookmark_is_edited_and_dragged_with_its_whole_row(owner: User) -> None:
    api = Api(owner)
    for name in ("One", "Two", "Three"):
        api.post("/api/tags", {"tag": name})
    row = api.get("/api/tags").json()[2]
    edited = api.send("PUT", "/api/tags/Three", {"tag": "Drei", "description": "d", "conversationId": "",
                                                 "addToConversation": False})  # fmt: skip
    assert (edited.status_code, edited.json()["tag"]) == (200, "Drei")
    moved = api.send("PUT", "/api/tags/Drei", row | {"tag": "Drei", "position": 1})
    assert moved.status_code == 200, moved.content
    assert [tag["tag"] for tag in api.get("/api/tags").json()] == ["Drei", "One", "Two"]


@pytest.mark.parametrize("field", ["user", "_id", "createdAt", "updatedAt"])
def test_a_row_sent_back_says_what_is_so_or_is_refused(owner: User, admin_user: User, field: str) -> None:
    api = Api(owner)
    api.post("/api/tags", {"tag": "One"})
    row = api.get("/api/tags").json()[0]
    for lie in (str(admin_user.id) if field == "user" else "x", 7, {"$gt": ""}, ["x"]):
        answer = api.send("PUT", "/api/tags/One", row | {field: lie})
        assert (answer.status_code, field in answer.json()["error"]) == (400, True), lie
    assert Bookmark.objects.get().owner == owner


def test_the_times_of_a_row_sent_back_are_not_believed(owner: User, make_conversation: Make) -> None:
    api, chat = Api(owner), make_conversation(owner)
    old = "2001-01-01T00:00:00.000Z"
    body = {"text": "Hi", "isCreatedByUser": True, "error": False, "unfinished": False, "createdAt": old,
            "updatedAt": old, "user": str(owner.id), "sender": "User"}  # fmt: skip
    made = api.post(f"/api/messages/{chat.id}", body)
    assert made.status_code == 201, made.content
    assert made.json()["createdAt"] > "2026" < made.json()["updatedAt"]


def test_a_message_as_it_was_read_can_be_stored_again(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat, other = make_conversation(owner), make_conversation(owner, "Other")
    make_turn(chat)
    api = Api(owner)
    for row in api.get(f"/api/messages/{chat.id}").json():
        copy = row | {"messageId": str(uuid4()), "conversationId": str(other.id)}
        if not row["isCreatedByUser"]:
            copy["parentMessageId"] = str(Message.objects.get(conversation=other).id)
        assert api.post(f"/api/messages/{other.id}", copy).status_code == 201, copy


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/auth/login", {"email": "olivia.owner@example.org", "password": "correct-horse-battery", "token": "",
                             "backupCode": "", "remember": True}, 200),
        ("/api/auth/register", {"name": "New Comer", "email": "new@example.org", "password": "correct-horse-battery",
                                "confirm_password": "correct-horse-battery", "referral": "x"}, 200),
        ("/api/user/verify/resend", {"email": "nobody@example.org", "locale": "it"}, 200),
        ("/api/projects", {"name": "Mine", "colour": "red"}, 201),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_other_bodies_ignore_it_too(owner: User, path: str, body: dict[str, Any], status: int) -> None:
    assert Api(owner).post(path, body).status_code == status


def test_arguments_ignore_it_too(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    api, chat = Api(owner), make_conversation(owner)
    arg = {"conversationId": str(chat.id), "source": "menu", "thread_id": None}
    for name, more in (("update", {"title": "New"}), ("pin", {"pinned": True}), ("archive", {"isArchived": True})):
        answer = api.post(f"/api/convos/{name}", {"arg": arg | more | {"folder": "x"}, "seen": True})
        assert answer.status_code in {200, 201}, name
    run = make_turn(chat)
    body = {"conversationId": str(chat.id), "messageId": str(run.message_id), "records": [], "isShared": False}
    assert api.post("/api/convos/fork", body).status_code == 200


def test_whole_rows_come_back_with_one_field_changed(owner: User, make_conversation: Make) -> None:
    api = Api(owner)
    chat = api.get(f"/api/convos/{make_conversation(owner).id}").json()
    assert api.post("/api/convos/update", {"arg": chat | {"title": "New"}}).json()["title"] == "New"
    assert api.post("/api/convos/pin", {"arg": chat | {"pinned": True}}).json()["pinned"] is True
    archived = api.post("/api/convos/archive", {"arg": chat | {"isArchived": True}}).json()
    assert archived["archivedAt"]
    assert api.post("/api/convos/archive", {"arg": archived | {"isArchived": False}}).json()["isArchived"] is False
    project = api.post("/api/projects", {"name": "One"}).json()
    changed = api.send("PATCH", f"/api/projects/{project['_id']}", project | {"name": "Two"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Two")


@pytest.mark.parametrize("name", ["owner", "OWNER", "owner_id", "ownerId", "Owner-Id", "tenantId", "is_admin", "ROLE"])
def test_a_privileged_name_is_one_however_it_is_spelt(owner: User, make_conversation: Make, name: str) -> None:
    chat = make_conversation(owner)
    body = {"arg": {"conversationId": str(chat.id), "title": "Mine", name: "x"}}
    answer = Api(owner).post("/api/convos/update", body)
    assert (answer.status_code, name in answer.json()["error"]) == (400, True)
    chat.refresh_from_db()
    assert chat.title == "Cats at night"


def bodies(of: type[ApiRequest] = ApiRequest) -> set[type[ApiRequest]]:
    return {of} | {body for below in of.__subclasses__() for body in bodies(below)}


def test_every_body_of_the_api_refuses_what_nobody_may_set() -> None:
    """A new body joins by being one; none may switch the rule off."""
    body_types = bodies() - {ApiRequest}
    assert len(body_types) > 40
    for body_type in body_types:
        known = {name for own, field in body_type.model_fields.items() for name in (own, field.alias or own)}
        for name in ("owner", "tenantId", "isAdmin", "credits", "createdAt"):
            if name not in known:
                shown = privileged.fault_in(
                    {name: "x"}, known=frozenset(known), repeated=body_type.repeated, user_id=None
                )  # fmt: skip
                assert shown == name, body_type
        assert body_type.model_config.get("extra") == "ignore", body_type
