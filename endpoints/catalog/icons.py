"""Icons of endpoints and model specs: a built-in one, an image on this site, or a letter."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from endpoints.providers import registry
from endpoints.providers.compatible.hosts import ICONS

# The symbols of `static/marks.svg`.
MARKS = frozenset(map(str.lower, registry.PROVIDERS)) | ICONS | {"agents", "assistants", "azureassistants", "local"}


@dataclass(frozen=True, slots=True)
class Icon:
    """Exactly one of the three is set. `path` is on this site: nothing is loaded from anywhere else."""

    mark: str = ""
    path: str = ""
    letter: str = ""


def icon_of(*wanted: str, name: str) -> Icon:
    """Return the first icon of `wanted` (keys or addresses) that can be shown, else the first letter of `name`."""
    for icon in wanted:
        if icon.lower() in MARKS:
            return Icon(mark=icon.lower())
        if path := _own_path(icon):
            return Icon(path=path)
    return Icon(letter=next((sign.upper() for sign in name if sign.isalnum()), "•"))


def is_shown(address: str) -> bool:
    """Whether an icon that somebody wrote down can be shown."""
    return not address or address.lower() in MARKS or bool(_own_path(address))


def _own_path(address: str) -> str:
    """Return the path of an address of this site, else an empty string.

    >>> _own_path("//example.org/x.png"), _own_path("/images/x.png")
    ('', '/images/x.png')
    """
    own = urlsplit(settings.DOMAIN)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if (parts.scheme, parts.netloc) not in {("", ""), (own.scheme, own.netloc)} or "\\" in address:
        return ""
    is_path = parts.path.startswith("/") and not parts.path.startswith("//")
    return parts._replace(scheme="", netloc="").geturl() if is_path else ""
