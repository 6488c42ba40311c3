"""Reading JSON bodies from anybody."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 40  # no request of the API nests further
_SURROGATES = range(0xD800, 0xE000)


class StrictJSONParser(BaseParser):
    """Accepts one JSON object; refuses what readers disagree about or Postgres cannot store.

    That is: duplicate names, NaN and infinities, NUL characters, lone surrogates, bottomless nesting, and
    anything but an object at the top.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object. Raises `ParseError`, or `RequestDataTooBig` past the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        return parse_object(raw)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`. Raises `ParseError`."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ParseError from None
    if not isinstance(value, dict):
        raise ParseError
    _check(value)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(value: Any) -> None:
    level = [value]
    for _depth in range(DEEPEST):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise ParseError


def _children(value: Any) -> list[Any]:
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any(ord(each) in _SURROGATES for each in value)):
            raise ParseError
        return []
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
