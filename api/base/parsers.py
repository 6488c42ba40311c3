"""Parsing untrusted JSON bodies."""

import json
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.written_numbers import WrittenFloat

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


class FormData(dict[str, Any]):
    """A body that came as a form: its values are texts, which may stand for numbers and switches."""


class FormParser(BaseParser):
    """Accepts a form as an object: ``arg[title]=x`` is a field in `arg`, ``tags[]=x`` one of a list.

    A browser sends forms to other sites without asking first. That opens nothing: what works by cookie asks for a token
    against forgery, and what works without a session looks at the origin (`api.base.origin`).
    """

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> FormData:
        """Return the object. Raises `ParseError`, or `RequestDataTooBig` past the limit."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        return parse_form(raw)


def parse_form(raw: bytes) -> FormData:
    """Return the fields as an object. Raises `ParseError`.

    >>> parse_form(b"arg[title]=Cats&arg[tags][]=a&arg[tags][]=b")
    {'arg': {'title': 'Cats', 'tags': ['a', 'b']}}
    """
    try:
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise ParseError from None
    data = FormData()
    for name, value in pairs:
        _put(data, _steps(name), value)
    _check(data)
    return data


def _steps(name: str) -> list[str]:
    first, *rest = name.split("[")
    closed = all(step.endswith("]") and step.count("]") == 1 for step in rest)
    if not first or "]" in first or not closed or "]" in rest[:-1] or len(rest) >= DEEPEST:
        raise ParseError
    return [first, *(step[:-1] for step in rest)]


def _put(at: dict[str, Any], steps: list[str], value: str) -> None:
    """Put the value where `steps` lead; an empty step, at the end, means one more of a list."""
    *above, last = [*steps[:-1]] if steps[-1] == "" else steps
    for step in above:
        at = at.setdefault(step, {})
        if not isinstance(at, dict):
            raise ParseError
    if steps[-1] == "":
        values = at.setdefault(last, [])
        if not isinstance(values, list):
            raise ParseError
        values.append(value)
    elif last in at:
        raise ParseError  # readers disagree about which of the two counts
    else:
        at[last] = value


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in `raw`; its fractions know how they are written. Raises `ParseError`."""
    hooks: dict[str, Any] = {"parse_float": WrittenFloat.of, "parse_constant": _no_constant}
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_once_each, **hooks)
    except (ValueError, RecursionError):
        raise ParseError from None
    if not isinstance(value, dict):
        raise ParseError
    _check(value)
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(value: Any) -> None:
    level = [value]
    for _depth in range(DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise ParseError


def _children(value: Any) -> list[Any]:
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any(ord(character) in _SURROGATES for character in value)):
            raise ParseError
        return []
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
