"""What is made of the claims of a provider: a name, an address, roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from config.identity import Claim, OpenId

Sources = Mapping[str, Mapping[str, Any]]  # the claims by token: access, id, userinfo


def at(claims: Mapping[str, Any], path: str) -> Any:
    """Return what stands at `path`, such as ``realm_access.roles``; a claim may have dots in its own name."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def names_at(sources: Sources, claim: Claim) -> list[str]:
    """Return the names (of roles or groups) that stand there: in a list, as the keys of a mapping, or just one."""
    found = at(sources.get(claim.kind, {}), claim.path) if claim.path else None
    if isinstance(found, str):
        return [found] if found else []
    if isinstance(found, Sequence | Mapping):
        return [name for name in found if isinstance(name, str) and name]
    return []


def may_come_in(sources: Sources, rules: OpenId) -> bool:
    """Return whether the person has one of the roles that the operator asks for."""
    return not rules.required_roles or bool(set(rules.required_roles) & set(names_at(sources, rules.required_claim)))


def is_administrator(sources: Sources, rules: OpenId) -> bool | None:
    """Return whether the provider makes the person an administrator; None: it has no say."""
    return rules.admin_role in names_at(sources, rules.admin_claim) if rules.admin_role else None


def roles_in_order(sources: Sources, rules: OpenId) -> list[str] | None:
    """Return the roles to try for the person, the best first; None: the provider has no say."""
    if not rules.sync_roles:
        return None
    theirs = names_at(sources, rules.role_claim)
    chosen = [name for name in rules.role_priority if name in theirs] if rules.role_priority else theirs
    return [*chosen, *([rules.fallback_role] if rules.fallback_role else [])]


def groups(sources: Sources, rules: OpenId) -> list[str] | None:
    """Return the groups that the person is in; None: the provider has no say."""
    return names_at(sources, rules.groups_claim) if rules.groups_claim.path else None


def text(claims: Mapping[str, Any], *paths: str) -> str:
    """Return the first of the claims that is a text and not empty."""
    for path in paths:
        found = at(claims, path) if path else None
        if isinstance(found, str) and found.strip():
            return found.strip()
    return ""
