"""The origins of other sites that may use the API, read from the environment."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ANY = "*"


def origins(values: Sequence[str]) -> frozenset[str]:
    """Return the origins, as browsers write them. Raises `ImproperlyConfigured` for what is none."""
    return frozenset(value if value == ANY else _origin(value) for value in map(str.strip, values) if value)


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or "*" in parts.hostname or rest:
        raise ImproperlyConfigured(
            f"CORS_ALLOWED_ORIGINS: {value} is not an origin. Use a form such as https://app.example.org, or *"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")
