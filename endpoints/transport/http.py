"""All outbound connections are made here.

An address is checked three times: its spelling before it is resolved, the addresses that its name resolves to, and the
socket's address when it connects. Private, loopback, link-local and metadata addresses are refused, unless the operator
listed exactly this host and port (`allowlist`); addresses that a person, a model or a remote server can influence are
never exempt. Redirects are followed by hand and checked at every hop. Nothing is taken from the environment or from
cookies, and every response is limited in size and time.

No other module may import an HTTP library or a socket; a test checks every file.
"""

import asyncio
import json as jsonlib
import socket
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.addresses import Address, RefusedAddress, address_of, check_address, check_host

__all__ = [
    "Answer",
    "AnswerTooLarge",
    "BrokenAnswer",
    "ConnectTimedOut",
    "ConnectionFailed",
    "OutboundClient",
    "OutboundError",
    "RefusedAddress",
    "TimedOut",
    "Timeouts",
    "Watched",
    "check_url",
    "outbound",
    "watched",
]

USER_AGENT = "Parley"
MAX_SIZE = 256 * 1024 * 1024
_REDIRECTS = {301, 302, 303, 307, 308}
_KEPT_ABROAD = {"accept", "accept-encoding", "user-agent"}  # all a redirect to another origin takes along
_READ = 2**16
# Whoever thinks for minutes sends nothing, and what stands in between forgets a connection that carries nothing.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 5}  # seconds, seconds, times


class OutboundError(Exception):
    """A request that got no proper answer. The text is for the log."""


class ConnectionFailed(OutboundError):
    """Nobody answers there: no such name, refused, TLS failed."""


class TimedOut(OutboundError):
    pass


class ConnectTimedOut(TimedOut):
    """Nobody took the connection in time, so nothing was sent."""


class BrokenAnswer(OutboundError):
    """The connection broke, or what came is not HTTP."""


class AnswerTooLarge(OutboundError):
    pass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: for the connection, for the head of the answer, between two pieces of it, for all of it.

    Whoever reads the answer may allow more silence before what it waits for has come (`Answer.allow_silence`).
    """

    connect: float = 10
    first_byte: float = 120
    idle: float = 180
    total: float = 3600


def check_url(url: str, allowlist: Collection[Address] = ()) -> Address:
    """Return the host and port of an address that may be called, as far as its spelling tells.

    Raises `RefusedAddress`.
    """
    parsed = _checked(url, allowlist)
    return str(parsed.host).rstrip(".").lower(), int(parsed.port or 0)


class _Guard(AbstractResolver):
    """Resolves names for one session and makes its sockets; both only for addresses that may be called."""

    def __init__(self, allowlist: frozenset[Address], only: Address | None) -> None:
        self._allowlist = allowlist
        self._only = only
        self._granted = set(allowlist)  # written as an address; or what an exempt name resolved to
        self._names = aiohttp.ThreadedResolver()

    def check(self, address: Address) -> None:
        if self._only is not None and address != self._only:
            raise RefusedAddress(f"{address[0]} is not the endpoint's own host")
        if address not in self._allowlist:
            check_host(address[0])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = (host.rstrip(".").lower(), port)
        self.check(address)
        results = await self._names.resolve(host, port, family)
        for result in results:
            if address in self._allowlist:
                self._granted.add((result["host"], result["port"]))
            else:
                check_address(result["host"])
        return results

    def socket(self, info: Any) -> socket.socket:
        """Make the socket for the very address that it is about to be connected to."""
        family, kind, protocol, _, target = info
        if (target[0], target[1]) not in self._granted:
            check_address(target[0])
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if hasattr(socket, name):  # not every system has them
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return made

    async def close(self) -> None:
        await self._names.close()


@dataclass
class Answer:
    """The head of an answer; its body is read once, by `chunks` or `read`."""

    status: int
    headers: Mapping[str, str]
    _response: aiohttp.ClientResponse = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def allow_silence(self, seconds: float) -> None:
        """Fail from now on when no byte comes for so long. Every byte counts, also of what means nothing."""
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:  # else all of it is here
            connection.protocol.read_timeout = seconds
            connection.protocol.start_timeout()

    async def chunks(self, limit: int = MAX_SIZE) -> AsyncGenerator[bytes]:
        """Yield the body as it comes, unpacked. Raises `OutboundError`, `AnswerTooLarge` past `limit` bytes."""
        unpack = _unpacker(self.headers.get("Content-Encoding", ""))
        size = 0
        try:
            async for chunk in self._response.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise AnswerTooLarge(f"more than {limit} bytes")
                if unpack is None:
                    yield chunk
                    continue
                for piece in unpack.feed(chunk):
                    size += len(piece)
                    if size > limit:
                        raise AnswerTooLarge(f"more than {limit} bytes when unpacked")
                    yield piece
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, zlib.error) as error:
            raise _translated(error) from error

    async def read(self, limit: int = 1024 * 1024, *, cut: bool = False) -> bytes:
        """Return the whole body; past `limit` bytes raise `AnswerTooLarge`, or return what there is with `cut`."""
        body = bytearray()
        try:
            async for chunk in self.chunks(limit):
                body += chunk
        except AnswerTooLarge:
            if not cut:
                raise
        return bytes(body)


class OutboundClient:
    """The connections of one event loop. Sessions with different exemptions share no connection."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[frozenset[Address], Address | None], aiohttp.ClientSession] = {}
        self.kept: dict[Any, Any] = {}  # what adapters build upon a session, and must not outlive it

    def session(self, allowlist: Collection[Address] = (), only: Address | None = None) -> aiohttp.ClientSession:
        """Return a session that cannot leave the guard: for a library that must be handed one.

        `only` holds it to one host and port, whatever a redirect says.
        """
        key = (frozenset(allowlist), only)
        session = self._sessions.get(key)
        if session is None or session.closed:
            guard = _Guard(*key)
            connector = aiohttp.TCPConnector(
                resolver=guard, socket_factory=guard.socket, limit=0, keepalive_timeout=30, ttl_dns_cache=30
            )
            session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=only is not None,  # a library expects it; our own answers unpack within a limit
                trust_env=False,
                headers={"User-Agent": USER_AGENT},
                read_bufsize=_READ,
                trace_configs=[_tracing()] if only is not None else None,
            )
            self._sessions[key] = session
        return session

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        allowlist: Collection[Address] = (),
        redirects: int = 0,
        timeouts: Timeouts | None = None,
    ) -> AsyncIterator[Answer]:
        """Send a request; the body of the answer can be read until the block ends, which closes what is unread.

        What is sent is `json`, or `body` as it is, whose type the headers name.

        Follows at most `redirects` redirects; with none, a redirect is an answer like any other. Raises
        `RefusedAddress` before anything is sent there, and `OutboundError` when no proper answer comes.
        """
        timeouts = timeouts or Timeouts()
        sent = {"Accept-Encoding": "gzip, deflate" if method == "GET" else "identity"} | dict(headers or {})
        if json is not None:
            body = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            sent["Content-Type"] = "application/json"
        target = _checked(url, allowlist)
        response = await self._send(method, target, sent, body, allowlist, timeouts)
        try:
            while redirects and response.status in _REDIRECTS and "Location" in response.headers:
                redirects -= 1
                following = _checked(response.headers["Location"], allowlist, base=target)
                if following.origin() != target.origin():
                    sent = {name: value for name, value in sent.items() if name.lower() in _KEPT_ABROAD}
                    body = None
                if response.status not in {307, 308} or body is None:
                    method, body = "GET", None
                response.close()
                target = following
                response = await self._send(method, target, sent, body, allowlist, timeouts)
            yield Answer(response.status, response.headers, response)
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _send(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        body: bytes | None,
        allowlist: Collection[Address],
        timeouts: Timeouts,
    ) -> aiohttp.ClientResponse:
        timeout = aiohttp.ClientTimeout(
            total=timeouts.total, sock_connect=timeouts.connect, sock_read=timeouts.first_byte, ceil_threshold=60
        )
        try:
            async with asyncio.timeout(timeouts.connect + timeouts.first_byte):
                response = await self.session(allowlist).request(
                    method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _translated(error) from error
        except ValueError as error:  # a header that cannot be one
            raise ConnectionFailed(f"not sent: {error}") from error
        Answer(response.status, response.headers, response).allow_silence(timeouts.idle)
        return response

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        self.kept.clear()


class Watched:
    """A request that a library makes through `OutboundClient.session`: how far it is, and its answer."""

    def __init__(self, timeouts: Timeouts, limit: asyncio.Timeout) -> None:
        self.answer: Answer | None = None
        self.connecting = False
        self.is_over = False
        self._timeouts = timeouts
        self._limit = limit

    def connect(self) -> None:
        self.connecting = True
        self._wait(self._timeouts.connect)

    def connected(self) -> None:
        self.connecting = False
        self._wait(self._timeouts.first_byte)

    def answered(self, response: aiohttp.ClientResponse) -> None:
        """The head is here: what may pass between two bytes is the connection's to watch."""
        self.answer = Answer(response.status, response.headers, response)
        self.answer.allow_silence(self._timeouts.first_byte)
        self._wait(self._timeouts.total)

    def _wait(self, seconds: float) -> None:
        if not (self.is_over or self._limit.expired()):
            self._limit.reschedule(asyncio.get_running_loop().time() + seconds)


_watched: ContextVar[Watched | None] = ContextVar("_watched", default=None)


@asynccontextmanager
async def watched(timeouts: Timeouts) -> AsyncIterator[Watched]:
    """Hold a library's request within the block to `timeouts`. Raises `TimedOut`."""
    request: Watched | None = None
    try:
        async with asyncio.timeout(timeouts.connect + timeouts.first_byte) as limit:
            request = Watched(timeouts, limit)
            token = _watched.set(request)
            try:
                yield request
            finally:
                request.is_over = True
                _watched.reset(token)
    except TimeoutError as error:
        if request is not None and request.connecting:
            raise ConnectTimedOut("no connection") from error
        raise TimedOut("no answer") from error


def _tracing() -> aiohttp.TraceConfig:
    """Return what tells the `Watched` of the running code how far its request is."""
    tracing = aiohttp.TraceConfig()

    async def connect(*_: Any) -> None:
        if (request := _watched.get()) is not None:
            request.connect()

    async def connected(*_: Any) -> None:
        if (request := _watched.get()) is not None:
            request.connected()

    async def answered(_session: Any, _context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        if (request := _watched.get()) is not None:
            request.answered(params.response)

    tracing.on_connection_create_start.append(connect)
    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(connected)
    tracing.on_request_end.append(answered)
    return tracing


_clients: dict[asyncio.AbstractEventLoop, tuple[OutboundClient, AsyncGenerator[None]]] = {}


async def outbound() -> OutboundClient:
    """Return the client of the running event loop. It is closed when the loop ends."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        client = OutboundClient()
        closer = _close_with_loop(loop, client)
        _clients[loop] = client, closer
        await anext(closer)
    return _clients[loop][0]


async def _close_with_loop(loop: asyncio.AbstractEventLoop, client: OutboundClient) -> AsyncGenerator[None]:
    """Wait in an open generator: asyncio closes those before a loop ends, and with this one the client."""
    try:
        yield
    finally:
        _clients.pop(loop, None)
        await client.close()


def _checked(url: str, allowlist: Collection[Address], base: URL | None = None) -> URL:
    """Return the parsed address if it may be called. What cannot be understood is refused."""
    try:
        parsed = URL(url) if base is None else base.join(URL(url))
    except (ValueError, TypeError):
        raise RefusedAddress("the address cannot be understood") from None
    address = address_of(str(parsed))
    if address is None:
        raise RefusedAddress("only http and https addresses can be called")
    if parsed.user is not None or parsed.password is not None:
        raise RefusedAddress("an address may not carry a name or a password")
    if address not in allowlist:
        check_host(address[0])
    return parsed


def _translated(error: Exception) -> Exception:
    """Return the library's error as one of ours."""
    text = f"{type(error).__name__}: {error}"[:500]
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectTimedOut(text)
    if isinstance(error, TimeoutError):
        return TimedOut(text)
    if isinstance(error, aiohttp.InvalidURL):
        return RefusedAddress(text)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientSSLError):
        return ConnectionFailed(text)
    return BrokenAnswer(text)


def _unpacker(encoding: str) -> "_Unpacker | None":
    """Return what unpacks a body, or None for a plain one. Raises `BrokenAnswer` for what nobody asked for."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BrokenAnswer(f"unknown content encoding {encoding[:40]!r}")
    return _Unpacker(deflate=encoding == "deflate")


class _Unpacker:
    """Unpacks a body that comes in chunks. Some servers pack every piece of a stream by itself."""

    def __init__(self, *, deflate: bool) -> None:
        self._wbits = 15 if deflate else 47
        self._flow = zlib.decompressobj(self._wbits)
        self._head = b"" if deflate else None  # what may have to be read once more, without a head

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what `chunk` unpacks to, in pieces of bounded size. Raises `zlib.error`."""
        while chunk:
            if self._flow.eof:
                self._flow = zlib.decompressobj(self._wbits)
            try:
                piece = self._flow.decompress(chunk, _READ)
            except zlib.error:
                if self._head is None:
                    raise
                chunk, self._head, self._wbits = self._head + chunk, None, -15  # "deflate" is often sent so
                self._flow = zlib.decompressobj(self._wbits)
                continue
            if self._head is not None:
                self._head = self._head + chunk if not piece and len(self._head) < 2 else None
            if piece:
                yield piece
            chunk = self._flow.unused_data if self._flow.eof else self._flow.unconsumed_tail
