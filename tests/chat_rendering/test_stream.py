"""For any text cut in any way, a stream ends with the HTML of the whole text."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chat_rendering.page import Page, cut, play
from tests.chat_rendering.strategies import cut_markdown
from web.rendering.message import render
from web.rendering.stream import MarkdownStream, Patch


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut_markdown())
def test_a_stream_ends_with_the_html_of_the_whole_text(pieces: list[str]) -> None:
    page, stream = play(pieces)
    assert stream.html == render("".join(pieces))
    assert page.html == stream.html


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut_markdown())
def test_a_closed_block_never_changes_unless_names_come_late(pieces: list[str]) -> None:
    stream, whole = MarkdownStream(), render("".join(pieces))
    closed = "".join(stream.feed(piece).closed for piece in pieces)
    last = stream.finish()
    assert last.replace or whole == closed + last.closed
    if "]:" not in "".join(pieces):
        assert not last.replace


WORDS = [f"w{number}w" for number in range(400)]
# fmt: off
PIECES = st.sampled_from([
    "{} {}\n\n", "{}\n", "# {}\n\n", "- {}\n", "  - {}\n", "1. {}\n", "> {}\n\n", "```py\n{}\n{}\n```\n", "```\n{}\n\n",
    "| {} | b |\n|---|---|\n| {} | {} |\n", "| {} | {} |\n", "**{}** `{}`\n\n", "    {}\n\n", "[{}](http://a.b)\n",
    "<b>{}\n",
])
# fmt: on


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, min_size=1, max_size=20), st.integers(1, 30))
def test_no_word_is_shown_twice_and_none_goes_away(shapes: list[str], size: int) -> None:
    words_left = iter(WORDS)
    text = "".join(re.sub(r"\{\}", lambda _: next(words_left), shape) for shape in shapes)
    page, stream = Page(), MarkdownStream()
    shown = 0
    for piece in cut(text, size):
        page.apply(stream.feed(piece))
        visible_words = words_of(page.html)
        assert visible_words == WORDS[: len(visible_words)]
        assert len(visible_words) >= shown
        shown = len(visible_words)
    page.apply(stream.finish())
    assert words_of(page.html) == words_of(text.replace("<b>", ""))


def words_of(html: str) -> list[str]:
    return re.findall(r"w\d+w", re.sub(r"<[^>]*>", "", html))


def patches(*pieces: str) -> list[tuple[str, str | None, str | None]]:
    stream = MarkdownStream()
    return [stream.feed(piece)[:3] for piece in pieces]


def test_plain_words_are_only_appended() -> None:
    assert patches("Hello", " there", " & all")[1:] == [("", None, " there"), ("", None, " &amp; all")]


def test_a_blank_line_closes_a_paragraph_and_removes_the_open_block() -> None:
    assert patches("Hello *you*", "\n\n", "\n")[1:] == [
        ('<p dir="auto">Hello <em>you</em></p>', "", None),
        ("", None, None),
    ]


def test_code_grows_by_its_text_and_is_coloured_when_it_closes() -> None:
    opened, grown, waiting, closed = patches("```python\nx", " = 1\n", "``", "`\n")
    assert opened[1] is not None
    assert opened[1].endswith("<code data-tail>x</code></pre></div>")
    assert grown == ("", None, " = 1\n")
    assert waiting == ("", None, None)
    assert closed[0].endswith('<code>x = <span class="m">1</span>\n</code></pre></div>')
    assert closed[1] == ""


def test_backticks_that_close_nothing_are_shown_after_all() -> None:
    assert patches("```\nx\n", "``", " y")[1:] == [("", None, None), ("", None, "`` y")]


def test_a_table_grows_by_whole_rows() -> None:
    opened, half, whole = patches("| a |\n|---|\n", "| 1", " |\n| 2 |\n| 3")
    assert opened[1] is not None
    assert opened[1].endswith("<tbody data-tail></tbody></table></div>")
    assert half == ("", None, None)
    assert whole == ("", None, "<tr><td>1</td></tr><tr><td>2</td></tr>")


def test_a_link_defined_later_replaces_the_message_at_the_end() -> None:
    stream = MarkdownStream()
    text = "See [a].\n\nMore.\n\n[a]: https://b.c\n"
    page = Page()
    for piece in cut(text, 3):
        page.apply(stream.feed(piece))
    last = stream.finish()
    page.apply(last)
    assert last.replace
    assert page.html == stream.html == render(text)
    assert 'href="https://b.c"' in page.html


def test_a_link_defined_before_needs_no_replacing() -> None:
    stream = MarkdownStream()
    for piece in cut("[The  A]: https://b.c\n\nSee [the a] and [The A][].\n\nMore.\n", 3):
        stream.feed(piece)
    assert not stream.finish().replace
    assert stream.html.count('href="https://b.c"') == 2


def test_blocks_that_share_a_line_close_together() -> None:
    page, stream = Page(), MarkdownStream()
    for piece in cut("[^a]: [^b]: one\n\nTwo.\n", 2):
        page.apply(stream.feed(piece))
        assert page.html.count("one") <= 1
    page.apply(stream.finish())
    assert page.html == render("[^a]: [^b]: one\n\nTwo.\n")


def test_a_line_end_cut_in_two_is_one() -> None:
    page, stream = play(["a\r", "\nb\r", "\n\r", "\nc\r"])
    assert page.html == stream.html == '<p dir="auto">a\nb</p><p dir="auto">c</p>'


def test_nothing_comes_of_nothing() -> None:
    stream = MarkdownStream()
    assert stream.feed("") == Patch()
    assert stream.finish() == Patch(open="")
    assert stream.html == ""
