"""``${NAME}`` in the configuration file: replaced once, at load; an inserted value is not expanded again.

An unresolved variable is never sent anywhere: its key counts as not set, and an endpoint without a name, an address or
a key is left out (`endpoints.providers.factories`). Both are reported.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext as _

from siteconfig.environment.reader import env
from siteconfig.faults import KeyPath

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BARE: Final = re.compile(r"(?:\S+ )?\$([A-Za-z_][A-Za-z0-9_]*)")
# These keep the site together: no header and no address may carry them away.
_NEVER: Final = {
    "SECRET_KEY",
    "JWT_SECRET",
    "JWT_REFRESH_SECRET",
    "CREDS_KEY",
    "CREDS_IV",
    "MEILI_MASTER_KEY",
    "MONGO_URI",
    "REDIS_URI",
    "REDIS_PASSWORD",
    "REDIS_URL",
    "DATABASE_URL",
    "LOCAL_MODEL_KEY",
}
INSTANCE: Final = frozenset({"INSTANCE_NAME", "DEPLOYMENT_NAME"})  # of Azure: filled for each model
# Without these an endpoint is none, or another one. They stay as written, and the builders leave it out.
_NEEDED: Final = {
    "name",
    "group",
    "apiKey",
    "baseURL",
    "instanceName",
    "deploymentName",
    "version",
    "inferenceProfiles",
    "guardrailIdentifier",
    "guardrailVersion",
    "serviceKeyFile",
    "projectId",
    "region",
}


def interpolate(value: Any, *, keep: frozenset[str] = frozenset()) -> Any:
    """Return `value` with the variables in its texts replaced, at any depth.

    What is not set stays as written, and what `keep` names. An item of a list that is a variable alone may become
    several, where the variable has commas.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: match[0] if match[1] in keep else _value_of(match), value)
    if isinstance(value, list):
        return [item for element in value for item in _items(element, keep)]
    if isinstance(value, dict):
        return {name: interpolate(child, keep=keep) for name, child in value.items()}
    return value


def why_unfilled(*texts: str, keep: frozenset[str] = frozenset()) -> str:
    """Return why `texts` cannot be used: what of them was left standing. Nothing where all is well."""
    names = dict.fromkeys(name for text in texts for name in _VARIABLE.findall(text) if name not in keep)
    if names:
        return "; ".join(_why_not(name) for name in names)
    if any("${" in _VARIABLE.sub("", text) for text in texts):
        return _("a variable is written as ${NAME}, with both braces around its name")
    bare = next((match for text in texts if (match := _BARE.fullmatch(text))), None)
    return _("a variable is written as ${%s}, with braces") % bare[1] if bare else ""


def pruned(
    value: Any, key_path: KeyPath, left_out: list[tuple[KeyPath, str]], keep: frozenset[str] = frozenset()
) -> Any:
    """Return `value` without what was left standing in it; `left_out` gets each such place, and why."""
    if isinstance(value, dict):
        kept = {name: (child, pruned(child, (*key_path, name), left_out, keep)) for name, child in value.items()}
        if kept.get("name", ("", ""))[1] is None:  # it stands for what it names
            return None
        return {name: new for name, (child, new) in kept.items() if new is not None or child is None}
    if isinstance(value, list):
        several = [pruned(child, (*key_path, index), left_out, keep) for index, child in enumerate(value)]
        return [child for child in several if child is not None]
    why = why_unfilled(value, keep=keep) if isinstance(value, str) else ""
    if not why:
        return value
    left_out.append((key_path, why))
    return value if _NEEDED.intersection(key_path) and not _in_models(key_path) else None


def _in_models(key_path: KeyPath) -> bool:
    return "models" in key_path and "deploymentName" not in key_path and "version" not in key_path


def _items(value: Any, keep: frozenset[str]) -> Iterable[Any]:
    filled = interpolate(value, keep=keep)
    if isinstance(value, str) and _VARIABLE.fullmatch(value) and filled != value:
        return [part.strip() for part in filled.split(",") if part.strip()]
    return [filled]


def _value_of(match: "re.Match[str]") -> str:
    return match[0] if _why_not(match[1]) else env.text(match[1])


def _why_not(name: str) -> str:
    """Return why the variable is not put in; nothing where it is."""
    value = env.text(name)
    if not value:
        return _("%s is not set") % name
    if name in _NEVER:
        return _("%s is a secret of this site and can't be sent to an endpoint") % name
    # A placeholder of headers in a variable would be filled later, and what was put in is never looked at again.
    if "{{LIBRECHAT_" in value or _VARIABLE.search(value):
        return _("%s itself contains a placeholder") % name
    return ""
