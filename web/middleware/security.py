"""Applied to every response: security headers, caching rules, and the time zone in which times are shown."""

import secrets
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from accounts.services import api_keys, audit
from core.rate_limits import address_of


class StrictTransport:
    """`Strict-Transport-Security` on every answer of a site whose own address (`DOMAIN_SERVER`) is https://.

    Django's own middleware sends it on encrypted connections only, and where a proxy ends TLS no connection here is. A
    browser that did come without TLS ignores the header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.HSTS_SECONDS:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.HSTS_SECONDS}")
        return response


class Caching:
    """Nobody but the person's own browser may keep an answer, and not even that unless the view says so.

    Static files are answered further out. A view that answers the same to everybody says ``public`` itself.
    """

    VARY = ("Cookie", "Authorization", "X-Api-Key", "HX-Request")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.headers.get("Cache-Control", "")
        if "public" not in said:
            patch_cache_control(response, private=True, **({} if said else {"no_store": True}))
        patch_vary_headers(response, self.VARY)
        return response


class SecurityHeaders:
    """Content-Security-Policy with a nonce per request, and the permissions policy.

    Nothing is loaded from another origin, nothing frames the site, and no inline script or handler
    runs without the nonce (`request.csp_nonce`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        code = f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        if request.path.startswith("/admin/"):
            # The administration's pages evaluate the expressions in their attributes and style by attribute. An
            # inline script or handler still does not run there.
            code = f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; {code}"
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
            "manifest-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        )
        response.headers.setdefault("X-Frame-Options", "DENY")
        if settings.NO_INDEX:
            response.headers.setdefault("X-Robots-Tag", "noindex")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
        return response


class Origin:
    """Tells the audit log where the request at hand comes from; forgets at its end which API key it came with."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin, key = audit.origin.set(address_of(request)), api_keys.in_use.set(None)
        try:
            return self.get_response(request)
        finally:
            audit.origin.reset(origin)
            api_keys.in_use.reset(key)


class LocalTime:
    """Shows times by the clock of the person's browser, which leaves its zone in the cookie `tz`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_named(request.COOKIES.get("tz", ""))):
            return self.get_response(request)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone, or None (the server's own) for a name that is none."""
    try:
        return ZoneInfo(unquote(name)) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None
