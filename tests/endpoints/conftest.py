from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from core.addresses import Address
from endpoints.transport import http
from tests.servers import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses for which a socket was about to be made; none is made."""
    seen: list[str] = []

    def note(self: Any, info: Any) -> Any:
        seen.append(info[4][0])
        raise ConnectionRefusedError

    monkeypatch.setattr(http._Guard, "socket", note)
    return seen


@pytest.fixture
async def outbound_client() -> AsyncIterator[http.OutboundClient]:
    made = http.OutboundClient()
    yield made
    await made.close()


class Remote:
    """A server of somebody else's, on loopback. `allowlist` is what lets a test reach it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.handlers: dict[str, Handler] = {}

    @property
    def allowlist(self) -> tuple[Address, ...]:
        return (("127.0.0.1", self.port),)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path, dict(request.headers)))
        return await self.handlers[request.path](request)


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    made = Remote()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    yield made
    await runner.cleanup()
