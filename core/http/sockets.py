"""Checks of a websocket's handshake before the session is read: it must come from this site and be well-formed."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path, re_path

from core.http import origins, texts
from core.http.bodies import Receive, Scope, Send

Socket = Callable[[Scope, Receive, Send], Awaitable[Any]]


def at_its_address(consumer: Socket) -> Socket:
    """Return the websockets of the site: the consumer, with the session's person, at ``/ws`` and nowhere else."""
    elsewhere: Any = deny  # Django's own types know views alone
    return from_our_pages(URLRouter([path("ws", AuthMiddlewareStack(consumer)), re_path("", elsewhere)]))


def from_our_pages(app: Socket) -> Socket:
    """Return `app` behind the check of `Origin`, which every browser sends with a handshake."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        ours = origins.is_ours(
            headers.get("origin", ""), scheme=scope.get("scheme", "ws"), host=headers.get("host", "")
        )
        if ours and texts.handshake_is_possible(scope["path"], scope["query_string"], headers):
            await app(scope, receive, send)
        else:
            await deny(scope, receive, send)

    return handle


async def deny(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a handshake: the client gets 403, and no socket."""
    await receive()  # the handshake itself
    await send({"type": "websocket.close", "code": 4403})
