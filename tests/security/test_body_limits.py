"""A body is refused while it comes in: on every route, by its declared length and in chunks, in bounded memory."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.views import APIView

from accounts.models import User
from config.urls import urlpatterns as all_patterns
from core.http import bodies
from tests.security.routes import all_routes
from tests.servers import free_port, wait_for_port

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1 << 20
PIECE = b"x" * 65_536
# Ways into the server that are in no list of routes.
OTHERS = (
    "/", "/login", "/c/new/turns", "/api/user", "/api/agents/chat", "/admin/accounts/user/add/", "/oauth/openid",
    "/api/agents/chat/stream/x", "/static/css/base.css", "/health", "/readyz", "/ws", "/nowhere", "/api/nowhere",
    "/admin/nowhere/", "/api/../api/user", "/%61pi/user", "//evil.example/login", "/c/new?x=%00",
)  # fmt: skip
SERVERS = {
    "daphne": ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", "{port}", "config.asgi:application"],
    "uvicorn": ["-m", "uvicorn", "--log-level", "error", "--port", "{port}", "--ws", "none", "config.asgi:application"],
}


@dataclass
class Running:
    port: int
    pid: int

    def peak(self) -> int:
        """Return the most memory it has had, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))

    def scratch(self) -> int:
        """Return the bytes in files that have a name no more."""
        size = 0
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                if " (deleted)" in str(descriptor.readlink()):
                    size += descriptor.stat().st_size
        return size


@contextmanager
def serving(name: str) -> Iterator[Running]:
    port = free_port()
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
    command = [sys.executable, *(argument.format(port=port) for argument in SERVERS[name])]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "true"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process, 60)
        yield Running(port, process.pid)
    finally:
        process.kill()
        process.wait()


def answer_to(
    server: Running, method: str, target: str, *, size: int, declared: bool, **headers: str
) -> tuple[bytes, int]:
    """Send a body piece by piece until an answer comes; return the answer and how much was sent by then."""
    lines = {"Host": f"127.0.0.1:{server.port}", "Content_Type": "application/octet-stream", **headers}
    lines |= {"Content-Length": str(size)} if declared else {"Transfer-Encoding": "chunked"}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", server.port), 30) as peer:
        peer.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode())
        peer.settimeout(20 if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and declared else 0.0)
        while sent < size and not answer:
            try:
                answer = peer.recv(65_536)
                break
            except (TimeoutError, BlockingIOError):
                peer.settimeout(30)
            piece = PIECE if declared else b"10000\r\n" + PIECE + b"\r\n"
            try:
                peer.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
            sent += len(PIECE)
            peer.settimeout(0.0)
        if not declared and sent >= size:
            peer.sendall(b"0\r\n\r\n")
        peer.settimeout(30)
        answer = answer or peer.recv(65_536)
    return answer, sent


def paths() -> list[str]:
    return [*(route.url() for route in all_routes()), *OTHERS]


@pytest.fixture(scope="module", params=SERVERS)
def each_server(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), serving(request.param) as running:
        yield running


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_declared_length_is_refused_before_a_byte_is_sent(each_server: Running, method: str) -> None:
    for address in paths() if method == "POST" else OTHERS:
        answer, sent = answer_to(each_server, method, address, size=500 * MEGABYTE, declared=True)
        assert answer.startswith(b"HTTP/1.1 413"), (method, address, answer[:100])
        assert sent == 0, (method, address)


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_body_in_chunks_is_refused_where_it_passes_the_limit(
    each_server: Running, signed_in: bool, owner: User
) -> None:
    headers = {}
    if signed_in:
        client = Client()
        client.force_login(owner)
        headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    before = each_server.peak()
    for address in OTHERS if signed_in else paths():
        answer, sent = answer_to(each_server, "POST", address, size=64 * MEGABYTE, declared=False, **headers)
        assert answer.startswith(b"HTTP/1.1 413"), (address, answer[:100])
        # What lies in the buffers of the sockets comes on top.
        assert sent < settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 12 * MEGABYTE, address
        kind = b"application/json" if unquote(address).startswith("/api/") else b"text/html"
        assert b"content-type: " + kind in answer.lower(), address
    assert each_server.peak() - before < 60 * MEGABYTE
    assert each_server.scratch() < 8 * MEGABYTE


def test_who_asks_first_whether_to_send_is_told_no(each_server: Running) -> None:
    answer, sent = answer_to(each_server, "POST", "/login", size=50 * MEGABYTE, declared=True, Expect="100-continue")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer
    assert sent == 0


def test_a_handshake_with_a_body_is_refused(each_server: Running) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Key": "x" * 22 + "==",
               "Sec_WebSocket_Version": "13"}  # fmt: skip
    answer, sent = answer_to(each_server, "GET", "/ws", size=50 * MEGABYTE, declared=True, **upgrade)
    assert answer.startswith(b"HTTP/1.1 413")
    assert sent == 0


def test_what_is_within_the_limit_still_arrives(each_server: Running) -> None:
    for declared in (True, False):
        answer, _sent = answer_to(
            each_server,
            "POST",
            "/api/auth/login",
            size=2 * MEGABYTE,
            declared=declared,
            Content_Type="application/json",
        )
        assert answer.startswith(b"HTTP/1.1 400"), answer[:200]  # it is no JSON


# --- a route says itself how much it takes -----------------------------------------------------------


@bodies.accepts(40 * MEGABYTE)
def upload(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class UploadView(APIView):
    body_limit = 20 * MEGABYTE


urlpatterns = [path("upload", upload), path("api/upload", UploadView.as_view()), *all_patterns]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("method", "where", "limit"),
    [
        ("POST", "/upload", 40 * MEGABYTE),
        ("PUT", "/api/upload", 20 * MEGABYTE),
        ("GET", "/upload", bodies.SMALL),
        ("POST", "/nowhere", bodies.SMALL),
        ("POST", "/login", settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
    ],
)
def test_a_route_may_declare_a_larger_limit(method: str, where: str, limit: int) -> None:
    assert bodies.limit_of(method, where) == limit
