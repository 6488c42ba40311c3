"""Plots drawn on the server: the boxes of a bar plot, in the units of its `viewBox`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chat.insights import Table

WIDTH: Final = 600
HEIGHT: Final = 160
LINE: Final = 6  # of a lying bar
MOST_LYING: Final = 10


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Plot:
    """One column of a table. `lying`: names stand beside the bars, else days below them."""

    name: str
    bars: Sequence[Bar]
    most: Any
    height: int
    lying: bool
    ticks: Sequence[str] = ()  # from left to right, evenly

    @property
    def width(self) -> int:
        return WIDTH


def plots_of(table: Table) -> list[Plot]:
    """Return a plot for each column of numbers that has any."""
    draw = _standing if table.by_day else _lying
    return [draw(table, column) for column in range(1, len(table.head)) if table.rows]


def _standing(table: Table, column: int) -> Plot:
    most = max(row[column] for row in table.rows)
    step = WIDTH / len(table.rows)
    bars = []
    for number, row in enumerate(table.rows):
        height = float(row[column]) / float(most or 1) * HEIGHT
        label = row[0].isoformat()
        bars.append(Bar(round(number * step + step * 0.1, 1), round(HEIGHT - height, 1), round(step * 0.8, 1),
                        round(height, 1), label, row[column]))  # fmt: skip
    marked = sorted({0, len(table.rows) // 2, len(table.rows) - 1})
    ticks = [f"{table.rows[number][0]:%m-%d}" for number in marked]
    return Plot(str(table.head[column]), bars, most, HEIGHT, lying=False, ticks=ticks)


def _lying(table: Table, column: int) -> Plot:
    rows = sorted(table.rows, key=lambda row: row[column], reverse=True)[:MOST_LYING]
    most = max(row[column] for row in rows)
    bars = [
        Bar(0, 0, round(float(row[column]) / float(most or 1) * WIDTH, 1), LINE, str(row[0]), row[column])
        for row in rows
    ]
    return Plot(str(table.head[column]), bars, most, LINE, lying=True)
