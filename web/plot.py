"""Bar charts, computed on the server in SVG units, so that no page needs a script for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT: Final = 56  # room for the words of the scale
BOTTOM: Final = 32  # and of the days
TOP: Final = 10
MAX_LABELS: Final = 7
LINES: Final = 4
MAX_ROWS: Final = 10
Number = int | Decimal


@dataclass(frozen=True, slots=True)
class PlotDay:
    """What is to be shown of one day: amounts by their kind, to stand on one another, and all of it as text."""

    day: date
    amounts: Mapping[str, Number]
    text: str


@dataclass(frozen=True, slots=True)
class PlotBlock:
    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class PlotBar:
    """One day: its blocks, the lowest first."""

    day: date
    text: str
    x: float
    width: float
    blocks: Sequence[PlotBlock]
    middle: float
    is_labelled: bool
    is_spare: bool  # its label is left out where there is little room


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One line of the scale, with its number beside it."""

    y: float
    text_y: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    bars: Sequence[PlotBar]
    lines: Sequence[PlotLine]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM
    label_y: int = HEIGHT - 6
    scale_x: int = LEFT - 8


@dataclass(frozen=True, slots=True)
class PlotRow:
    """A lying bar, with its name beside it. `width` is of 100."""

    label: str
    value: Number
    width: float


def plot_of(days: Sequence[PlotDay]) -> Plot:
    """Return a bar for each of these days."""
    top = _round_up([sum(day.amounts.values()) for day in days])
    room, base = HEIGHT - BOTTOM - TOP, HEIGHT - BOTTOM
    step = (WIDTH - LEFT) / max(len(days), 1)
    width = min(step * 0.72, 44)
    every = -(-len(days) // MAX_LABELS)
    bars = []
    for number, day in enumerate(days):
        x = LEFT + number * step + (step - width) / 2
        label, rest = divmod(len(days) - 1 - number, every)
        blocks = _blocks(day.amounts, base, room / top)
        middle = _short(x + width / 2)
        bars.append(PlotBar(day.day, day.text, _short(x), _short(width), blocks, middle, rest == 0, label % 2 == 1))
    lines = [
        PlotLine(
            _short(base - room * part / LINES), _short(base - room * part / LINES + 4), _in_few(top * part / LINES)
        )
        for part in range(LINES + 1)
    ]
    return Plot(bars, lines)


def rows_of(amounts: Sequence[tuple[str, Number]]) -> list[PlotRow]:
    """Return the largest of these amounts as lying bars."""
    largest = sorted(amounts, key=lambda amount: amount[1], reverse=True)[:MAX_ROWS]
    most = float(largest[0][1]) if largest else 0
    return [PlotRow(label, value, _short(float(value) * 100 / (most or 1))) for label, value in largest]


def _blocks(amounts: Mapping[str, Number], base: float, scale: float) -> list[PlotBlock]:
    blocks, y = [], base
    for kind, amount in amounts.items():
        height = float(amount) * scale
        y -= height
        blocks.append(PlotBlock(kind, _short(y), _short(height)))
    return blocks


def _round_up(sums: Sequence[Number]) -> float:
    """Return the end of a scale: a round number not much above all, that four parts divide where these are whole."""
    most = max(sums, default=0)
    size = 4.0 if all(isinstance(amount, int) for amount in sums) else 4e-4
    while True:
        for step in (1, 2, 3, 5):
            if size * step >= most:
                return size * step
        size *= 10


def _short(number: float) -> float:
    return round(number, 1)


def _in_few(number: float) -> str:
    """Return a number of a scale in few letters."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:.6g}"
