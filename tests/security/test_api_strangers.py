"""Cases 2 and 7: another person's objects do not exist, and their running answer goes on."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from accounts.models import User
from chat.models import Conversation, Run
from messages.events import Finished, PartDelta, PartStarted
from messages.parts import Text
from tests.api.conftest import Api, bearer, read_stream
from tests.api.logs import store_end, text_of, writing
from tests.cast import signed_in
from tests.security.conftest import everything
from tests.security.routes import METHODS, Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
Belongings = dict[str, Any]
FORM = {"title": "Stolen", "text": "Stolen", "endpoint": "Somewhere", "model": "tiny", "parent": "", "next": "/"}
# Addresses with a part that varies and names nobody's belongings.
NOBODYS = {
    "api:chat_start_at",
    "api:permissions_roles",
    "api:permissions_effective_all",
    "api:role",
    "api:key",  # the name of an endpoint; of one's own keys alone
    "api:role_type",
    "account_reset_password_from_key",
}


def with_objects() -> list[Route]:
    return [route for route in all_routes() if route.kinds and not route.is_admin and route.name not in NOBODYS]


def ids_of(belongings: Belongings) -> dict[str, list[object]]:
    """Return the ids that may stand for each name in an address; an unknown name is tried with all of them."""
    conversation, run = belongings["conversation"].id, belongings["run"].id
    messages = [belongings["question"].id, belongings["reply"].id, belongings["run"].message_id]
    return {
        "conversation_id": [conversation],
        "stream_id": [conversation],
        "message_id": messages,
        "run_id": [run],
        "project_id": [belongings["project"].id],
        "resource": ["project"],
        "resource_id": [belongings["project"].id],
        "tag_id": [belongings["tag"].id],
        "name": [belongings["tag"].name],
        "": [conversation, run, *messages, belongings["project"].id, belongings["tag"].id],
    }


def test_there_are_routes_to_try() -> None:
    assert {"api:conversation", "api:message", "chat:conversation"} <= {route.name for route in with_objects()}


@pytest.mark.parametrize("route", with_objects(), ids=lambda route: route.path)
def test_a_stranger_finds_nothing(route: Route, stranger: User, belongings: Belongings) -> None:
    ids = ids_of(belongings)
    choices = {name: ids.get(name, ids[""]) for name in route.kinds}
    longest = max(len(values) for values in choices.values())
    client = _signed_in(route, stranger)
    before = everything()
    for number in range(longest):
        url = route.url(**{name: values[number % len(values)] for name, values in choices.items()})
        for method in METHODS:
            answer = _call(route, client, method, url)
            assert answer.status_code in {404, 405}, (method, url, answer.status_code)
            assert b"MARKER" not in answer.content
    assert everything() == before


def test_who_administers_nothing_may_do_nothing_under_api_admin(owner: User, stranger: User) -> None:
    """Whatever exists or not: the answer is the same."""
    before = everything()
    routes = [route for route in all_routes() if route.path.startswith("/api/admin/")]
    assert len(routes) > 20
    for route in routes:
        for user_id in (owner.id, stranger.id):
            for method in METHODS:
                answer = _call(route, _signed_in(route, stranger), method, route.url(user_id=user_id, name="USER"))
                assert answer.status_code in {403, 405}, (route, method, answer.status_code)
                assert owner.email.encode() not in answer.content
    assert everything() == before


def _signed_in(route: Route, user: User) -> Client:
    if route.is_api:
        return Client(raise_request_exception=False, headers=bearer(user))
    return signed_in(user)


def _call(route: Route, client: Client, method: str, url: str) -> Any:
    if route.is_api:
        return client.generic(method, url, b"{}", "application/json")
    if method == "POST":
        return client.post(url, FORM)
    return client.generic(method, url)


def test_ids_in_bodies_find_nothing_either(stranger: User, belongings: Belongings) -> None:
    conversation, run = str(belongings["conversation"].id), belongings["run"]
    reply, question = str(belongings["reply"].id), str(belongings["question"].id)
    start = {"text": "Stolen", "endpoint": "Somewhere", "model": "tiny"}
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "convos/update", {"arg": {"conversationId": conversation, "title": "Stolen"}}),
        ("DELETE", "convos", {"arg": {"conversationId": conversation}}),
        ("POST", "agents/chat/abort", {"streamId": conversation}),
        ("POST", "agents/chat/abort", {"conversationId": conversation}),
        ("POST", "agents/chat/abort", {"abortKey": f"{conversation}:x"}),
        ("POST", "agents/chat", {**start, "conversationId": conversation}),
        ("POST", "agents/chat", {**start, "conversationId": conversation, "parentMessageId": reply}),
        ("POST", "agents/chat", {**start, "conversationId": conversation, "parentMessageId": question,
                                 "isRegenerate": True}),
        ("POST", "agents/chat", {**start, "conversationId": conversation, "responseMessageId": str(run.message_id),
                                 "isContinued": True}),
        ("POST", "convos/archive", {"arg": {"conversationId": conversation, "isArchived": True}}),
        ("POST", "convos/pin", {"arg": {"conversationId": conversation, "pinned": True}}),
        ("POST", "convos/fork", {"conversationId": conversation, "messageId": reply}),
        ("POST", "convos/fork", {"conversationId": conversation, "messageId": reply, "option": "directPath"}),
        ("POST", "convos/duplicate", {"conversationId": conversation}),
        ("POST", "tags", {"tag": "Stolen", "addToConversation": True, "conversationId": conversation}),
        ("POST", "user/settings/pinned-order", {"pinnedOrder": [conversation]}),
        ("POST", "messages/branch", {"messageId": reply, "agentId": "Somewhere__tiny"}),
        ("PUT", f"permissions/project/{belongings['project'].id}", {"public": True}),
        ("POST", "agents/chat", {**start, "chatProjectId": str(belongings["project"].id)}),
    ]  # fmt: skip
    before = everything()
    for method, path, body in tries:
        answer = Api(stranger).send(method, f"/api/{path}", body)
        assert answer.status_code == 404, (path, body, answer.content)
    assert everything() == before


def test_a_parent_from_another_conversation_is_not_found(
    stranger: User, belongings: Belongings, make_conversation: Callable[..., Conversation]
) -> None:
    mine = make_conversation(stranger)
    body = {
        "text": "Hello", "endpoint": "Somewhere", "model": "tiny", "conversationId": str(mine.id),
        "parentMessageId": str(belongings["reply"].id),
    }  # fmt: skip
    before = everything()
    assert Api(stranger).post("/api/agents/chat", body).status_code == 404
    assert everything() == before


def test_lists_hold_no_byte_of_anothers(stranger: User, belongings: Belongings) -> None:
    lists = (
        "convos", "convos?limit=100", "agents/chat/active", "user", "tags", "projects", "projects?search=MARKER",
        "messages?search=MARKER", "convos?search=MARKER", "convos?tags=MARKER-TAG", "convos?isArchived=true",
        "user/settings/favorites", "user/settings/pinned-order", "permissions/project/effective/all",
    )  # fmt: skip
    for path in lists:
        answer = Api(stranger).get(f"/api/{path}")
        assert answer.status_code == 200
        assert b"MARKER" not in answer.content
        assert str(belongings["conversation"].id).encode() not in answer.content


async def test_a_stranger_at_the_door_does_not_disturb_the_stream(
    owner: User,
    stranger: User,
    make_conversation: Callable[..., Conversation],
    make_turn: Callable[..., Run],
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    path = f"/api/agents/chat/stream/{chat.id}"
    reading = asyncio.create_task(read_stream(path, owner))
    async with writing(run) as say:
        say(PartStarted(0, Text("Be")))
        client, headers = AsyncClient(), bearer(stranger)
        body = json.dumps({"streamId": str(chat.id)})
        answers = [
            await client.get(path, headers=headers),
            await client.get(f"{path}?resume=true", headers=headers),
            await client.get(f"/api/agents/chat/status/{chat.id}", headers=headers),
            await client.post("/api/agents/chat/abort", body, content_type="application/json", headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        say(PartDelta(0, "cause."))
        await store_end(run, "Because.")
        say(Finished())
    frames = await asyncio.wait_for(reading, 10)
    assert text_of(frames) == "Because."
    assert frames[-1][1]["final"] is True
    await sync_to_async(run.refresh_from_db)()
    assert run.stop_requested is False
