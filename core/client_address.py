"""The network address that a request came from, behind any number of proxies and in whatever form they report it."""

import logging
import re
import time
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

log = logging.getLogger(__name__)
SILENT_SECONDS: Final = 60.0  # between two lines about the same trouble
_EMBEDS_V4: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address, as networks without IPv4 write it
_PORT: Final = r"(?::(?:\d{0,5}|_[\w.-]+))?"  # RFC 7239 lets a port be hidden, too
_BRACKETED: Final = re.compile(rf"\[([^\[\]]+)\]{_PORT}")
_WITH_PORT: Final = re.compile(rf"([0-9.]+){_PORT}")
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[,;]|[^",;]+')  # of `Forwarded`: a quoted text may hold any sign
_FOR: Final = re.compile(r"\s*for\s*=\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)
_last_logged: dict[str, float] = {}


def parse(text: str) -> str | None:
    """Return an address in its one usual form, or None for what is none.

    Ports, brackets and zones are no part of it, and an IPv4 address within IPv6 is that IPv4 address.
    """
    bare = text.strip().strip('"').strip()
    match = _BRACKETED.fullmatch(bare) or _WITH_PORT.fullmatch(bare)
    try:
        address = ip_address((match[1] if match else bare).partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if address in _EMBEDS_V4:
            return str(ip_address(address.packed[-4:]))
    return str(address)


def client_address(headers: Mapping[str, str], *, peer: str, hops: int) -> str:
    """Return whom the last of `hops` trusted proxies heard from, else the peer. `headers` is Django's `META`.

    Each proxy appends whom it heard from, so only as many entries count, from the end, as there are trusted proxies:
    what a client writes itself stands before them. Where they say nothing that can be understood, everybody behind
    them shares the proxy's address, limits and bans; the log tells that.
    """
    peer = parse(peer) or "127.0.0.1"  # a socket in the file system is one of this machine
    forwarded_addresses = list(_forwarded_by(headers))
    if not hops:
        if forwarded_addresses and ip_address(peer).is_private:
            _tell("a proxy at %s says for whom it asks, and is not believed: set TRUST_PROXY", peer)
        return peer
    if len(forwarded_addresses) < hops:
        _tell("a request through %s names fewer proxies than TRUST_PROXY: its own address is used", peer)
        return peer
    address = parse(forwarded_addresses[-hops])
    if address is None:
        _tell("the proxy at %s does not say who asks, in words that can be understood: its own address is used", peer)
    return address or peer


def _forwarded_by(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what the proxies appended, the nearest last: to ``X-Forwarded-For``, without it to ``Forwarded``."""
    usual = headers.get("HTTP_X_FORWARDED_FOR", "")
    if usual.strip():
        yield from (part for part in usual.split(",") if part.strip())
        return
    for element in _split(headers.get("HTTP_FORWARDED", ""), ","):
        if element.strip():
            values = [match[1] for pair in _split(element, ";") if (match := _FOR.fullmatch(pair))]
            yield re.sub(r"\\(.)", r"\1", values[0].strip('"')) if len(values) == 1 else ""


def _split(text: str, sign: str) -> list[str]:
    """Return the parts of a header between the signs that are not in quotes."""
    parts = [""]
    for token in _TOKENS.findall(text):
        if token == sign:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _tell(message: str, peer: str) -> None:
    now = time.monotonic()
    if now - _last_logged.get(message, -SILENT_SECONDS) >= SILENT_SECONDS:
        _last_logged[message] = now
        log.warning(message, peer)
