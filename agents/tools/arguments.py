"""Arguments of a call that a person has changed: whether they are what the tool takes, and if not, what to do."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.tools.json_schema import problem_with
from core.refusal import Refusal

MAX_ARGUMENTS: Final = 100_000  # characters


class BadArguments(Refusal):
    """The arguments are not what the tool takes; the message says what is wrong with them."""

    code = "bad_arguments"
    status = 422
    default_message = gettext_lazy("These arguments don't fit the tool.")


def checked_arguments(text: str, schema: Any) -> str:
    """Return a person's arguments as JSON text for a call of a tool with this JSON Schema. Raises `BadArguments`."""
    if len(text) > MAX_ARGUMENTS:
        raise BadArguments(_("The arguments are too long. Shorten them and try again."))
    try:
        arguments = json.loads(text, parse_constant=_refuse_constant)
        written = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise BadArguments(
            _("The arguments are not valid JSON. Check quotation marks, commas and brackets, and try again.")
        ) from None
    if not isinstance(arguments, dict):
        raise BadArguments(_('The arguments must be a JSON object, such as {"name": "value"}.'))
    if problem := problem_with(arguments, schema):
        raise BadArguments(_("%(problem)s Change that and try again; the tool has not run.") % {"problem": problem})
    return written.encode(errors="replace").decode()  # half a surrogate pair cannot be stored


def same_arguments(one: str, other: str) -> bool:
    """Whether both are the same JSON, however it is written."""
    try:
        return json.dumps(json.loads(one or "{}"), sort_keys=True) == json.dumps(json.loads(other), sort_keys=True)
    except (ValueError, RecursionError):
        return False


def readable_arguments(text: str) -> str:
    """Return the arguments with a line for each value, for people; what is no JSON as it is."""
    try:
        return json.dumps(json.loads(text or "{}"), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _refuse_constant(name: str) -> Mapping[str, Any]:
    raise ValueError(f"{name} is no JSON")
