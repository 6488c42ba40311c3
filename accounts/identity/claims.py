"""Reading a provider's claims: name, email address, roles."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from siteconfig.environment.identity import Claim, OpenId

log = logging.getLogger(__name__)
_WHY: Final = {
    True: "there are too many for it. Let the provider send only the groups that are assigned to this application, "
    "or name roles instead",
    False: "let the provider send it, or ask for it with OPENID_SCOPE",
}
_NAMED: Final = ("name", "displayName", "display", "value", "id")  # fields of an object that stands for a group
Sources = Mapping[str, Mapping[str, Any]]  # the claims by token: access, id, userinfo


def at(claims: Mapping[str, Any], path: str) -> Any:
    """Return what stands at `path`, such as ``realm_access.roles``; any name on the way may have dots of its own."""
    if path in claims:
        return claims[path]
    names = path.split(".")
    for count in range(len(names) - 1, 0, -1):
        within = claims.get(".".join(names[:count]))
        if isinstance(within, Mapping) and (value := at(within, ".".join(names[count:]))) is not None:
            return value
    return None


@dataclass(frozen=True, slots=True)
class ClaimedNames:
    """The names of roles or groups that a claim has. Not `complete`: it was left out, or says only a part."""

    names: Sequence[str]
    complete: bool = True
    too_many: bool = False  # for a token, as the provider says


def names_at(sources: Sources, claim: Claim) -> ClaimedNames:
    """Return the names that stand there: in a list, as the keys of a mapping, or just one.

    A claim that is not there is not an empty one: the provider was not asked for it, or has more to say than a token
    holds and says so in one of the ways of OpenID Connect (distributed claims) and of Entra.
    """
    token_claims = sources.get(claim.kind, {})
    value = _unfolded(at(token_claims, claim.path))
    too_many = _is_kept_elsewhere(token_claims, claim.path)
    if not isinstance(value, Sequence | Mapping):
        log.warning("the %s token has no claim %s: %s", claim.kind, claim.path, _WHY[too_many])
        return ClaimedNames((), complete=False, too_many=too_many)
    if too_many:
        log.warning("the %s token has only a part of the claim %s: %s", claim.kind, claim.path, _WHY[True])
    names = [_name_of(entry) for entry in value]
    if unclear := names.count(None):
        log.warning("the %s token has in its claim %s what is no name, times: %d", claim.kind, claim.path, unclear)
    return ClaimedNames([name for name in names if name], complete=not too_many and not unclear, too_many=too_many)


def _unfolded(value: Any) -> Any:
    """Return a list in place of one name, and of a list that is written as a text of JSON."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError, RecursionError):
        if isinstance(inner := json.loads(value), list):
            return inner
    return [value]


def _name_of(entry: Any) -> str | None:
    """Return the name of a group or role, which may be a number or stand in an object; None for what is none."""
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in _NAMED if entry.get(key)), {})
    if isinstance(entry, int) and not isinstance(entry, bool):
        return str(entry)
    if entry is None or isinstance(entry, str):
        return (entry or "").strip()
    return None


def _is_kept_elsewhere(token_claims: Mapping[str, Any], path: str) -> bool:
    names = {path, path.partition(".")[0]}
    elsewhere = token_claims.get("_claim_names")
    return (
        (isinstance(elsewhere, Mapping) and bool(names & set(elsewhere)))
        or ("groups" in names and token_claims.get("hasgroups") in (True, "true"))
        or any(key.startswith(f"{name}:src") for key in token_claims for name in names)
    )


def why_kept_out(sources: Sources, rules: OpenId) -> str:
    """Return why the person may not come in, for them; nothing where they may."""
    if not rules.required_roles:
        return ""
    roles = names_at(sources, rules.required_claim)
    if set(rules.required_roles) & set(roles.names):
        return ""
    if roles.too_many:
        return _(
            "Your sign-in service left out your groups because there are too many of them. Ask an administrator "
            "to send only the groups assigned to this application, or roles instead."
        )
    if not roles.complete:
        return _("Your sign-in service didn't tell us your groups or roles. Ask an administrator to include them.")
    return _("Your account doesn't have a role that can sign in here.")


def is_administrator(sources: Sources, rules: OpenId) -> bool | None:
    """Return whether the provider makes the person an administrator; None: it has no say, or did not say."""
    if not rules.admin_role:
        return None
    roles = names_at(sources, rules.admin_claim)
    return rules.admin_role in roles.names or (False if roles.complete else None)


def roles_in_order(sources: Sources, rules: OpenId) -> list[str] | None:
    """Return the roles to try for the person, the best first; None: the provider has no say, or did not say."""
    if not rules.sync_roles:
        return None
    roles = names_at(sources, rules.role_claim)
    if not roles.complete:
        return None
    chosen = [name for name in rules.role_priority if name in roles.names] if rules.role_priority else roles.names
    return [*chosen, *_fallback(rules)]


def _fallback(rules: OpenId) -> list[str]:
    return [rules.fallback_role] if rules.fallback_role else []


def groups(sources: Sources, rules: OpenId) -> list[str] | None:
    """Return the groups that the person is in; None: the provider has no say, or did not say."""
    if not rules.groups_claim.path:
        return None
    claimed_groups = names_at(sources, rules.groups_claim)
    return list(claimed_groups.names) if claimed_groups.complete else None


def first_roles(rules: OpenId) -> list[str]:
    """Return the roles to try for a new person of whom the provider did not say any."""
    return _fallback(rules) if rules.sync_roles else []


def text(claims: Mapping[str, Any], *paths: str) -> str:
    """Return the first of the claims that is a text and not empty."""
    for path in paths:
        value = at(claims, path) if path else None
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
