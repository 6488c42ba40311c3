"""What may be called and what not: security cases 37, 40 and 41, as far as the spelling decides."""

import pytest

from core.addresses import RefusedAddress, check_address, check_host
from endpoints.transport.http import OutboundClient

pytestmark = pytest.mark.security

PRIVATE = [
    "127.0.0.1", "0", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "0x7f000001", "[::1]", "[::]",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[::127.0.0.1]", "[fe90::1]", "[fe80::1%25eth0]", "[fd00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]", "[2001:db8::1]", "100.64.0.1", "100.100.100.200", "169.254.169.254",
    "168.63.129.16", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "255.255.255.255", "0.0.0.0",  # noqa: S104
    "metadata.google.internal", "localhost", "localhost.", "LOCALHOST",
    "a.localhost", "printer.local", "nas.lan", "router.home.arpa", "redis", "rag_api", "metadata", "１２７.0.0.1",
    "ⓛocalhost", "foo。internal", "1.2.3", "1.2.3.4.5", "256.256.256.256", "evil.0x7f",
]  # fmt: skip
REFUSED_URLS = [
    *(f"http://{host}/v1" for host in PRIVATE),
    "http://a@127.0.0.1/", "http://127.0.0.1#@a", "http://a:b@example.org/", "http://127.0.0.1\\@example.org/",
    "file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "data:text/plain,x", "javascript:alert(1)",
    "unix:///run/x", "//example.org/", "example.org", "", " ", "http://", "http:///x", "http://exa mple.org:x/",
    "http://[::1/", "http://example.org:99999/", "https://${HOST}/v1", "http://{{host}}/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_cases_37_and_40_refused_before_anything_is_sent(url: str, sockets: list[str]) -> None:
    client = OutboundClient()
    with pytest.raises(RefusedAddress):
        async with client.request("GET", url):
            pass
    assert sockets == []
    await client.close()


@pytest.mark.parametrize(
    "host",
    ["fe90.example.com", "10.example.org", "127.0.0.1.example.org", "local.example.org", "8.8.8.8", "2606:4700::1111",
     "64:ff9b::808:808", "::ffff:8.8.8.8", "internal.example.com", "localhost.example.com", "0x7f.example.org"],
)  # fmt: skip
def test_case_41_what_only_looks_private_is_allowed(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize("address", ["not an address", "8.8.8.8.8", "08.8.8.8", "0x8.8.8.8", ""])
def test_an_address_in_an_odd_form_is_refused(address: str) -> None:
    with pytest.raises(RefusedAddress):
        check_address(address)
