"""The one way out: every outbound request of the product goes through this client.

An address is judged where it counts, on the resolved IP at connect time, and the connection goes to exactly the
address that was judged: a name that resolves to something else a moment later changes nothing. Private, loopback,
link-local, metadata and other inward addresses are refused, unless the operator wrote that very host and port.
No cookies, no proxies from the environment, no redirects unless asked for, limits on everything.
"""

import asyncio
import ipaddress
import json
import re
import socket
import unicodedata
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

MAX_HEADERS = 16_384  # bytes of one line of the head; aiohttp refuses longer ones
MAX_BODY = 8 * 1024 * 1024
MAX_REDIRECTS = 5
CONNECT_SECONDS = 10
_INWARD_NAMES = re.compile(r"(^|\.)(localhost|local|internal|localdomain|home\.arpa)$")
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key"}
# What `ipaddress` does not count as private, or counts differently between versions of Python.
_INWARD = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3", "::/127", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "fc00::/7", "fe80::/9", "ff00::/8",
    )
]  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddress(Exception):
    """The address must not be reached, or cannot be understood. No packet was sent."""


class TooMuch(Exception):
    """The other side sent more than allowed."""


@dataclass(frozen=True, slots=True)
class Exemptions:
    """Host and port pairs the operator wrote: reachable although they lead inwards."""

    pairs: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    @classmethod
    def of_urls(cls, *urls: str) -> "Exemptions":
        """Exempt the very hosts and ports of `urls`. Raises `RefusedAddress` for one that is no URL."""
        return cls(frozenset(target(url)[1:] for url in urls if url))


def is_inward(address: Address) -> bool:
    """Whether an address leads into the operator's own network, also when it hides in an IPv6 form."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if hidden:
            return is_inward(hidden) or address.teredo is not None
        if address in _NAT64:
            return is_inward(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if int(address) >> 32 == 0:  # the old IPv4-compatible form
            return True
    return not address.is_global or any(address in network for network in _INWARD if network.version == address.version)


def target(url: str) -> tuple[str, str, int]:
    """Return scheme, host (ASCII, lower case) and port of `url`. Raises `RefusedAddress` for anything odd."""
    if not url.isprintable() or "\\" in url or " " in url or "{{" in url or "${" in url:
        raise RefusedAddress("the address holds characters that no address has")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise RefusedAddress("the address cannot be read") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise RefusedAddress("only http and https addresses are allowed")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise RefusedAddress("an address must not hold a name or a password")
    return parts.scheme, _plain_host(host), port or (443 if parts.scheme == "https" else 80)


def _plain_host(host: str) -> str:
    """Return the host as the resolver will read it: odd spellings of an IPv4 address become that address."""
    host = unicodedata.normalize("NFKC", host).rstrip(".").lower()
    if ":" in host or host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host.strip("[]").partition("%")[0]))
        except ValueError:
            raise RefusedAddress("the address cannot be read") from None
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))  # 0x7f.1, 2130706433, 0177.0.0.1
        except OSError:
            raise RefusedAddress("the address cannot be read") from None
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        raise RefusedAddress("the address cannot be read") from None


def check_host(host: str, port: int, exempt: Exemptions) -> None:
    """Refuse by name or literal address before anything is resolved. Raises `RefusedAddress`."""
    if (host, port) in exempt.pairs:
        return
    if _INWARD_NAMES.search(host) or ("." not in host and ":" not in host):
        raise RefusedAddress(f"{host} is a private name")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if is_inward(literal):
        raise RefusedAddress(f"{host} is a private address")


class GuardedResolver(AbstractResolver):
    """Resolves a name and hands out only addresses that may be reached. Raises `RefusedAddress`."""

    def __init__(self, exempt: Exemptions) -> None:
        self._exempt = exempt

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        free = (_plain_host(host), port) in self._exempt.pairs
        results: list[ResolveResult] = []
        for kind, _, protocol, _, where in found:
            address = str(where[0]).partition("%")[0]
            if not free and is_inward(ipaddress.ip_address(address)):
                raise RefusedAddress(f"{host} leads to a private address")
            results.append(
                ResolveResult(
                    hostname=host, host=address, port=int(where[1]), family=kind, proto=protocol,
                    flags=socket.AI_NUMERICHOST,
                )
            )  # fmt: skip
        return results

    async def close(self) -> None:
        """Nothing is kept open."""


class OutboundClient:
    """A guarded HTTP client for one set of exemptions. Connections are pooled per event loop."""

    instances: ClassVar["weakref.WeakSet[OutboundClient]"] = weakref.WeakSet()

    def __init__(self, exempt: Exemptions | None = None) -> None:
        self._exempt = exempt or Exemptions()
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession]
        self._sessions = weakref.WeakKeyDictionary()
        self.instances.add(self)

    @asynccontextmanager
    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        redirects: int = 0,
        first_byte_seconds: float = 60,
        idle_seconds: float = 60,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request and give the response while it is read.

        `body` is sent as JSON. `first_byte_seconds` is the time to the head of the answer, `idle_seconds` that
        between two pieces of its body. At most `redirects` (capped) are followed, each judged anew; credentials and body go to the first
        host only. Raises `RefusedAddress`, `TimeoutError`, `aiohttp.ClientError`.
        """
        wanted, sent = dict(headers or {}), body
        for _ in range(min(redirects, MAX_REDIRECTS) + 1):
            scheme, host, port = target(url)
            check_host(host, port, self._exempt)
            timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=idle_seconds)
            async with asyncio.timeout(first_byte_seconds) as patience:
                response = await self._session().request(
                    method, url, headers=wanted, json=sent, allow_redirects=False, timeout=timeout
                )
                patience.reschedule(None)
            async with response:
                where = response.headers.get("Location")
                if not redirects or response.status not in {301, 302, 303, 307, 308} or not where:
                    yield response
                    return
                url = urljoin(url, where)
                if target(url) != (scheme, host, port):
                    wanted = {name: value for name, value in wanted.items() if name.lower() not in _SECRET_HEADERS}
                method, sent = ("GET", None) if response.status != 307 else (method, sent)
        raise RefusedAddress("too many redirects")

    async def get_json(self, url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 5) -> Any:
        """Return the JSON document at `url`. Raises as `request`, and `ValueError`, `TooMuch`."""
        async with asyncio.timeout(seconds), self.request("GET", url, headers=headers, redirects=3) as response:
            response.raise_for_status()
            return json.loads(await read_capped(response))

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self._exempt), limit=0, ttl_dns_cache=0, use_dns_cache=False,
                happy_eyeballs_delay=None,
            )  # fmt: skip
            session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                max_line_size=MAX_HEADERS,
                max_field_size=MAX_HEADERS,
                headers={"User-Agent": "Parley"},
            )
            self._sessions[loop] = session
        return session

    async def close(self) -> None:
        """Close the running loop's connections."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()


async def read_capped(response: aiohttp.ClientResponse, limit: int = MAX_BODY) -> bytes:
    """Return the body. Raises `TooMuch` beyond `limit` bytes, counted after decompression."""
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(65_536):
        size += len(piece)
        if size > limit:
            raise TooMuch(f"more than {limit} bytes")
        pieces.append(piece)
    return b"".join(pieces)
