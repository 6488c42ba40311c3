"""Where a stored key may be sent: it is bound to the hosts it was entered for.

Somebody who changes an endpoint's address, in whatever way, must not receive a key that they cannot read.
"""

from urllib.parse import urlsplit

from endpoints.providers.base import Endpoint


def places_of(endpoint: Endpoint) -> frozenset[str]:
    """Return scheme, host and port of every address the endpoint's key goes to, or who is meant where none is named."""
    connection = endpoint.connection
    places = {_place(connection.base_url) or f"{endpoint.origin.provider} {connection.model_prefix}".strip()}
    return frozenset(places.union(*(places_of(variant) for variant in endpoint.models.variants.values())))


def _place(address: str) -> str:
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return address  # nothing else is the same place
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def to_text(places: frozenset[str]) -> str:
    """Return what is stored of them: one on each line."""
    return "\n".join(sorted(places))


def are_covered(places: frozenset[str], text: str) -> bool:
    """Whether a secret that was stored for `text` may be sent to all of `places`."""
    return places <= frozenset(text.split("\n"))
