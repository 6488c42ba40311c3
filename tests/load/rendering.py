"""What streaming Markdown costs this process: ``python -m tests.load.rendering``.

For each kind of text and size: milliseconds of CPU for one stream cut into small deltas, microseconds a delta,
characters parsed and bytes sent for each character of text, and milliseconds to render the whole at once.
"""

import sys
from collections.abc import Callable
from time import process_time

import django
from django.conf import settings

DELTA = 4  # characters, about a token
SIZES = (2_000, 20_000)
ROUNDS = 5

_PROSE = "The planner reads the statistics, **weighs** the paths it knows and takes the one that looks cheapest. "
_CODE = (
    'def total(rows: list[int]) -> int:\n    """Add them up."""\n    return sum(row * 2 for row in rows if row > 1)\n\n'
)
_MIXED = (
    "## A heading\n\n"
    + _PROSE * 2
    + "\n\n- first `item` of a list\n- second, with a [link](https://example.org/a)\n- third\n\n```python\n"
    + _CODE
    + "```\n\n| name | value |\n|---|--:|\n| one | 1 |\n| two | 22 |\n| three | 333 |\n\n"
    + "Where $a^2 + b^2 = c^2$ holds.\n\n"
)


def _repeated(piece: str, length: int, before: str = "") -> str:
    return before + piece * (length // len(piece) + 1)


KINDS: dict[str, Callable[[int], str]] = {
    "paragraph": lambda length: _repeated(_PROSE, length),
    "paragraphs": lambda length: _repeated(_PROSE * 3 + "\n\n", length),
    "code": lambda length: _repeated(_CODE, length, "```python\n"),
    "table": lambda length: _repeated("| a cell | 12.5 | *some* more |\n", length, "| a | b | c |\n|---|---|---|\n"),
    "list": lambda length: _repeated("- an item with **some** text in it\n", length),
    "nested list": lambda length: _repeated("- outer\n  - inner item\n    - innermost `item`\n", length),
    "mixed": lambda length: _repeated(_MIXED, length),
}


def _measure(text: str) -> tuple[float, float, float, float, float]:
    from web.rendering import results  # noqa: PLC0415 (after Django's settings)
    from web.rendering.message import render  # noqa: PLC0415
    from web.rendering.stream import MarkdownStream  # noqa: PLC0415

    pieces = [text[at : at + DELTA] for at in range(0, len(text), DELTA)]
    times, whole_times = [], []
    for _ in range(ROUNDS):
        results.memory.clear()
        stream, sent = MarkdownStream(), 0
        began = process_time()
        patches = [stream.feed(piece) for piece in pieces]
        patches.append(stream.finish())
        times.append(process_time() - began)
        sent = sum(len(patch.closed) + len(patch.open or "") + len(patch.tail or "") for patch in patches)
        results.memory.clear()
        began = process_time()
        html = render(text)
        whole_times.append(process_time() - began)
        assert html == stream.html
    ms = min(times) * 1e3
    return ms, ms * 1e3 / len(pieces), stream.parsed_characters / len(text), sent / len(text), min(whole_times) * 1e3


def main() -> None:
    settings.configure(USE_I18N=False, CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}})
    django.setup()
    write = sys.stdout.write
    write(f"{'text':<12}{'tokens':>8}{'ms':>9}{'us/delta':>10}{'parsed':>9}{'sent':>7}{'whole ms':>10}\n")
    for name, make in KINDS.items():
        for tokens in SIZES:
            ms, per_delta, parsed, sent, whole = _measure(make(tokens * DELTA))
            write(f"{name:<12}{tokens:>8}{ms:>9.2f}{per_delta:>10.1f}{parsed:>9.1f}{sent:>7.1f}{whole:>10.2f}\n")


if __name__ == "__main__":
    main()
