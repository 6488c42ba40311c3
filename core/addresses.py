"""Which addresses the server may call. Pure rules; `endpoints.transport.http` applies them when it connects."""

import ipaddress
import re
from collections.abc import Iterator

from yarl import URL

Address = tuple[str, int]  # host, port
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "168.63.129.16/32",  # the last one answers for a cloud's metadata, from a public number
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_PRIVATE_6 = tuple(ipaddress.IPv6Network(network) for network in ("2001:db8::/32", "2001:10::/28", "3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_PRIVATE_SUFFIXES = ("localhost", "local", "internal", "localdomain", "lan", "intranet", "home.arpa")
# A host whose last label is a number is an IPv4 address to every browser and to getaddrinfo.
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)$")


class RefusedAddress(Exception):
    """The address is not one the server may call on behalf of others."""


def address_of(url: str) -> Address | None:
    """Return the host and port that `url` leads to, or None when it is no web address."""
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port
    except (ValueError, TypeError):
        return None
    if parsed.scheme not in {"http", "https"} or not host or port is None:
        return None
    return host.rstrip(".").lower(), port


def check_address(text: str) -> None:
    """Raise `RefusedAddress` unless `text` is a public IP address in its plain form."""
    try:
        address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise RefusedAddress(f"{text!r} is not an address") from None
    for candidate in (address, *_embedded(address)):
        if not _is_public(candidate):
            raise RefusedAddress(f"{text} is not a public address")


def check_host(host: str) -> None:
    """Raise `RefusedAddress` for an address or name that cannot be public, before anybody is asked about it."""
    name = host.rstrip(".").lower()
    if not name:
        raise RefusedAddress("there is no host")
    if ":" in name or _NUMERIC_END.search(name):
        check_address(name)
        return
    if "." not in name:
        raise RefusedAddress(f"{host!r} is a name of the local network")
    if any(name.endswith("." + suffix) for suffix in _PRIVATE_SUFFIXES):
        raise RefusedAddress(f"{host!r} is a name of a private network")


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _PRIVATE_4)
    if address.ipv4_mapped is not None or address in _NAT64:
        return True  # as public as the address inside, which is looked at too
    return address in _GLOBAL_6 and not any(address in network for network in _PRIVATE_6)


def _embedded(address: IPAddress) -> Iterator[IPAddress]:
    """Yield the IPv4 addresses that the forms of transition to IPv6 carry inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or address in _NAT64_LOCAL or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
