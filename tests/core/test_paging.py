"""The cursors of the lists: what clients hold already stays readable, and goes on at the same row."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.signing import dumps

from core.paging import Encoded, Format, Place, Signed, Spaced, Stamped

ROW = UUID("0190a1b2-0000-7000-8000-00000000000a")
MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
# Each format with a cursor that an earlier release gave out.
HELD: list[tuple[Format, Place, str]] = [
    (Signed("search"), (MOMENT, ROW), dumps([MOMENT.isoformat(), str(ROW)], salt="search")),
    (Signed("projects", ("name",), is_text=True), ("Roses", ROW), dumps(["name", "Roses", str(ROW)], salt="projects")),
    (
        Encoded("updated_at"),
        (MOMENT, ROW),
        (
            "eyJwcmltYXJ5IjogIjIwMjYtMDEtMzFUMTI6MDA6MDAuMTIzNDU2KzAwOjAwIiwgInNlY29uZGFyeSI6ICJ1cGRhdGVkX2F0IiwgImlkIjog"
            "IjAxOTBhMWIyLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwYSJ9"
        ),
    ),
    (
        Encoded("title", is_text=True),
        ("Roses", ROW),
        (
            "eyJwcmltYXJ5IjogIlJvc2VzIiwgInNlY29uZGFyeSI6ICJ0aXRsZSIsICJpZCI6ICIwMTkwYTFiMi0wMDAwLTcwMDAtODAwMC0wMDAwMDAw"
            "MDAwMGEifQ=="
        ),
    ),
    (Spaced(), (MOMENT, ROW), f"2026-01-31T12:00:00.123456+00:00 {ROW}"),
    (Stamped(), (MOMENT, ROW), f"1769860800.123456_{ROW}"),
]


@pytest.mark.parametrize(("form", "place", "held"), HELD)
def test_a_cursor_of_an_earlier_release_is_read(form: Format, place: Place, held: str) -> None:
    assert form.read(held) == place


@pytest.mark.parametrize(("form", "place", "held"), HELD)
def test_a_place_is_written_as_clients_know_it(form: Format, place: Place, held: str) -> None:
    written = form.write(place)
    assert form.read(written) == place
    assert isinstance(form, Signed) or written == held  # a signature has the time in it


@pytest.mark.parametrize(("form", "place", "held"), HELD)
@pytest.mark.parametrize("cursor", ["", "x", " ", "_", "[]", "e30=", "é", "\x00", "1_2", "W" * 10_000])
def test_nonsense_is_no_place(form: Format, place: Place, held: str, cursor: str) -> None:
    assert form.read(cursor) is None


def test_a_cursor_of_another_order_is_no_place() -> None:
    by_title = Encoded("title", is_text=True).write(("Roses", ROW))
    assert Encoded("updated_at").read(by_title) is None
    by_name = Signed("projects", ("name",), is_text=True).write(("Roses", ROW))
    assert Signed("projects", ("createdAt",)).read(by_name) is None
    assert Signed("search").read(by_name) is None
