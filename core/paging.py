"""Pages of a list sorted by one column and then by id, and the cursors that request the next page.

Clients treat a cursor as opaque. Each list keeps the format of cursors that clients may already hold. A cursor that
cannot be read, or belongs to another order, gives the first page.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.core.signing import BadSignature, dumps, loads
from django.db.models import Model, Q, QuerySet

from core.ids import uuid_of

Row = TypeVar("Row", bound=Model)
Place = tuple[datetime | str, UUID]  # the last row of a page: its value in the order, and its id


class Format(Protocol):
    """How a place is written as a cursor."""

    def write(self, place: Place) -> str: ...

    def read(self, cursor: str) -> Place | None:
        """Return the place; None for a cursor that is not of this format, or not of this order."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list. `next_cursor` is None on the last page."""

    items: list[Row]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order by `field`, then by id: in the same direction, unless `ids_ascend`."""

    field: str
    format: Format
    descending: bool = True
    ids_ascend: bool = False

    def page(self, rows: QuerySet[Row], *, cursor: str | None, limit: int) -> Page[Row]:
        """Return the page of `rows` that the cursor asks for; one query."""
        if cursor and (place := self.format.read(cursor)):
            rows = self._after(rows, place)
        by_id = "id" if self.ids_ascend or not self.descending else "-id"
        items = list(rows.order_by(f"{'-' if self.descending else ''}{self.field}", by_id)[: limit + 1])
        if len(items) <= limit:
            return Page(items, None)
        last = items[limit - 1]
        return Page(items[:limit], self.format.write((getattr(last, self.field), last.pk)))

    def _after(self, rows: QuerySet[Row], place: Place) -> QuerySet[Row]:
        value, last_id = place
        beyond, until = ("lt", "lte") if self.descending else ("gt", "gte")
        ids_beyond = "gt" if self.ids_ascend else beyond
        # The first condition alone is the index's range; the second makes the order total.
        rows = rows.filter(**{f"{self.field}__{until}": value})
        return rows.filter(Q(**{f"{self.field}__{beyond}": value}) | Q(**{f"id__{ids_beyond}": last_id}))


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed list, which begins with the names of the order. `is_text`: the value is no time."""

    salt: str
    names: Sequence[str] = ()
    is_text: bool = False

    def write(self, place: Place) -> str:
        return dumps([*self.names, _as_text(place[0]), str(place[1])], salt=self.salt)

    def read(self, cursor: str) -> Place | None:
        try:
            *names, value, last_id = loads(cursor, salt=self.salt)
        except BadSignature:
            return None
        if names != [*self.names]:
            return None
        return (value if self.is_text else datetime.fromisoformat(value)), UUID(last_id)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An object in base64, which names the order. `is_text`: the value is no time."""

    name: str
    is_text: bool = False

    def write(self, place: Place) -> str:
        text = json.dumps({"primary": _as_text(place[0]), "secondary": self.name, "id": str(place[1])})
        return base64.urlsafe_b64encode(text.encode()).decode()

    def read(self, cursor: str) -> Place | None:
        try:
            data: dict[str, Any] = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            value, last_id = data["primary"], UUID(data["id"])
            if data["secondary"] != self.name or not isinstance(value, str) or "\x00" in value:
                return None
            if self.is_text:
                value.encode()
                return value, last_id
            moment = datetime.fromisoformat(value)
            return (moment, last_id) if moment.tzinfo else None
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
            return None


class Spaced:
    """A time and an id, with a space between."""

    def write(self, place: Place) -> str:
        return f"{_as_text(place[0])} {place[1]}"

    def read(self, cursor: str) -> Place | None:
        value, _space, last = cursor.rpartition(" ")
        last_id = uuid_of(last)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (moment, last_id) if last_id and moment.tzinfo else None


class Stamped:
    """Seconds of the epoch with six digits behind the point, and an id."""

    def write(self, place: Place) -> str:
        moment, last_id = place
        assert isinstance(moment, datetime)  # noqa: S101 (the order is of a time)
        return f"{moment.timestamp():.6f}_{last_id}"

    def read(self, cursor: str) -> Place | None:
        stamp, _, last_id = cursor.partition("_")
        try:
            # Whole microseconds: a float of seconds would miss the row by one.
            seconds, _, fraction = stamp.partition(".")
            moment = datetime.fromtimestamp(int(seconds), tz=UTC) + timedelta(microseconds=int(fraction))
            return moment, UUID(last_id)
        except (ValueError, OverflowError, OSError):
            return None


def _as_text(value: datetime | str) -> str:
    return value.isoformat() if isinstance(value, datetime) else value
