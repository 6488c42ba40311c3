"""Which address a request came from, as proxies write it, and that everything goes by it."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Ban, RefreshSession, User
from accounts.services import audit, bans
from core.client_address import client_address, parse
from tests.cast import PASSWORD
from web.middleware.security import Origin

PROXY = "10.0.0.1"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.client_address._last_logged", {})


WRITTEN = [
    ("198.51.100.23", "198.51.100.23"),
    ("198.51.100.23:49152", "198.51.100.23"),
    ("198.51.100.23:", "198.51.100.23"),
    (" 198.51.100.23:1 ", "198.51.100.23"),
    ('"198.51.100.23:1"', "198.51.100.23"),
    ("198.51.100.23:_hidden", "198.51.100.23"),
    ("2001:db8:1::9", "2001:db8:1::9"),
    ("[2001:db8:1::9]", "2001:db8:1::9"),
    ("[2001:db8:1::9]:443", "2001:db8:1::9"),
    ('"[2001:db8:1::9]:443"', "2001:db8:1::9"),
    ("[2001:db8:1::9]:_x1", "2001:db8:1::9"),
    ("2001:DB8:1:0:0:0:0:9", "2001:db8:1::9"),
    ("::ffff:198.51.100.23", "198.51.100.23"),
    ("::FFFF:C633:6417", "198.51.100.23"),
    ("[::ffff:198.51.100.23]:80", "198.51.100.23"),
    ("64:ff9b::c633:6417", "198.51.100.23"),
    ("fe80::2%eth1", "fe80::2"),
    ("[fe80::2%25eth1]:80", "fe80::2"),
    ("::1", "::1"),
]
NONSENSE = [
    "unknown", "_hidden", "_SEVKISEK", "-", "localhost", "198.51.100.23:80:80", "198.51.100.23:http", "1:2:3",
    "198.51.100.23:999999", "198.51.100", "198.51.100.256", "198.051.100.023", "[198.51.100.23", "2001:db8:1::9]:80",
    "[]:80", "%eth0", "<script>", "' OR 1=1", "http://198.51.100.23", "\u0663.\u0663.\u0663.\u0663",
]  # fmt: skip


@pytest.mark.parametrize(("written", "address"), WRITTEN)
def test_an_address_has_one_form(written: str, address: str) -> None:
    assert parse(written) == address
    assert client_address({"HTTP_X_FORWARDED_FOR": written}, peer=PROXY, hops=1) == address
    assert client_address({}, peer=written, hops=0) == address


@pytest.mark.parametrize("written", NONSENSE)
def test_what_cannot_be_understood_is_the_proxy_and_told(written: str, caplog: pytest.LogCaptureFixture) -> None:
    assert parse(written) is None
    assert client_address({"HTTP_X_FORWARDED_FOR": written}, peer=PROXY, hops=1) == PROXY
    assert client_address({"HTTP_X_FORWARDED_FOR": written}, peer=PROXY, hops=1) == PROXY
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1, "once in a while is enough"
    assert PROXY in warnings[0]
    assert written not in warnings[0]


@pytest.mark.security
@pytest.mark.parametrize(
    ("hops", "headers", "address"),
    [
        (1, {"HTTP_X_FORWARDED_FOR": "203.0.113.99, 198.51.100.23:50000"}, "198.51.100.23"),
        (1, {"HTTP_X_FORWARDED_FOR": "203.0.113.99:1, 198.51.100.24:2"}, "198.51.100.24"),
        (1, {"HTTP_X_FORWARDED_FOR": "203.0.113.99,198.51.100.24 , "}, "198.51.100.24"),
        (2, {"HTTP_X_FORWARDED_FOR": "6.6.6.6, [2001:db8::1]:9, 192.0.2.1:80"}, "2001:db8::1"),
        (2, {"HTTP_X_FORWARDED_FOR": "198.51.100.23:50000"}, PROXY),
        (3, {"HTTP_X_FORWARDED_FOR": "a, b"}, PROXY),
        (0, {"HTTP_X_FORWARDED_FOR": "198.51.100.23"}, PROXY),
        (1, {}, PROXY),
        (1, {"HTTP_X_FORWARDED_FOR": " , "}, PROXY),
        (1, {"HTTP_FORWARDED": "for=198.51.100.23"}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": 'For="[2001:db8:1::9]:4711";proto=https;by=203.0.113.43'}, "2001:db8:1::9"),
        (1, {"HTTP_FORWARDED": "proto=https;by=203.0.113.43; for=198.51.100.23:80"}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": "for=6.6.6.6, for=198.51.100.23"}, "198.51.100.23"),
        (2, {"HTTP_FORWARDED": "for=6.6.6.6, for=198.51.100.23;proto=http, for=192.0.2.1"}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": "for=_hidden"}, PROXY),
        (1, {"HTTP_FORWARDED": "for=unknown, proto=https"}, PROXY),
        (1, {"HTTP_FORWARDED": "for=6.6.6.6", "HTTP_X_FORWARDED_FOR": "198.51.100.23"}, "198.51.100.23"),
        (0, {"HTTP_FORWARDED": "for=198.51.100.23"}, PROXY),
        (1, {"HTTP_FORWARDED": 'host="a,b;for=6.6.6.6, for=6.6.6.6";for=198.51.100.23'}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": 'for=198.51.100.23;by="a,b";proto=https'}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": r'for="198.51.100.23\:80"'}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": 'for=198.51.100.23;host="a\\", for=6.6.6.6'}, "198.51.100.23"),
        (1, {"HTTP_FORWARDED": "for=[2001:db8:1::9]:80"}, "2001:db8:1::9"),
        (1, {"HTTP_FORWARDED": "for=6.6.6.6;for=198.51.100.23"}, PROXY),
        (1, {"HTTP_FORWARDED": "x-for=6.6.6.6"}, PROXY),
        (2, {"HTTP_X_FORWARDED_FOR": "198.51.100.23, unknown"}, "198.51.100.23"),
        (2, {"HTTP_X_FORWARDED_FOR": "unknown, 192.0.2.1"}, PROXY),
        (1, {"HTTP_X_REAL_IP": "6.6.6.6"}, PROXY),
    ],
)
def test_as_many_entries_count_as_proxies_are_trusted(hops: int, headers: dict[str, str], address: str) -> None:
    assert client_address(headers, peer=PROXY, hops=hops) == address


@pytest.mark.parametrize(
    ("hops", "headers", "peer", "log_message"),
    [
        (0, {"HTTP_X_FORWARDED_FOR": "198.51.100.23"}, PROXY, "set TRUST_PROXY"),
        (0, {"HTTP_X_FORWARDED_FOR": "198.51.100.23"}, "8.8.8.8", ""),  # a visitor's own invention
        (0, {}, PROXY, ""),
        (2, {"HTTP_X_FORWARDED_FOR": "198.51.100.23"}, PROXY, "fewer proxies than TRUST_PROXY"),
        (1, {}, PROXY, "fewer proxies than TRUST_PROXY"),
        (1, {"HTTP_X_FORWARDED_FOR": "198.51.100.23:1"}, PROXY, ""),
    ],
)
def test_an_address_that_people_share_is_told(
    hops: int, headers: dict[str, str], peer: str, log_message: str, caplog: pytest.LogCaptureFixture
) -> None:
    client_address(headers, peer=peer, hops=hops)
    assert log_message in caplog.text
    assert bool(caplog.text) == bool(log_message)


def test_a_socket_in_the_file_system_is_this_machine() -> None:
    assert client_address({}, peer="", hops=0) == "127.0.0.1"


# --- everything that goes by the address ---------------------------------------------------------------


@pytest.fixture
def proxied(db: None, settings: Any) -> Iterator[None]:
    settings.TRUST_PROXY = 1
    bans.banned.invalidate()
    yield
    bans.banned.invalidate()


def visitor(written: str) -> Client:
    return Client(headers={"X-Forwarded-For": written})


@pytest.mark.security
@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize("written", ["198.51.100.{}:4711", "[2001:db8::{}]:4711", "::ffff:198.51.100.{}"])
def test_one_visitors_wrong_passwords_lock_out_nobody_else(owner: User, settings: Any, written: str) -> None:
    settings.LOGIN_MAX = 3
    wrong = {"login": "nobody@example.org", "password": "wrong"}
    for number in range(6):
        visitor(written.format(1)).post("/login", wrong | {"login": f"nobody{number}@example.org"})
    there = visitor(written.format(1)).post("/login", {"login": owner.email, "password": PASSWORD})
    assert there.status_code == 429
    elsewhere = visitor(written.format(2)).post("/login", {"login": owner.email, "password": PASSWORD})
    assert elsewhere.status_code == 302


@pytest.mark.security
@pytest.mark.usefixtures("proxied")
@pytest.mark.parametrize(
    ("banned", "written"),
    [
        ("198.51.100.23", "198.51.100.23:49153"),
        ("::ffff:198.51.100.23", "198.51.100.23:1"),
        ("2001:DB8:1:0:0:0:0:9", "[2001:db8:1::9]:443"),
    ],
)
def test_a_ban_is_of_the_address_and_of_no_other(owner: User, banned: str, written: str) -> None:
    bans.ban(actor=None, address=banned, minutes=5)
    assert visitor(written).get("/login").status_code == 403
    assert visitor("198.51.100.99:1").get("/login").status_code == 200
    assert bans.lift(actor=None, address=written) == 1
    assert visitor(written).get("/login").status_code == 200


@pytest.mark.usefixtures("proxied")
def test_an_older_ban_of_an_ipv4_address_in_ipv6_still_holds() -> None:
    Ban.objects.create(address="::ffff:198.51.100.23", until=timezone.now() + timedelta(minutes=5))
    assert visitor("198.51.100.23:1").get("/login").status_code == 403


@pytest.mark.usefixtures("proxied")
def test_devices_and_audit_log_name_it(owner: User) -> None:
    client = visitor("[::ffff:198.51.100.23]:80")
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    assert UserSession.objects.get(user=owner).ip == "198.51.100.23"
    visitor("198.51.100.24:1").post("/api/auth/login", {"email": owner.email, "password": PASSWORD}, "application/json")
    assert RefreshSession.objects.get(user=owner).ip == "198.51.100.24"
    seen: list[str] = []
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "198.51.100.25:1"})
    Origin(lambda _: HttpResponse(seen.append(audit.origin.get())))(request)  # type: ignore[func-returns-value]
    assert seen == ["198.51.100.25"]
