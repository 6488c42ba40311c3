"""Descriptions of each right of a role, for administrators.

A right without a description belongs to a feature that this version does not have: no page shows it. It keeps its
value, and the API still reads and writes it. Add the description together with the feature.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_TITLES: Final[Mapping[str, Promise]] = {
    "BOOKMARKS": _("Bookmarks"),
    "PROJECTS": _("Projects"),
    "PEOPLE_PICKER": _("People search"),
    "REMOTE_AGENTS": _("API keys"),
    "ROLE_MANAGEMENT": _("Roles"),
    "BALANCE_MANAGEMENT": _("Balances"),
}
WORDS: Final[Mapping[tuple[str, str], Promise]] = {
    ("BOOKMARKS", "USE"): _("Bookmark chats, and create, rename and delete bookmarks"),
    ("PROJECTS", "CREATE"): _("Create projects"),
    ("PROJECTS", "SHARE"): _("Share projects with people, groups and roles"),
    ("PROJECTS", "SHARE_PUBLIC"): _("Share projects with everyone signed in"),
    ("PEOPLE_PICKER", "VIEW_USERS"): _("Find people by name when sharing"),
    ("PEOPLE_PICKER", "VIEW_GROUPS"): _("Find groups by name when sharing"),
    ("PEOPLE_PICKER", "VIEW_ROLES"): _("Find roles by name when sharing"),
    ("REMOTE_AGENTS", "USE"): _("Create API keys"),
    ("ROLE_MANAGEMENT", "CREATE"): _("Create roles"),
    ("ROLE_MANAGEMENT", "UPDATE"): _("Change roles and what they allow"),
    ("ROLE_MANAGEMENT", "DELETE"): _("Delete roles"),
    ("BALANCE_MANAGEMENT", "UPDATE"): _("Adjust people's balances"),
}


def title_of(kind: str) -> str:
    """Return what a type of rights is about."""
    return str(_TITLES[kind])


def words_of(kind: str, bit: str) -> str:
    """Return what a right allows; nothing for one whose feature is not there yet."""
    return str(WORDS.get((kind, bit), ""))


def in_words(held: Mapping[str, Mapping[str, bool]]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Return the rights that mean something, by what they are about."""
    return [
        (title_of(kind), [(words_of(kind, bit), bits[bit]) for bit in bits if words_of(kind, bit)])
        for kind, bits in held.items()
        if kind in _TITLES
    ]
