"""The edge: requests that cannot be valid are refused before any other code sees them, and losers of a race get 4xx.

NUL and lone surrogates arrive in the path, the query, forms, cookies, headers, or through a charset that produces them.
`api.base.parsers` checks JSON, `core.http.sockets` a websocket's handshake.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from core.http.bodies import App, Receive, Scope, Send
from core.http.texts import are_possible

log = logging.getLogger(__name__)

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
# Somebody else was quicker, or sent what the database cannot hold: no fault of ours, and nothing was changed.
_STATUS = {ObjectDoesNotExist: 404, IntegrityError: 409, DataError: 400, ValidationError: 400}


def status_of(fault: BaseException) -> int:
    """Return the status for what two requests at once, or an impossible value, make of a query; 0 for other faults."""
    return next((status for kind, status in _STATUS.items() if isinstance(fault, kind)), 0)


def words_of(status: int) -> str:
    return {
        400: _("Part of the request couldn't be read."),
        404: _("There is nothing here."),
        409: _("Someone else changed this at the same time. Check it and try again."),
        413: _("The request is too large."),
    }[status]


class Readable:
    """Refuses what cannot be read with 400, and answers for races with 404 and 409."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_readable(request):
            return refuse(request, 400)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        status = status_of(exception)
        if not status:
            return None
        log.warning("a request met %s", type(exception).__name__, exc_info=exception)
        return refuse(request, status)


class ReadableForms:
    """Refuses a form that cannot be read. It comes last: a form is read after the person is known, as Django does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.content_type not in FORMS or request.path_info.startswith("/api/"):
            return None
        try:
            texts = [text for name, values in request.POST.lists() for text in (name, *values)]
        except RequestDataTooBig:
            return refuse(request, 413)
        except (SuspiciousOperation, BadRequest, MultiPartParserError, LookupError, ValueError):
            return refuse(request, 400)
        return None if are_possible(texts) else refuse(request, 400)


def is_readable(request: HttpRequest) -> bool:
    return are_possible(_texts(request))


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for name, values in request.GET.lists():
        yield name
        yield from values
    yield from request.COOKIES
    yield from request.COOKIES.values()
    yield from (value for name, value in request.META.items() if name.startswith("HTTP_"))


def refuse(request: HttpRequest, status: int) -> HttpResponse:
    """Return the answer in the form that the address answers in. It needs neither session nor database."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": words_of(status), "message": words_of(status)}, status=status)
    return HttpResponse(render_to_string(f"{status}.html", {"app_title": settings.APP_TITLE}), status=status)


def typed(app: App) -> App:
    """Return `app` behind a look at the type and charset of the content, which Django reads before any middleware."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope["headers"]:
            if name == b"content-type" and not _is_type(value):
                await send(
                    {"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]}
                )
                await send({"type": "http.response.body", "body": b"The Content-Type cannot be read."})
                return
        await app(scope, receive, send)

    return handle


def _is_type(value: bytes) -> bool:
    try:
        _, parameters = parse_header_parameters(value.decode("latin-1"))
    except (LookupError, ValueError):
        return False
    return parameters.get("charset", "utf-8").lower() in CHARSETS
