"""A reply that grows: a large block that is all signs is written again seldom, for each sign costs like a line."""

import pytest

from tests.chat_rendering.page import cut
from web.rendering.message import render
from web.rendering.stream import MarkdownStream

pytestmark = pytest.mark.security
LENGTH = 60_000
DENSE = {"nested quotes": ">", "short items": "- a\n", "stars around letters": "*a* "}


@pytest.mark.parametrize("shape", DENSE)
def test_what_is_dense_is_parsed_a_few_times_only(shape: str) -> None:
    text = DENSE[shape] * (LENGTH // len(DENSE[shape]))
    running = MarkdownStream()
    for piece in cut(text, 200):
        running.feed(piece)
    assert running.parsed_characters < 6 * len(text)
    running.finish()


def test_it_ends_as_the_same() -> None:
    text = "- *a*\n" * 4_000
    running = MarkdownStream()
    for piece in cut(text, 50):
        running.feed(piece)
    running.finish()
    assert running.html == render(text)
