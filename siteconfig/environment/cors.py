"""Which pages of other sites may use the API, read from the environment."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ANY = "*"


def origins(values: Sequence[str]) -> frozenset[str]:
    """Return the origins, as browsers write them. Raises `ImproperlyConfigured` for what is none."""
    return frozenset(value if value == ANY else _origin(value) for value in map(str.strip, values) if value)


def _origin(value: str) -> str:
    try:
        found = urlsplit(value)
        port = found.port
    except ValueError:
        found, port = urlsplit(""), None
    rest = found.path.rstrip("/") or found.query or found.fragment or found.username
    if found.scheme not in {"http", "https"} or not found.hostname or "*" in found.hostname or rest:
        raise ImproperlyConfigured(
            f"CORS_ALLOWED_ORIGINS: {value} is not an origin. Use a form such as https://app.example.org, or *"
        )
    host = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
    default = {"http": 80, "https": 443}[found.scheme]
    return f"{found.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")
