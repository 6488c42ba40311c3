"""What does not fit a JSON Schema, in words for people.

A schema may come from another system, and is not trusted: how much is looked at has a limit, references lead nowhere
but into the schema itself, and patterns are matched in linear time. What is not known here is left to the tool.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


MAX_STEPS: Final = 10_000
NAMED_VALUES: Final = 10  # values of a list that are named
_KINDS: Final[Mapping[str, tuple[Callable[[Any], bool], Any]]] = {
    "string": (lambda value: isinstance(value, str), gettext_lazy("text")),
    "number": (_is_number, gettext_lazy("a number")),
    "integer": (lambda value: _is_number(value) and value == value // 1, gettext_lazy("a whole number")),
    "boolean": (lambda value: isinstance(value, bool), gettext_lazy("true or false")),
    "array": (lambda value: isinstance(value, list), gettext_lazy("a list")),
    "object": (lambda value: isinstance(value, dict), gettext_lazy("an object")),
    "null": (lambda value: value is None, gettext_lazy("null")),
}
_LIMITS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "minimum": lambda size, limit: size >= limit,
    "maximum": lambda size, limit: size <= limit,
    "exclusiveMinimum": lambda size, limit: size > limit,
    "exclusiveMaximum": lambda size, limit: size < limit,
}
_LENGTHS: Final[Mapping[type, tuple[str, str]]] = {
    str: ("minLength", "maxLength"),
    list: ("minItems", "maxItems"),
    dict: ("minProperties", "maxProperties"),
}


def problem_with(value: Any, schema: Any) -> str:
    """Return the first thing that does not fit; empty where all fits, as far as it was looked at."""
    try:
        return _Check(schema).problem(value, schema, ())
    except (_Enough, RecursionError):
        return ""


class _Enough(Exception):
    """More was to be looked at than may be."""


@dataclass(slots=True)
class _Check:
    root: Any
    steps: int = 0

    def problem(self, value: Any, schema: Any, path: tuple[str, ...]) -> str:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _Enough
        if schema is False:
            return _("“%(name)s” is not allowed.") % {"name": _name(path)}
        if not isinstance(schema, Mapping):
            return ""
        return next(filter(None, self._problems(value, schema, path)), "")

    def _problems(self, value: Any, schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        if "$ref" in schema:
            yield self.problem(value, self._referred(schema["$ref"]), path)
        yield _other_kind(value, schema, path)
        yield _not_listed(value, schema, path)
        yield _beyond_limits(value, schema, path)
        if isinstance(value, str):
            yield _other_pattern(value, schema.get("pattern"), path)
        elif isinstance(value, list):
            yield from self._in_list(value, schema, path)
        elif isinstance(value, dict):
            yield from self._in_object(value, schema, path)
        for other in _sequence(schema.get("allOf")):
            yield self.problem(value, other, path)
        for among in (_sequence(schema.get("anyOf")), _sequence(schema.get("oneOf"))):
            problems = [self.problem(value, other, path) for other in among]
            if problems and all(problems):
                yield problems[0] if len(problems) == 1 else _misfit(path)

    def _in_list(self, value: list[Any], schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        first = _sequence(schema.get("prefixItems"))
        for place, item in enumerate(value):
            rule = first[place] if place < len(first) else schema.get("items")
            yield self.problem(item, rule, (*path, str(place + 1)))

    def _in_object(self, value: dict[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        for name in _names(schema.get("required")):
            if name not in value:
                yield _("“%(name)s” is missing.") % {"name": _name((*path, name))}
        known = schema.get("properties")
        known = known if isinstance(known, Mapping) else {}
        rest = None if "patternProperties" in schema else schema.get("additionalProperties")
        for name, item in value.items():
            if name not in known and rest is False:
                yield _("The tool doesn't know “%(name)s”.") % {"name": _name((*path, name))}
            yield self.problem(item, known.get(name, rest), (*path, name))

    def _referred(self, reference: Any) -> Any:
        """Return the part of the schema that a reference names; None, which anything fits, for any other."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        target = self.root
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        return target


def _other_kind(value: Any, schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    wanted = schema.get("type")
    kinds = [_KINDS[kind] for kind in ([wanted] if isinstance(wanted, str) else _names(wanted)) if kind in _KINDS]
    if not kinds or any(fits(value) for fits, _words in kinds):
        return ""
    words = _(" or ").join(str(words) for _fits, words in kinds)
    return _("“%(name)s” must be %(kind)s.") % {"name": _name(path), "kind": words}


def _not_listed(value: Any, schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    listed = [schema["const"]] if "const" in schema else _sequence(schema.get("enum"))
    if not listed:
        return ""
    allowed = [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in listed]
    if json.dumps(value, sort_keys=True, ensure_ascii=False) in allowed:
        return ""
    more = ["…"] if len(allowed) > NAMED_VALUES else []
    named = ", ".join([*allowed[:NAMED_VALUES], *more])
    return _("“%(name)s” must be one of these: %(values)s.") % {"name": _name(path), "values": named}


def _beyond_limits(value: Any, schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    sized = [(name, value, fits) for name, fits in _LIMITS.items()] if _is_number(value) else []
    if lengths := _LENGTHS.get(type(value)):
        sized = list(zip(lengths, (len(value),) * 2, (_LIMITS["minimum"], _LIMITS["maximum"]), strict=True))
    for name, size, fits in sized:
        limit = schema.get(name)
        if isinstance(limit, int | float) and not fits(size, limit):
            return _("“%(name)s” is out of range (%(limit)s).") % {"name": _name(path), "limit": f"{name}: {limit}"}
    return ""


def _other_pattern(value: str, pattern: Any, path: tuple[str, ...]) -> str:
    if not isinstance(pattern, str):
        return ""
    try:  # its engine never goes back in the text, and refuses patterns for which it would have to
        SchemaValidator(core_schema.str_schema(pattern=pattern)).validate_python(value)
    except SchemaError:
        return ""
    except ValidationError:
        return _("“%(name)s” doesn't match the pattern %(pattern)s.") % {"name": _name(path), "pattern": pattern}
    return ""


def _misfit(path: tuple[str, ...]) -> str:
    return _("“%(name)s” is not a value that the tool takes.") % {"name": _name(path)}


def _name(path: Sequence[str]) -> str:
    return " › ".join(path) if path else _("The arguments")


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _names(value: Any) -> Sequence[str]:
    return [name for name in _sequence(value) if isinstance(name, str)]
