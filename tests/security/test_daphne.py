"""Daphne as it runs here: nobody moves the site, and no websocket fills the memory or is too small for a reply."""

import http.client
import json
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from twisted.internet import tcp
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from accounts.models import User
from chat.models import Message, Run
from core.http.daphne import MAX_MESSAGE_BYTES, LimitedSocket
from tests.conversations import began
from tests.security.test_body_limits import MEGABYTE, Running, serving

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("somewhere")]


@pytest.fixture(scope="module")
def daphne(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), serving("daphne") as running:
        yield running


def asked(server: Running, path: str, **headers: str) -> tuple[int, str | None, str]:
    """Return status, where it leads to, and for which pages it is."""
    there = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    there.request("GET", path, headers=headers)
    answer = there.getresponse()
    policy = (answer.getheader("Content-Security-Policy") or "").count("unsafe-eval")
    result = (answer.status, answer.getheader("Location"), f"{policy}")
    there.close()
    return result


PLACES = [
    "https://evil.example",
    "//evil.example",
    "@evil.example",
    "/api",
    "/admin",
    "/static",
    "x",
    "%00",
    "/c/",
    "/",
    "",
]


@pytest.mark.parametrize("mount_path", PLACES)
def test_no_client_says_where_the_site_is_mounted(daphne: Running, mount_path: str) -> None:
    for path in ("/c/new", f"{mount_path if mount_path[:1] == '/' else '/x'}/api/config", "/admin/"):
        usual = asked(daphne, path)
        for name in ("Daphne-Root-Path", "daphne-root-path", "Script-Name"):
            assert asked(daphne, path, **{name: mount_path}) == usual, (path, name)


@contextmanager
def tab(server: Running, user: User, path: str = "/ws", **headers: str) -> Iterator[ClientConnection]:
    client = Client()
    client.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    here = f"127.0.0.1:{server.port}"
    with connect(
        f"ws://{here}{path}", origin=Origin(f"http://{here}"), max_size=None, compression=None, open_timeout=30,
        additional_headers={"Cookie": cookie, **headers},
    ) as socket:  # fmt: skip
        yield socket


def test_nor_of_a_socket(daphne: Running, owner: User) -> None:
    for path, mount_path in (("/x/ws", "/x"), ("/static/ws", "/static")):
        with pytest.raises(InvalidStatus), tab(daphne, owner, path, **{"Daphne-Root-Path": mount_path}):
            pass
    with tab(daphne, owner, **{"Daphne-Root-Path": "/x"}) as socket:
        socket.send('{"ping": 1}')
        assert json.loads(socket.recv(30)) == ["pong"]


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_message_that_is_too_long_ends_the_socket(daphne: Running, owner: User, pieces: int) -> None:
    size = MAX_MESSAGE_BYTES // pieces + 1
    with tab(daphne, owner) as socket:
        socket.send([" " * size] * pieces if pieces > 1 else " " * size)
        with pytest.raises(ConnectionClosed):
            socket.recv(30)
    assert socket.close_code != 4400, "it was taken whole"


def say(socket: ClientConnection, times: int) -> None:
    for _ in range(times):
        socket.send(json.dumps({"follow": str(uuid4())}) + " " * 1000)


def test_a_client_that_says_more_than_is_heard_is_hung_up_on(daphne: Running, owner: User) -> None:
    before = daphne.peak()
    with tab(daphne, owner) as socket, pytest.raises(ConnectionClosed):
        say(socket, 100_000)
    assert daphne.peak() - before < 32 * MEGABYTE


def test_a_reply_of_several_megabytes_comes_through(daphne: Running, owner: User) -> None:
    run, text = began(owner).run, "A word, and another. " * 100_000
    Message.objects.filter(id=run.message_id).update(
        parts=[{"type": "text", "text": text}], text=text, state=Message.State.COMPLETE
    )
    Run.objects.filter(id=run.id).update(state=Run.State.DONE)
    with tab(daphne, owner) as socket:
        socket.send(json.dumps({"follow": str(run.id)}))
        frame = str(socket.recv(60))
    assert len(frame) > 2 * MEGABYTE
    assert json.loads(frame.rsplit("\n", maxsplit=1)[-1])[0] == "d"


def a_sender(*, buffer: int = 65_536) -> tuple[Any, Any, socket.socket]:
    """Return a tab's end here, its transport, and the browser's end."""
    server, browser = socket.socketpair()
    server.setblocking(False)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    transport: Any = tcp.Connection(server, Mock(), Mock())
    transport.connected = True
    sender: Any = LimitedSocket()
    sender.transport, sender.state, sender.send_queue = transport, LimitedSocket.STATE_OPEN, deque()
    sender.trafficStats, sender.logOctets, sender.peer = Mock(outgoingOctetsWireLevel=0), False, "tab"
    return sender, transport, browser


def test_a_tab_that_reads_slowly_gets_every_byte_in_order() -> None:
    """What the socket takes is sent at once; the rest, and what comes while it waits, follows in its order."""
    sender, transport, browser = a_sender(buffer=4096)
    frames = [bytes([number % 251]) * (number * 37 % 3_000 + 1) for number in range(400)]
    received = bytearray()
    for number, frame in enumerate(frames):
        sender.sendData(frame)
        if number % 7 == 0:
            received += browser.recv(2_000)
            transport.doWrite()
    while len(received) < sum(map(len, frames)):
        received += browser.recv(1_000_000)
        transport.doWrite()
    assert received == b"".join(frames)
    transport.socket.close()
    browser.close()


def test_a_frame_that_the_socket_takes_does_not_wait_for_the_reactor() -> None:
    sender, transport, browser = a_sender()
    sender.sendData(b"Hello")
    assert browser.recv(100) == b"Hello"
    transport.reactor.addWriter.assert_not_called()
    browser.close()
    sender.sendData(b"nobody")  # the reactor finds out that nobody is there
    transport.reactor.addWriter.assert_called_once()
    transport.socket.close()
