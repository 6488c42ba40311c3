"""CSV files in which no cell is a formula. All CSV output is written here."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

# What spreadsheets take for the beginning of a formula, in any width. Some drop what is not seen before they look.
_STARTS: Final = frozenset("=+-@|%")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # Unicode categories: controls, formats, spaces


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table, one after the other."""
    writer = csv.writer(_Echo())
    for row in chain([head], rows):
        yield writer.writerow([safe_cell(value) for value in row])


def safe_cell(value: object) -> object:
    """Return the cell, with a mark before what a spreadsheet would take for a formula (security case 34)."""
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    if text[:1] in {"\t", "\r", "\n"}:
        return True
    seen = next((character for character in text if unicodedata.category(character) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", seen)[:1] in _STARTS if seen else False
