"""Case 34: no cell of any table that is handed out is a formula."""

import pytest

from core import csv_files
from tests.house import ROOT, sources

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0A=1", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b=1",
    "\u202e=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM", "\ufe66cmd", "\ufe631", "\x00=1", "=cmd|' /C calc'!A0",
]  # fmt: skip
PLAIN = ["", "a=b", "1-1", "x@example.org", "–", "Hello", "'=1", "日本", "100%"]


@pytest.mark.security
@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_a_formula_is_marked(text: str) -> None:
    assert csv_files.safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_what_begins_none_is_left_as_it_is(text: str) -> None:
    assert csv_files.safe_cell(text) == text


def test_numbers_stay_numbers() -> None:
    assert list(csv_files.lines(["a", "b"], [[-5, "=1"]])) == ["a,b\r\n", "-5,'=1\r\n"]


@pytest.mark.security
def test_nobody_else_writes_csv() -> None:
    paths = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "csv.writer" in (text := path.read_text()) or "csv.DictWriter" in text
    ]
    assert paths == ["core/csv_files.py"]
