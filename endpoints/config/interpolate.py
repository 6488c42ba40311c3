"""``${NAME}`` in the configuration file: replaced once, at load; what was put in is never looked at again."""

import os
import re
from typing import Any

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# These keep the site together: no header and no address may carry them away.
_NEVER = {
    "SECRET_KEY", "JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "CREDS_IV", "MEILI_MASTER_KEY", "MONGO_URI",
    "REDIS_URI", "REDIS_PASSWORD", "REDIS_URL", "DATABASE_URL", "LOCAL_MODEL_KEY",
}  # fmt: skip


def interpolate(value: Any, *, keep: frozenset[str] = frozenset()) -> Any:
    """Return `value` with the variables in its texts replaced, at any depth.

    What is not set stays as written, and what `keep` names.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: found[0] if found[1] in keep else _value_of(found), value)
    if isinstance(value, list):
        return [interpolate(each, keep=keep) for each in value]
    if isinstance(value, dict):
        return {name: interpolate(each, keep=keep) for name, each in value.items()}
    return value


def unset_variables(*texts: str) -> list[str]:
    """Return the names of variables that were left standing in `texts`."""
    return [name for text in texts for name in _VARIABLE.findall(text)]


def _value_of(found: "re.Match[str]") -> str:
    value = os.environ.get(found[1], "")
    # A placeholder of headers in a variable would be filled later, and what was put in is never looked at again.
    return found[0] if not value or found[1] in _NEVER or "{{LIBRECHAT_" in value else value
