"""Work and bytes stay within a constant factor of the text's length, counted and not timed."""

from collections.abc import Callable, Iterator

import pytest

from tests.chat_rendering.page import cut
from tests.chat_rendering.patient_worker import COMMAND
from web.rendering import results
from web.rendering.message import render
from web.rendering.pool import Pool, Worker
from web.rendering.stream import MarkdownStream

SMALL, LARGE = 10_000, 80_000
MAX_PARSED = 20  # characters parsed for each of the text
MAX_SENT = 12  # characters sent for each of the text's HTML


@pytest.fixture(autouse=True, scope="module")
def patient_pool() -> Iterator[None]:
    """Let workers finish on a slow machine: what is counted here must not become plain text."""
    with pytest.MonkeyPatch.context() as patch:
        pool = Pool(start=lambda: Worker(COMMAND))
        patch.setattr(results, "pool", pool)
        yield
        pool.close()


def repeated(piece: str, length: int, before: str = "") -> str:
    return before + piece * (length // len(piece) + 1)


SHAPES: dict[str, Callable[[int], str]] = {
    "one giant paragraph": lambda n: repeated("Some words with *stars* and `code` in them. ", n),
    "one giant plain paragraph": lambda n: repeated("Some words and nothing else ", n),
    "one paragraph of short lines": lambda n: repeated("a *b*\n", n),
    "one long line without a space": lambda n: "x" * n,
    "one long line of marks": lambda n: "*" * n,
    "one long line of backticks": lambda n: "`" * n,
    "one long line of dollars": lambda n: repeated("$x", n),
    "a giant code fence": lambda n: repeated("x = x + 1  # again\n", n, "```text\n"),
    "a code fence in one line": lambda n: repeated("x = x + 1;", n, "```text\n"),
    "a code fence of almost closing lines": lambda n: repeated("``\n", n, "```text\n"),
    "a giant table": lambda n: repeated("| 1 | *b* |\n", n, "| a | b |\n|---|---|\n"),
    "a table with a wide header": lambda n: repeated("| 1 |\n", n, "|" + " a |" * 500 + "\n|" + "-|" * 500 + "\n"),
    "a giant list": lambda n: repeated("- an item with **some** words\n", n),
    "a giant loose list": lambda n: repeated("- an item with **some** words\n\n", n),
    "a giant numbered list": lambda n: repeated("1. item\n", n),
    "a giant nested list": lambda n: repeated("- a\n  - b\n    - c\n      - d\n", n),
    "a giant quote": lambda n: repeated("> quoted *words*\n", n),
    "code in a list": lambda n: repeated("  x = 1\n", n, "- a\n\n  ```text\n"),
    "indented code": lambda n: repeated("    x = 1\n\n", n),
    "an unclosed comment": lambda n: repeated("words\n\n", n, "<!-- "),
    "many paragraphs": lambda n: repeated("A short *paragraph* here.\n\n", n),
    "many headings": lambda n: repeated("# A\n", n),
    "many rules": lambda n: repeated("---\n\n", n),
    "many small fences": lambda n: repeated("```\nx\n```\n", n),
    "many small tables": lambda n: repeated("|a|\n|-|\n|1|\n\n", n),
    "many formulas": lambda n: repeated("Let \\(a\\) and $b$ be so.\n\n\\[ c \\]\n\n", n),
    "formulas never closed": lambda n: repeated("\\(a `b ", n),
    "footnotes in one line": lambda n: repeated("[^a]: ", n),
    "many link references": lambda n: repeated("[a]: http://b.c\n", n),
    "many blank lines": lambda n: repeated("\n", n, "a"),
    "many spaces": lambda n: " " * n,
    "Windows line ends": lambda n: repeated("A short *line*.\r\n\r\n", n),
}


def streamed(text: str) -> tuple[int, MarkdownStream]:
    """Stream `text` in small pieces. Return how many characters were sent, and the stream."""
    stream = MarkdownStream()
    patches = [stream.feed(piece) for piece in cut(text, 5)]
    patches.append(stream.finish())
    return sum(len(patch.closed) + len(patch.open or "") + len(patch.tail or "") for patch in patches), stream


@pytest.mark.parametrize("shape", SHAPES)
def test_parsed_characters_and_sent_bytes_are_linear(shape: str) -> None:
    for length in (SMALL, LARGE):
        text = SHAPES[shape](length)
        sent, finished = streamed(text)
        assert finished.parsed_characters <= MAX_PARSED * len(text)
        assert sent <= MAX_SENT * max(len(finished.html), len(text))
        assert finished.html == render(text)


def test_a_growing_code_block_is_sent_once_and_coloured_once() -> None:
    text = repeated("x = 1\n", LARGE, "```python\n") + "```\n"
    sent, finished = streamed(text)
    assert finished.parsed_characters <= 1.1 * len(text)
    assert sent <= 2.1 * len(finished.html)


def test_a_growing_table_sends_each_row_once_while_it_grows() -> None:
    text = repeated("| 1 | 2 |\n", SMALL, "| a | b |\n|---|---|\n")
    running = MarkdownStream()
    patches = [running.feed(piece) for piece in cut(text, 5)]
    rows = "".join(patch.tail or "" for patch in patches)
    assert rows.count("<tr><td>1</td><td>2</td></tr>") == text.count("| 1 |")
    assert sum(patch.open is not None for patch in patches) < 10
