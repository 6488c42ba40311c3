"""Size limits of request bodies, per route, enforced before Django reads the body.

`config.asgi` applies them under any server. Daphne buffers a whole body before it calls the application, so
`core.http.daphne` applies them as well.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
View = TypeVar("View", bound=Callable[..., Any])

SMALL = 64 * 1024  # where no body is expected: an address that is none of ours, or a method that has none
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def accepts(most: int) -> Callable[[View], View]:
    """Let the decorated view take bodies of up to `most` bytes. A class names its `body_limit` instead."""

    def mark(view: View) -> View:
        view.body_limit = most  # type: ignore[attr-defined]
        return view

    return mark


@dataclass(frozen=True, slots=True)
class BodyAnswer:
    """The whole answer to a body that is too large."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    status: int = 413


def limit_of(method: str, path: str) -> int:
    """Return how many bytes the body of such a request may have."""
    view = _view_at(path)
    if view is None or method.upper() in WITHOUT_BODY:
        return SMALL
    for candidate in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if declared := getattr(candidate, "body_limit", 0):
            return int(declared)
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def refusal(path: str) -> BodyAnswer:
    """Return the 413 for `path`, in the form that its route answers in. It ends the connection."""
    if path.startswith("/api/"):
        key = getattr(getattr(_view_at(path), "cls", None), "error_key", "message")
        kind, body = "application/json", json.dumps({key: _("The request is too large.")}).encode()
    else:
        kind, body = (
            "text/html; charset=utf-8",
            render_to_string("413.html", {"app_title": settings.APP_TITLE}).encode(),
        )
    headers = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'self'",
    }
    return BodyAnswer(tuple((name.encode(), value.encode()) for name, value in headers.items()), body)


def path_of(target: bytes) -> str:
    """Return the path of a request line's target, as Django will see it."""
    return unquote(target.partition(b"?")[0].decode("latin-1"), errors="replace")


def _view_at(path: str) -> Any:
    try:
        return resolve(path).func
    except Resolver404:
        return None


class TooLarge(Exception):
    """The body has passed its limit while it was read."""


def limited(app: App) -> App:
    """Return `app` behind the limit: refused by the declared length, or as soon as what streams in passes it."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_of(scope["method"], scope["path"])
        if _declared(scope["headers"]) > limit:
            await _refuse(scope["path"], send)
            return
        seen, started = 0, False

        async def counted() -> Mapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
            return message

        async def noted(message: Mapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await app(scope, counted, noted)
        except TooLarge:
            if started:
                raise
            await _refuse(scope["path"], send)

    return handle


def _declared(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the length that the client says; the server has checked that it is a number."""
    return max((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), default=0)


async def _refuse(path: str, send: Send) -> None:
    answer = refusal(path)
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})
