"""A tab's end of its websocket, against the real log, channel layer and database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connections

from accounts.models import User
from chat.models import Run
from chat.services.turns.draft import StartedTurn
from runs import follow
from tests.conversations import began
from web import consumers
from web.consumers import TabConsumer

PATIENCE = 10.0


class Socket:
    """A tab's end of its websocket: frames are split into their messages."""

    def __init__(self, user: User | AnonymousUser, session_key: str | None = "") -> None:
        self._socket = WebsocketCommunicator(TabConsumer.as_asgi(), "/ws")
        self._socket.scope["user"] = user
        if session_key:
            self._socket.scope["session"] = SessionStore(session_key)
        self.messages: list[list[Any]] = []
        self.received = 0

    async def open(self) -> "Socket":
        accepted, _ = await self._socket.connect(timeout=PATIENCE)
        assert accepted
        return self

    async def say(self, **message: Any) -> None:
        await self._socket.send_json_to(message)

    async def say_text(self, text: str) -> None:
        await self._socket.send_to(text_data=text)

    async def say_bytes(self, data: bytes) -> None:
        await self._socket.send_to(bytes_data=data)

    async def hear(self) -> None:
        frame = await self._socket.receive_from(timeout=PATIENCE)
        self.received += len(frame.encode())
        self.messages += [json.loads(line) for line in frame.split("\n")]

    async def until(self, name: str) -> list[Any]:
        """Return the next message of that name."""
        while True:
            for number, message in enumerate(self.messages):
                if message[0] == name:
                    del self.messages[: number + 1]
                    return message
            await self.hear()

    async def text_until(self, text: str) -> str:
        """Return all that was sent, up to the message that holds `words`."""
        while text not in json.dumps(self.messages, ensure_ascii=False):
            await self.hear()
        return json.dumps(self.messages, ensure_ascii=False)

    async def settled(self) -> list[list[Any]]:
        """Return what has come, when everything sent so far has been answered."""
        await self.say(ping=1)
        while ["pong"] not in self.messages:
            await self.hear()
        self.messages.remove(["pong"])
        return self.messages

    async def closed_with(self) -> int:
        while True:
            message = await self._socket.receive_output(timeout=PATIENCE)
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def close(self) -> None:
        with suppress(asyncio.CancelledError):
            await self._socket.disconnect(timeout=PATIENCE)


@pytest.fixture
async def one_process() -> AsyncIterator[None]:
    """What a web process keeps for itself begins anew, and ends with the test."""
    yield
    if asyncio.get_running_loop() in follow._readers:
        await follow.reader().aclose()
        del follow._readers[asyncio.get_running_loop()]
    consumers._renderers.clear()
    consumers._ended.clear()
    channel_layers.backends.clear()
    await sync_to_async(connections.close_all)()


@pytest.fixture
async def connect_tab(owner: User) -> AsyncIterator[Callable[..., Awaitable[Socket]]]:
    """Return a function that opens a tab of the owner, or of somebody else."""
    opened: list[Socket] = []

    async def make(user: User | None = None) -> Socket:
        opened.append(await Socket(user or owner).open())
        return opened[-1]

    yield make
    for socket in opened:
        await socket.close()


Tabs = Callable[..., Awaitable[Socket]]


@pytest.fixture
def started(owner: User) -> StartedTurn:
    turn = began(owner)
    Run.objects.filter(id=turn.run.id).update(state="running")
    return turn
