"""Which origins count as this site's own: one rule for the websocket and for the routes without a CSRF token."""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

Origin = tuple[str, str, int | None]  # scheme, host, port
_PORTS = {"http": 80, "https": 443}
_PAGES = {"ws": "http", "wss": "https"}  # the page from which a socket is opened


def is_ours(origin: str, *, scheme: str, host: str) -> bool:
    """Tell whether `origin` is this site: scheme, host and port are all the same, or are named in the settings.

    `scheme` and `host` are those of the request. A host that `ALLOWED_HOSTS` does not name proves nothing.
    """
    parsed_origin = parse_origin(origin)
    if parsed_origin is None:
        return False
    if parsed_origin == parse_origin(settings.DOMAIN) or any(
        _matches(parsed_origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS
    ):
        return True
    return _is_allowed(host) and parsed_origin == parse_origin(f"{_PAGES.get(scheme, scheme)}://{host}")


def is_own(request: HttpRequest) -> bool:
    """Whether the request comes from a page of this site, or from no page at all: then it has no `Origin`."""
    origin = request.headers.get("Origin")
    return origin is None or is_ours(origin, scheme=request.scheme or "http", host=request.get_host())


def parse_origin(address: str) -> Origin | None:
    """Return what an origin is made of; None for what is no address of a page, such as ``null``."""
    try:
        parts = urlsplit(address.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or _has_more(parts):
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _has_more(parts: SplitResult) -> bool:
    """An origin has no user, path, query or fragment."""
    return "@" in parts.netloc or parts.path not in {"", "/"} or bool(parts.query or parts.fragment)


def _matches(origin: Origin, trusted: str) -> bool:
    """Compare with an entry of `CSRF_TRUSTED_ORIGINS`, which may stand for subdomains: ``https://*.example.org``."""
    scheme, host, port = origin
    if "://*." in trusted:
        wanted = parse_origin(trusted.replace("://*.", "://", 1))
        return wanted is not None and (scheme, port) == wanted[::2] and is_same_domain(host, f".{wanted[1]}")
    return origin == parse_origin(trusted)


def _is_allowed(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
