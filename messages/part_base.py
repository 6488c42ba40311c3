"""What all kinds of parts have: how they are read from JSON and written as it was."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self, get_args, get_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPart(ABC):
    """`stored` is the JSON that the part was read from, where its fields alone would not give the same.

    `growing` names the field of text that a part gets piece by piece while it is written; empty: it comes whole.
    """

    type: ClassVar[str]
    growing: ClassVar[str] = ""
    stored: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    @abstractmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Return the part without `stored`. Raises `TypeError` for a value of another type."""

    @abstractmethod
    def written(self) -> dict[str, Any]:
        """Return the JSON of the fields."""


@dataclass(frozen=True, slots=True)
class Whole(KnownPart):
    """A kind whose JSON is its fields under its own name. Fields at their default are left out."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        values = object_of(row, cls.type)
        known_fields = [known for known in fields(cls) if known.name in values and known.name != "stored"]
        return cls(**{known.name: _as_field(values[known.name], known.type) for known in known_fields})

    def written(self) -> dict[str, Any]:
        values = {
            known.name: _as_json(value)
            for known in fields(self)
            if known.name != "stored" and (value := getattr(self, known.name)) != known.default
        }
        return _in_order({"type": self.type, self.type: _in_order(values)})


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    """Return the object with its keys in the order of Postgres: by length, then by letters."""
    return dict(sorted(row.items(), key=lambda item: (len(item[0]), item[0])))


def string_of(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise TypeError(f"{key} is no text")
    return value


def object_of(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key, {})
    if not isinstance(value, dict):
        raise TypeError(f"{key} is no object")
    return value


def _as_field(value: Any, kind: Any) -> Any:
    value = tuple(value) if isinstance(value, list) and get_origin(kind) is tuple else value
    allowed = get_args(kind) if get_origin(kind) is Literal else None
    is_other = kind is not Any and isinstance(kind, type) and not isinstance(value, kind)
    if is_other or (allowed and value not in allowed):
        raise TypeError(f"{value!r} is no {kind}")
    return value


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def is_same(written: Any, stored: Any) -> bool:
    """Whether both are the same JSON; to Python True is 1."""
    if written is stored:
        return True
    if type(written) is not type(stored):
        return False
    if isinstance(written, dict):
        return written.keys() == stored.keys() and all(is_same(value, stored[key]) for key, value in written.items())
    return bool(written == stored)


def changed(stored: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return `stored` with what is different in `after` than `before`."""
    row = {key: value for key, value in stored.items() if key in after or key not in before}
    for key, value in after.items():
        if isinstance(value, Mapping) and isinstance(stored.get(key), Mapping) and key in before:
            row[key] = changed(stored[key], before[key], value)
        elif key not in before or value != before[key]:
            row[key] = value
    return row
