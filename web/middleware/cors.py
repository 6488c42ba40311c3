"""CORS: pages of other sites may use the API if the operator names their origin, but never with a cookie.

A browser attaches cookies to any request, so a cookie proves nothing about another site's page. Such a page must
present a token or a key that it was given. No cookie is read from it or set for it, and
`Access-Control-Allow-Credentials` is not sent. So an allowed origin can do what any program can, and no more: it cannot
act as the person who is signed in to this site in the same browser, nor sign them in as somebody else.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from core.http.origins import is_own
from siteconfig.environment.cors import ANY

_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_HEADERS: Final = "Authorization, Content-Type, X-Api-Key, X-Librechat-Generation-Protocol, Accept-Language"
_EXPOSED: Final = "Retry-After, X-Librechat-Generation-Protocol"
_KEPT: Final = "600"  # s for which a browser remembers a preflight


class CrossOrigin:
    """Answers the preflights of allowed origins, and lets their pages read what the API says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        if not settings.CORS_ALLOWED_ORIGINS or not _is_api(request.path_info):
            return self.get_response(request)
        if origin is None or not is_allowed(origin) or is_own(request):
            response = self.get_response(request)
        elif request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = _allowing(HttpResponse(status=204), origin)
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Allow-Headers"] = _HEADERS
            response.headers["Access-Control-Max-Age"] = _KEPT
        else:
            request.META.pop("HTTP_COOKIE", None)
            request.COOKIES = {}  # which may have been read already
            request.foreign_origin = origin  # type: ignore[attr-defined]
            response = _allowing(self.get_response(request), origin)
            response.cookies.clear()
        patch_vary_headers(response, ["Origin"])
        return response


def is_allowed(origin: str) -> bool:
    """Whether pages of `origin` may use the API. "null", which sandboxed frames say, never may."""
    allowed: frozenset[str] = settings.CORS_ALLOWED_ORIGINS
    return origin != "null" and (origin in allowed or ANY in allowed)


def _allowing(response: HttpResponse, origin: str) -> HttpResponse:
    anyone = ANY in settings.CORS_ALLOWED_ORIGINS
    response.headers["Access-Control-Allow-Origin"] = ANY if anyone else origin
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    return response


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")
