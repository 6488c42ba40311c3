"""Additions to all operations of the OpenAPI document: responses that any of them may give, and published names."""

import re
from typing import Any, Final

REFUSALS: Final = {
    "400": "The request is malformed, or a value in it cannot be used.",
    "401": "Nobody is signed in, or what was shown opens nothing.",
    "403": "This person may not do that, or has to sign in again first.",
    "404": "There is no such thing, or it is not this person's to see.",
    "405": "The address does not take this method.",
    "406": "The answer cannot be given in the form that was asked for.",
    "409": "It is in use, was changed meanwhile, or a quota is reached.",
    "413": "The request is too large.",
    "415": "Bodies are JSON.",
    "422": "The values are well-formed and do not fit together.",
    "429": "That was too often; `Retry-After` says when to come back.",
    "503": "A part of the server cannot be reached.",
}
_NAME: Final = "Refusal"
_SCHEMA: Final = {
    "type": "object",
    "description": "Why it was not done: most routes say `message`, those of conversations and chat `error`.",
    "properties": {"message": {"type": "string"}, "error": {"type": "string"}, "code": {"type": "string"}},
}


def add_refusals(result: dict[str, Any], **_rest: Any) -> dict[str, Any]:
    """Give every operation the refusals that it does not describe itself (a hook of drf-spectacular)."""
    result.setdefault("components", {}).setdefault("schemas", {})[_NAME] = _SCHEMA
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_NAME}"}}}
    for item in result["paths"].values():
        for operation in item.values():
            answers = operation.setdefault("responses", {})
            for status, description in REFUSALS.items():
                answers.setdefault(status, {"description": description, "content": content})
            answers["429"].setdefault("headers", {"Retry-After": {"schema": {"type": "integer"}}})
    return result


# The document is out with these ends of names; clients are generated from it.
_PUBLISHED: Final = {"Request": "In", "Response": "Out"}
_ENDS: Final = re.compile(r"(?<=[a-z])(Request|Response)$")


def keep_published_names(result: dict[str, Any], **_rest: Any) -> dict[str, Any]:
    """Call the bodies in the document as they were called when it was published (a hook of drf-spectacular)."""
    named: dict[str, Any] = _renamed(result)
    return named


def _renamed(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        of_schemas = key == "schemas"
        return {(_published(name) if of_schemas else name): _renamed(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if isinstance(value, str) and (key == "title" or value.startswith("#/components/schemas/")):
        return _published(value)
    return value


def _published(name: str) -> str:
    return _ENDS.sub(lambda match: _PUBLISHED[match[0]], name)
