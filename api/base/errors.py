"""Error responses of the REST API.

Most routes answer ``{"message": str}``, those of conversations, messages and chat ``{"error": str}``. Services raise a
`Refusal`, no view catches it, and the exception handler here answers. Where the wire format differs, a view sets:

- `error_key`: the key of the message; `limit_key`: its key when a limit is reached;
- `field_names`: the wire format's names for invalid fields;
- `invalid_status`: the status instead of 422;
- `refusal_body(refusal)`: a body of its own.

Responses never contain the input, nor details of internal errors.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler
from rest_framework.views import set_rollback

from core.http import edge
from core.http.errors import UNREACHABLE, is_disk_full
from core.rate_limits import TooOften
from core.refusal import Refusal

log = logging.getLogger(__name__)
UNPROCESSABLE = 422


class ApiError(Refusal):
    """A refusal with the exact body of the wire format. A `str` body stands under the view's own key."""

    def __init__(self, status: int, body: str | Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body), status=status)
        self.body = body
        self._headers = dict(headers or {})

    @property
    def headers(self) -> dict[str, str]:
        return self._headers


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Turn whatever a view raised into JSON."""
    view = context.get("view")
    key = getattr(view, "error_key", "message")
    if refused := _refused(exc, key, view):
        set_rollback()
        return refused
    if isinstance(exc, exceptions.ParseError):
        return Response({"error": malformed(), "message": malformed()}, status=400)
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        exc.status_code = 401  # also where the first way to sign in has no challenge to send
        key = "message"
    answer = rest_exception_handler(exc, context)
    if answer is None:
        return _unexpected(exc, key)
    answer.data = {getattr(exc, "wire_key", key): _message_of(exc)}
    if code := getattr(exc, "wire_code", ""):
        answer.data["code"] = code
    return answer


def _refused(exc: Exception, key: str, view: object) -> Response | None:
    """Return the answer for a refusal of ours, which says itself what the client is told."""
    if isinstance(exc, RequestDataTooBig):
        return Response({key: too_large()}, status=413)
    if not isinstance(exc, Refusal):
        return None
    if isinstance(exc, ApiError):
        body = {key: exc.body} if isinstance(exc.body, str) else dict(exc.body)
        return Response(body, status=exc.status, headers=exc.headers)
    status = getattr(view, "invalid_status", exc.status) if exc.status == UNPROCESSABLE else exc.status
    return Response(_body(exc, key, view), status=status, headers=exc.headers)


def _body(refusal: Refusal, key: str, view: object) -> dict[str, Any]:
    if isinstance(refusal, TooOften):
        return {getattr(view, "limit_key", key): refusal.message}
    if has_own := getattr(view, "refusal_body", None):
        return dict(has_own(refusal))
    names: Mapping[str, str] = getattr(view, "field_names", {})
    at = f"{names.get(refusal.field, refusal.field)}: " if refusal.field else ""
    return {key: f"{at}{refusal.message}"}


def malformed() -> str:
    return _("The request body is not a valid JSON object.")


def too_large() -> str:
    return edge.words_of(413)


def _message_of(exc: Exception) -> str:
    if isinstance(exc, Http404):
        return _("There is nothing here.")
    if isinstance(exc, PermissionDenied):
        return _("You may not do this.")
    if isinstance(exc, exceptions.MethodNotAllowed):  # the library's own words repeat the method and the type
        return _("This method is not allowed here.")
    if isinstance(exc, exceptions.Throttled):
        return TooOften(int(getattr(exc, "wait", 0) or 1)).message
    if isinstance(exc, exceptions.UnsupportedMediaType):
        return _("Send JSON, as application/json.")
    detail = getattr(exc, "detail", "")
    return str(detail) if isinstance(detail, str) else _("The request is not valid.")


def _unexpected(exc: Exception, key: str) -> Response:
    """Answer for a fault of ours; the log has the details."""
    set_rollback()
    if isinstance(exc, UNREACHABLE):
        log.error("the database or Redis could not serve a request", exc_info=exc)
        full = _("The server has no disk space left, so this was not saved. Tell your administrator.")
        away = _("Part of the server can't be reached. Try again in a moment.")
        body = {key: full if is_disk_full(exc) else away}
        return Response(body, status=503, headers={"Retry-After": "1"})
    if status := edge.status_of(exc):
        log.warning("a request met %s", type(exc).__name__, exc_info=exc)
        return Response({key: edge.words_of(status)}, status=status)
    log.error("a request failed", exc_info=exc)
    return Response({key: _("Something went wrong.")}, status=500)
