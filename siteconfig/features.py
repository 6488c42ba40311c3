"""The product's features: one table for everything that tells clients what to show.

Clients hide what is off and offer what is on. So `/api/config` and `/api/roles/:name` must agree with each other and
with the routes: a feature that is implemented becomes `True` here, once, and both follow. What a role *may* do is
decided by `accounts.services.permissions`; it may do nothing with a feature that is not implemented, whatever its row
says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Feature:
    """`interface`: keys of the client's interface configuration; `permissions`: types of role permissions."""

    here: bool
    interface: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


FEATURES: Final[Mapping[str, Feature]] = {
    "bookmarks": Feature(True, ("bookmarks",), ("BOOKMARKS",)),
    "feedback": Feature(True, ("feedback",)),
    "auto_submit": Feature(True, ("autoSubmitFromUrl",)),
    "people_picker": Feature(True, (), ("PEOPLE_PICKER",)),
    "projects": Feature(True, (), ("PROJECTS",)),
    "api_keys": Feature(True, (), ("REMOTE_AGENTS",)),
    "administration": Feature(True, (), ("ROLE_MANAGEMENT", "BALANCE_MANAGEMENT")),
    "presets": Feature(False, ("presets",)),
    "prompts": Feature(False, ("prompts",), ("PROMPTS",)),
    "agents": Feature(False, ("agents", "marketplace"), ("AGENTS", "MARKETPLACE")),
    "memories": Feature(False, ("memories",), ("MEMORIES",)),
    "parallel_replies": Feature(False, ("multiConvo",), ("MULTI_CONVO",)),
    "temporary_chats": Feature(False, ("temporaryChat",), ("TEMPORARY_CHAT",)),
    "code": Feature(False, ("runCode",), ("RUN_CODE",)),
    "web_search": Feature(False, ("webSearch",), ("WEB_SEARCH",)),
    "file_search": Feature(False, ("fileSearch", "fileCitations"), ("FILE_SEARCH", "FILE_CITATIONS")),
    "mcp_servers": Feature(False, ("mcpServers",), ("MCP_SERVERS",)),
    "skills": Feature(False, ("skills",), ("SKILLS",)),
    "shared_links": Feature(False, ("sharedLinks",), ("SHARED_LINKS",)),
    "schedules": Feature(False, (), ("SCHEDULES",)),
    "context_gauge": Feature(False, ("contextUsage", "contextCost")),
    "build_info": Feature(False, ("buildInfo",)),
}
# Keys whose "no" clients read as an object.
_OFF: Final[Mapping[str, Any]] = {
    "mcpServers": {"use": False, "create": False, "share": False, "public": False},
    "marketplace": {"use": False},
}


def has(name: str) -> bool:
    return FEATURES[name].here


def interface() -> dict[str, Any]:
    """Return the interface configuration, as far as it says what there is."""
    return {
        key: True if feature.here else _OFF.get(key, False)
        for feature in FEATURES.values()
        for key in feature.interface
    }


def possible(permissions: Mapping[str, Mapping[str, bool]]) -> dict[str, dict[str, bool]]:
    """Return a role's permissions without those for what is not there."""
    missing = {kind for feature in FEATURES.values() if not feature.here for kind in feature.permissions}
    return {
        kind: {bit: value and kind not in missing for bit, value in bits.items()} for kind, bits in permissions.items()
    }
