"""The guarded client against real servers and scripted name servers: security cases 38, 39, 42 and 45."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from endpoints.transport import http
from endpoints.transport.http import (
    AnswerTooLarge,
    BrokenAnswer,
    ConnectionFailed,
    OutboundClient,
    OutboundError,
    RefusedAddress,
    TimedOut,
    Timeouts,
    outbound,
)
from tests.endpoints.conftest import Remote
from tests.servers import free_port

pytestmark = pytest.mark.security

QUICK = Timeouts(connect=1, first_byte=0.3, idle=0.3, total=2)


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name resolve to `answers`, one after the other; return the list of names asked for."""
    asked: list[str] = []
    left = iter(answers)

    async def resolve(self: Any, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        asked.append(host)
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for address in next(left)
        ]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    return asked


async def get(client: OutboundClient, url: str, **options: Any) -> bytes:
    async with client.request("GET", url, **options) as answer:
        return await answer.read()


async def test_case_38_public_name_with_a_private_address_is_refused(
    outbound_client: OutboundClient, monkeypatch: pytest.MonkeyPatch, sockets: list[str]
) -> None:
    names(monkeypatch, ["10.0.0.5"], ["8.8.8.8", "10.0.0.5"])
    for _ in range(2):
        with pytest.raises(RefusedAddress):
            await get(outbound_client, "http://rebind.example.com/")
    assert sockets == []


async def test_case_38_the_connection_goes_to_the_address_that_was_checked(
    outbound_client: OutboundClient, monkeypatch: pytest.MonkeyPatch, sockets: list[str]
) -> None:
    asked = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(ConnectionFailed):
        await get(outbound_client, "http://rebind.example.com/")
    assert sockets == ["93.184.216.34"]
    assert asked == ["rebind.example.com"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254"])
async def test_case_38_no_socket_is_made_for_a_private_address_whoever_names_it(address: str) -> None:
    guard = http._Guard(frozenset({("127.0.0.1", 1)}), None)
    with pytest.raises(RefusedAddress):
        guard.socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80)))


async def test_an_address_of_the_operator_is_exempt_on_exactly_its_port(
    remote: Remote, outbound_client: OutboundClient
) -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    remote.handlers["/"] = hello
    assert await get(outbound_client, remote.url("/"), allowlist=remote.allowlist) == b"hello"
    for allowlist in ((), (("127.0.0.1", remote.port + 1),), (("localhost", remote.port),)):
        with pytest.raises(RefusedAddress):  # although a connection to it is open
            await get(outbound_client, remote.url("/"), allowlist=allowlist)
    assert len(remote.seen) == 1


async def test_an_exempt_name_may_lead_to_a_private_address(
    remote: Remote, outbound_client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    remote.handlers["/"] = hello
    names(monkeypatch, ["127.0.0.1"])
    url = f"http://ollama:{remote.port}/"
    assert await get(outbound_client, url, allowlist=(("ollama", remote.port),)) == b"hello"


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://10.0.0.5/", "file:///etc/passwd", "http://localhost/",
                                    "//169.254.169.254/latest", "gopher://x.example.org/"])  # fmt: skip
async def test_case_39_redirect_to_a_private_address_is_refused(
    remote: Remote, outbound_client: OutboundClient, target: str
) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    remote.handlers["/"] = away
    with pytest.raises(RefusedAddress):
        await get(outbound_client, remote.url("/"), allowlist=remote.allowlist, redirects=5)
    assert [path for _, path, _ in remote.seen] == ["/"]


async def test_case_39_ten_hops_are_too_many(remote: Remote, outbound_client: OutboundClient) -> None:
    async def round_and_round(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/"})

    remote.handlers["/"] = round_and_round
    async with outbound_client.request("GET", remote.url("/"), allowlist=remote.allowlist, redirects=4) as answer:
        assert answer.status == 302
    assert len(remote.seen) == 5


async def test_case_39_credentials_stay_behind_when_the_origin_changes(
    remote: Remote, outbound_client: OutboundClient
) -> None:
    other = ("localhost", remote.port)

    async def away(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"http://localhost:{remote.port}/there"})

    async def there(request: web.Request) -> web.Response:
        return web.Response(text=await request.text())

    remote.handlers |= {"/": away, "/there": there}
    sent = {"Authorization": "Bearer sk-secret", "X-Api-Key": "sk-secret", "Accept": "text/plain"}
    async with outbound_client.request(
        "POST", remote.url("/"), headers=sent, json={"q": 1}, allowlist=(*remote.allowlist, other), redirects=1
    ) as answer:
        assert await answer.read() == b""
    assert remote.seen[0][2]["Authorization"] == "Bearer sk-secret"
    method, _, headers = remote.seen[1]
    assert method == "GET"
    assert headers["Accept"] == "text/plain"
    assert "sk-secret" not in str(headers)


async def test_a_post_is_not_redirected_unless_asked(remote: Remote, outbound_client: OutboundClient) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/there"})

    remote.handlers["/"] = away
    async with outbound_client.request("POST", remote.url("/"), json={}, allowlist=remote.allowlist) as answer:
        assert answer.status == 302
    assert len(remote.seen) == 1


async def test_case_42_endless_body_is_cut_by_size(remote: Remote, outbound_client: OutboundClient) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    remote.handlers["/"] = endless
    with pytest.raises(AnswerTooLarge):
        await get(outbound_client, remote.url("/"), allowlist=remote.allowlist)
    async with outbound_client.request("GET", remote.url("/"), allowlist=remote.allowlist) as answer:
        assert len(await answer.read(100_000, cut=True)) <= 100_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_case_42_gzip_bomb_is_cut_by_what_it_unpacks_to(
    remote: Remote, outbound_client: OutboundClient, encoding: str
) -> None:
    bomb = gzip.compress(b"0" * 50_000_000) if encoding == "gzip" else zlib.compress(b"0" * 50_000_000)

    async def explode(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": encoding})

    remote.handlers["/"] = explode
    with pytest.raises(AnswerTooLarge):
        await get(outbound_client, remote.url("/"), allowlist=remote.allowlist)


async def test_a_packed_answer_is_unpacked(remote: Remote, outbound_client: OutboundClient) -> None:
    async def packed(request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"hello" * 1000), headers={"Content-Encoding": "gzip"})

    async def odd(request: web.Request) -> web.Response:
        return web.Response(body=b"?", headers={"Content-Encoding": "br"})

    remote.handlers |= {"/": packed, "/odd": odd}
    assert await get(outbound_client, remote.url("/"), allowlist=remote.allowlist) == b"hello" * 1000
    with pytest.raises(BrokenAnswer):
        await get(outbound_client, remote.url("/odd"), allowlist=remote.allowlist)


async def test_case_42_slow_head_and_slow_body_run_out_of_time(remote: Remote, outbound_client: OutboundClient) -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def drop(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.Event().wait()
        return response

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    remote.handlers |= {"/silent": silent, "/drop": drop, "/drip": drip}
    for path in remote.handlers:
        with pytest.raises(TimedOut):
            await get(outbound_client, remote.url(path), allowlist=remote.allowlist, timeouts=QUICK)


async def _raw(answer: bytes) -> tuple[asyncio.AbstractServer, int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    port = free_port()
    return await asyncio.start_server(serve, "127.0.0.1", port), port


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(10_000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    ],
    ids=["10000 headers", "a long header", "another protocol", "nothing", "too short"],
)
async def test_case_42_what_is_no_proper_answer_is_an_error(outbound_client: OutboundClient, answer: bytes) -> None:
    server, port = await _raw(answer)
    with pytest.raises(OutboundError):
        await get(outbound_client, f"http://127.0.0.1:{port}/", allowlist=(("127.0.0.1", port),))
    server.close()


async def test_case_45_no_cookie_is_kept_and_nothing_is_added(remote: Remote, outbound_client: OutboundClient) -> None:
    async def bake(request: web.Request) -> web.Response:
        response = web.Response()
        response.set_cookie("session", "secret")
        return response

    remote.handlers["/"] = bake
    for _ in range(2):
        await get(outbound_client, remote.url("/"), allowlist=remote.allowlist)
    for _, _, headers in remote.seen:
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


async def test_proxies_of_the_environment_are_not_used(
    remote: Remote, outbound_client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    remote.handlers["/"] = hello
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await get(outbound_client, remote.url("/"), allowlist=remote.allowlist) == b"hello"


async def test_a_session_for_a_library_cannot_leave_its_host(
    remote: Remote, outbound_client: OutboundClient, monkeypatch: pytest.MonkeyPatch, sockets: list[str]
) -> None:
    names(monkeypatch, ["8.8.8.8"])
    session = outbound_client.session((), only=("api.example.com", 443))
    with pytest.raises(RefusedAddress):
        await session.get("https://elsewhere.example.com/")
    assert sockets == []


async def test_nobody_there_is_a_failed_connection(outbound_client: OutboundClient) -> None:
    port = free_port()
    with pytest.raises(ConnectionFailed):
        await get(outbound_client, f"http://127.0.0.1:{port}/", allowlist=(("127.0.0.1", port),))


def test_the_client_of_a_loop_ends_with_it() -> None:
    async def use() -> tuple[OutboundClient, aiohttp.ClientSession]:
        client = await outbound()
        assert await outbound() is client
        return client, client.session()

    client, session = asyncio.run(use())
    assert session.closed
    assert all(kept_client is not client for kept_client, _ in http._clients.values())


@pytest.fixture(autouse=True)
def _no_leak() -> Iterator[None]:
    yield
    assert not [loop for loop in http._clients if loop.is_closed()]
