"""What is on view while a text grows: nothing that is shown as text now and as something else in a moment."""

import re

import pytest

from tests.chat_rendering.page import Page, cut
from web.rendering.stream import MarkdownStream

TABLE = "The offers:\n\n| Place | Price |\n|:------|------:|\n| Inn: north | 80 |\n| Inn: south | 95 |\n\nAfter it.\n"


def views(text: str, size: int) -> list[str]:
    """Return what is shown after each piece, without tags."""
    page, stream, seen = Page(), MarkdownStream(), []
    for piece in cut(text, size):
        page.apply(stream.feed(piece))
        seen.append(re.sub("<[^>]*>", "", page.html))
    page.apply(stream.finish())
    return [*seen, re.sub("<[^>]*>", "", page.html)]


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_a_table_is_never_text(size: int) -> None:
    shown = views(TABLE, size)
    assert not [view for view in shown if "|" in view or ":--" in view]
    assert "Inn: south" in shown[-1]


@pytest.mark.parametrize("size", [1, 4])
def test_what_turns_out_to_be_no_table_is_shown_as_soon_as_that_is_known(size: int) -> None:
    text = "| is the pipe sign, and a | b\nis an or.\n\nEnd.\n"
    shown = views(text, size)
    known = text.index("is an or") // size + 2
    assert "| is the pipe" in shown[known]
    assert "End." in shown[-1]


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("Some **bold words** here, and on.", r"\*"),
        ("Some *words* here, and on.", r"\*"),
        ("A `code` span, and on it goes.", "`"),
        ("See [the page](https://a.b/c) for more.", r"\[|\]\(|https"),
        ("It ~~was~~ is so, and on.", "~"),
        ("Both ***at once*** here, and on.", r"\*"),
        ("First\n\n```py\nx = 1\n```\n\nlast", "```"),
        ("A **`b`** in it, and on.", r"\*|`"),
        ("**Bold words** come first, and on.", r"\*"),
        ("~~Gone~~ at the start, and on.", "~"),
        ("**「字」**で**（二）**だ", r"\*"),
        ("Text before:\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd", r"\||--"),
        ("- item\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\nEnd", r"\||--"),
        ("- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\nEnd", r"\||--"),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 |\n\nEnd", r"\||--"),
        ("Place | Price\n:--|--:\nInn | 80\n\nEnd", "--"),
        ("Heading\n---\nnext", "-"),
        ("Heading\n===\nnext", "="),
        ("above\n\n---\n\nbelow", "-"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 5])
def test_signs_of_markdown_are_not_on_view(text: str, never: str, size: int) -> None:
    assert not [view for view in views(text, size) if re.search(never, view)]


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 is 6, and 4 * 5 is 20",
        "a [note] in it",
        "costs $5 and $6 there",
        "x < y and y > z",
        "a line\n| and a bar",
        "a\n| b | c |",
    ],
)
def test_signs_that_are_none_are_shown_in_the_end(text: str) -> None:
    assert views(text, 2)[-1].replace("&lt;", "<").replace("&gt;", ">") == text
