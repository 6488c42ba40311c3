"""One person has only so many sockets and event streams open, and gets each place back however it ended."""

import asyncio
from contextlib import suppress

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import User
from api.librechat.chat.stream import frames, load_reply
from api.librechat.chat.threads import in_database
from runs import stream_slots
from runs.stream_slots import Places
from tests.api.conftest import bearer
from tests.conversations import began
from web.consumers import TOO_MANY, TabConsumer

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_slots, "MAX_STREAMS", 3)


async def opened(user: User) -> WebsocketCommunicator:
    socket = WebsocketCommunicator(TabConsumer.as_asgi(), "/ws")
    socket.scope["user"] = user
    await socket.connect(timeout=10)
    return socket


async def is_open(socket: WebsocketCommunicator) -> bool:
    await socket.send_json_to({"ping": 1})
    event = await socket.receive_output(timeout=10)
    assert event["type"] == "websocket.send" or event["code"] == TOO_MANY
    return bool(event["type"] == "websocket.send")


async def test_sockets(owner: User, admin_user: User) -> None:
    kept = [await opened(owner) for _ in range(3)]  # a test's socket that nobody keeps is closed

    async def another(user: User) -> bool:
        kept.append(await opened(user))
        return await is_open(kept[-1])

    assert [await is_open(socket) for socket in kept] == [True] * 3
    assert not await another(owner)
    assert await another(admin_user), "another's are counted apart"
    await kept[0].disconnect()
    assert await another(owner)
    assert not await another(owner)
    kept[1].stop()  # as a server does with one that hangs
    with suppress(asyncio.CancelledError):
        await kept[1].wait()
    assert await another(owner)


async def test_streams(owner: User) -> None:
    started = await in_database(began)(owner)
    run = await in_database(load_reply)(started.run.id)
    assert run is not None
    following = [frames(run) for _ in range(3)]
    for events in following:
        await anext(events)
    assert stream_slots.streams.are_taken(owner.id)
    await following[0].aclose()  # type: ignore[attr-defined]
    assert not stream_slots.streams.are_taken(owner.id)
    for events in following[1:]:
        await events.aclose()  # type: ignore[attr-defined]


def test_one_stream_too_many_is_refused(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = began(owner).run
    monkeypatch.setattr(Places, "are_taken", lambda self, person: person == owner.id)
    answer = Client().get(f"/api/agents/chat/stream/{run.conversation_id}", headers=bearer(owner))
    assert answer.status_code == 429
    assert answer["Retry-After"] == "5"
