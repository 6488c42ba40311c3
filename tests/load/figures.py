"""The benchmark's figures: their names (the unit is at the end), what they must reach, how two revisions compare."""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

GROUPS: Final = ("start", "memory", "turn", "stream", "burst", "crowd", "pages")  # in the order of measuring
COMPARED: Final = tuple(name for name in GROUPS if name != "stream")
_UNIT = re.compile(r" \(([^()]+)\)$")

# What this machine or a larger one must reach.
MUST: Final = {
    "first token added over direct, page, median (ms)": "≤ 15 ms",
    "first token added over direct, page, p95 (ms)": "≤ 30 ms",
    "one stream of 2,000 tokens without delay (tokens/s)": "≥ 20,000 tokens/s",
    "20,000 tokens take, against 2,000 (×)": "≤ 12 ×",
    "200 streams, page: first token p95 (ms)": "≤ 1500 ms",
    "200 streams, page: gap between frames p95 (ms)": "≤ 80 ms",
    "200 streams, page: CPU per 1,000 tokens (s)": "≤ 0.13 s",
    "load 10,000 conversations of 10 messages (s)": "< 60 s",
    "conversation list, one page of 10,000, median (ms)": "≤ 10 ms",
    "conversation list, one page of 10,000, worst (ms)": "≤ 10 ms",
    "open a conversation of 2,000 messages, median (ms)": "≤ 60 ms",
    "open a conversation of 2,000 messages, p95 (ms)": "≤ 60 ms",
    "start with data in place until /readyz (s)": "≤ 4 s",
    "idle memory, all (MB)": "≤ 400 MB",
}
# What this revision may take of what the other took.
RATIOS: Final = {
    "first token, one at a time, page, median (ms)": 0.45,
    "first token, one at a time, page, p95 (ms)": 0.45,
    "whole reply of 20 tokens, one at a time, page, median (ms)": 0.5,
    "10 streams, page: first token median (ms)": 0.35,
    "50 streams, page: first token median (ms)": 0.35,
    "200 streams, page: first token median (ms)": 0.35,
    "200 streams, page: gap between frames p95 (ms)": 0.2,
    "200 streams, page: CPU per 1,000 tokens (s)": 0.5,
    "500 streams, page: first token p95 (ms)": 0.3,
    "open a conversation of 2,000 messages, median (ms)": 0.4,
    "start with data in place until /readyz (s)": 0.5,
    "start with an empty folder until /readyz (s)": 0.5,
    "idle memory, all (MB)": 0.7,
    "memory with 500 sockets, all (MB)": 0.7,
}


@dataclass(frozen=True)
class Sizes:
    """How much is measured. Targets hold for the defaults only: the figures of other sizes have other names."""

    streams: tuple[int, ...] = (10, 50, 200)
    ways: tuple[str, ...] = ("direct", "page")
    crowd: int = 500  # streams at once, and open sockets
    rounds: int = 50  # single turns of each way
    restarts: int = 3
    conversations: int = 10_000
    messages: int = 2_000
    settle: float = 5.0  # seconds before memory is read


@dataclass(frozen=True)
class Row:
    """One figure of two revisions. `ratio` is the median of the pairs' ratios, None if no pair has one."""

    figure: str
    other: float | None
    this: float | None
    ratio: float | None
    low: float | None
    high: float | None
    target: float | None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        if self.ratio is None:
            return "not measured"
        return "yes" if self.ratio <= self.target else "no"


Pair = tuple[Mapping[str, float], Mapping[str, float]]  # the other revision's figures, this one's


def chosen_groups(names: str, default: Sequence[str] = GROUPS) -> tuple[str, ...]:
    """Read a list such as ``start,memory``. Raises `ValueError` with the groups that there are."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - set(GROUPS):
        raise ValueError(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    return tuple(name for name in GROUPS if name in (wanted or default))


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def label(figure: str) -> str:
    return _UNIT.sub("", figure)


def shown(figure: str, value: float | None) -> str:
    """Return a figure's value with its unit."""
    if value is None:
        return "–"
    match = _UNIT.search(figure)
    unit = match[1] if match else ""
    digits = 3 if "CPU" in figure and unit == "s" else 1 if unit in {"ms", "s", "×"} else 0
    return f"{value:,.{digits}f} {unit}".strip()


def compare(pairs: Sequence[Pair]) -> list[Row]:
    """Return a row for every figure that any of the pairs has, in the order in which they were measured."""
    names = list(dict.fromkeys(name for pair in pairs for side in pair for name in side))
    return [_row(name, pairs) for name in names]


def _row(name: str, pairs: Sequence[Pair]) -> Row:
    both = [(other[name], this[name]) for other, this in pairs if name in other and name in this]
    ratios = [this / other for other, this in both if other > 0]
    others, these = ([side[name] for side in sides if name in side] for sides in zip(*pairs, strict=True))
    return Row(
        name,
        _median(others),
        _median(these),
        _median(ratios),
        min(ratios, default=None),
        max(ratios, default=None),
        RATIOS.get(name),
    )


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


HEADINGS: Final = ("figure", "other", "this", "ratio", "spread", "target", "met")


def cells(row: Row) -> tuple[str, ...]:
    """Return a row of the table as text, below `HEADINGS`."""
    spread = "–" if row.low is None or row.high is None else f"{row.low:.2f}–{row.high:.2f}"
    return (
        label(row.figure),
        shown(row.figure, row.other),
        shown(row.figure, row.this),
        "–" if row.ratio is None else f"{row.ratio:.2f}",
        spread,
        "" if row.target is None else f"≤ {row.target:g}",
        row.verdict,
    )


def markdown(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, ("---", *["---:"] * 5, "---"), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(rows: Sequence[Row]) -> str:
    """Return the table for a terminal."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        for line in lines
    )
