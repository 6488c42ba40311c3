"""The websocket's handshake: only from this site's own pages, only at its address, and readable."""

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.http import origins, sockets
from web.consumers import TabConsumer

pytestmark = pytest.mark.security
HOST = "testserver:3080"
application = sockets.at_its_address(TabConsumer.as_asgi())


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.DOMAIN = "https://chat.example.org"
    settings.ALLOWED_HOSTS = ["testserver", "chat.example.org", ".wide.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://behind.example:8443", "https://*.trusted.example"]


OURS = ["http://testserver:3080", "HTTP://TestServer:3080", "https://chat.example.org", "https://chat.example.org:443",
        "https://behind.example:8443", "https://a.trusted.example"]  # fmt: skip
THEIRS = [
    "http://testserver", "http://testserver:3081", "https://testserver:3080", "http://chat.example.org",
    "https://chat.example.org:8443", "https://behind.example", "http://behind.example:8443", "http://a.trusted.example",
    "https://a.trusted.example:8443", "https://trusted.example.evil.example", "https://eviltrusted.example", "null", "",
    "testserver:3080", "file://", "http://testserver:3080.evil.example", "http://testserver:3080@evil.example",
    "http://evil.example#http://testserver:3080", "http://testserver:x", "http://[::1", "ws://testserver:3080",
    "http://testserver:3080/path",
]  # fmt: skip


@pytest.mark.parametrize("origin", OURS)
def test_our_own_pages_are_known_by_scheme_host_and_port(origin: str) -> None:
    assert origins.is_ours(origin, scheme="ws", host=HOST)
    assert origins.is_ours(origin, scheme="http", host=HOST)


@pytest.mark.parametrize("origin", THEIRS)
def test_other_pages_are_not(origin: str) -> None:
    for scheme in ("ws", "http"):
        assert not origins.is_ours(origin, scheme=scheme, host=HOST)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3080", "", "a b", "[::1", "testserver@evil.example"])
def test_a_host_that_is_not_ours_proves_nothing(host: str) -> None:
    assert not origins.is_ours(f"http://{host}", scheme="ws", host=host)


async def shake(path: str = "/ws", **headers: str) -> bool:
    """Return whether the handshake is accepted; a fault would be raised here."""
    sent = {"origin": f"http://{HOST}", "host": HOST, **headers}
    raw = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in sent.items()]
    socket = WebsocketCommunicator(application, path, headers=raw)
    accepted, _code = await socket.connect(timeout=10)
    await socket.disconnect()
    return bool(accepted)


@pytest.mark.parametrize("path", ["/", "/ws/", "/wss", "/ws/x", "/api/user", "/%00", "//ws", "/admin/"])
async def test_another_path_is_refused_and_no_fault(path: str) -> None:
    assert not await shake(path)


@pytest.mark.parametrize("query", ["q=%00", "%00=x", "a=b\x00"])
async def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    assert not await shake(f"/ws?{query}")


@pytest.mark.parametrize("cookie", ['sessionid="a\\000b"', "sessionid=a\x00b", "a\x00=b"])
async def test_a_cookie_that_cannot_be_read_is_refused(cookie: str) -> None:
    assert not await shake(cookie=cookie)


@pytest.mark.django_db(transaction=True)
async def test_the_origin_is_looked_at_before_the_session(owner: User) -> None:
    assert await shake()  # it is opened to say that nobody is signed in
    for origin in ("http://testserver", "https://testserver:3080", "http://testserver:1", "null"):
        assert not await shake(origin=origin), origin


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("origin", "status"), [("http://testserver", 400), ("http://testserver:81", 403), ("https://testserver", 403)]
)
def test_the_routes_without_a_token_have_the_same_rule(origin: str, status: int) -> None:
    answer = Client().post("/api/auth/login", b"{", content_type="application/json", headers={"Origin": origin})
    assert answer.status_code == status
