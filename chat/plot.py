"""The bars of the usage page: where each stands, reckoned on the server, so that the page needs no script."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from billing.services.usage import Used

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT: Final = 56  # room for the words of the scale
BOTTOM: Final = 32  # and of the days
TOP: Final = 10
MOST_LABELS: Final = 7
LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. The two parts stand on one another: what was read, and what was written on top."""

    day: date
    used: Used
    x: float
    width: float
    y: float
    read_height: float
    written_y: float
    written_height: float
    middle: float
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the scale, with its number beside it."""

    y: float
    text_y: float
    number: int


@dataclass(frozen=True, slots=True)
class Plot:
    bars: list[Bar]
    lines: list[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM
    label_y: int = HEIGHT - 6
    scale_x: int = LEFT - 8


def plot_of(days: list[tuple[date, Used]]) -> Plot:
    """Return the bars of these days."""
    top = _round_up(max((used.tokens for _day, used in days), default=0))
    room, base = HEIGHT - BOTTOM - TOP, HEIGHT - BOTTOM
    step = (WIDTH - LEFT) / max(len(days), 1)
    width = min(step * 0.72, 44)
    every = -(-len(days) // MOST_LABELS)
    bars = []
    for number, (day, used) in enumerate(days):
        whole, written = used.tokens * room / top, used.output * room / top
        x = LEFT + number * step + (step - width) / 2
        bars.append(
            Bar(
                day, used, _short(x), _short(width), _short(base - whole + written), _short(whole - written),
                _short(base - whole), _short(written), _short(x + width / 2),
                (len(days) - 1 - number) % every == 0,
            )
        )  # fmt: skip
    lines = [
        Line(_short(base - room * part / LINES), _short(base - room * part / LINES + 4), top * part // LINES)
        for part in range(LINES + 1)
    ]
    return Plot(bars, lines)


def _round_up(most: int) -> int:
    """Return the end of a scale: a round number that four parts divide, not much above `most`."""
    size = 4
    while True:
        for step in (1, 2, 3, 5):
            if size * step >= most:
                return size * step
        size *= 10


def _short(number: float) -> float:
    return round(number, 1)
