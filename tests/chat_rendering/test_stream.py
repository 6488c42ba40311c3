"""For any text cut in any way, a stream ends with the HTML of the whole text."""

from hypothesis import HealthCheck, given, settings

from chat.rendering.markdown import render
from tests.chat_rendering.page import play
from tests.chat_rendering.strategies import cut_markdown


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut_markdown())
def test_a_stream_ends_with_the_html_of_the_whole_text(pieces: list[str]) -> None:
    page, stream = play(pieces)
    assert stream.html == render("".join(pieces))
    assert page.html == stream.html
