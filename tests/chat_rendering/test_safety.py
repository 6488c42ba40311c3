"""Whatever is written, nothing runs, loads or poses as the page (abuse cases 63 and 64)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chat_rendering.hostile import CORPUS, faults
from tests.chat_rendering.page import Page, cut, play
from tests.chat_rendering.strategies import markdown
from web.rendering.message import render
from web.rendering.plain import render_user_text
from web.rendering.stream import MarkdownStream

pytestmark = pytest.mark.security

PLACES = [
    "{}",
    "- {}",
    "> {}",
    "text {} text",
    "# {}",
    "| a |\n|---|\n| {} |",
    "[{}](https://x.example)",
    "*{}*",
    "```\n{}",
]


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_is_harmless_wherever_it_stands(text: str) -> None:
    for template in PLACES:
        assert faults(render(template.format(text))) == []


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_is_harmless_at_every_moment_of_a_stream(text: str) -> None:
    page, stream = Page(), MarkdownStream()
    for piece in cut(f"Before.\n\n{text}\n\nAfter.", 3):
        page.apply(stream.feed(piece))
        assert faults(page.html) == []
    page.apply(stream.finish())
    assert faults(page.html) == []


@pytest.mark.parametrize("text", CORPUS)
def test_what_a_person_typed_is_shown_as_typed(text: str) -> None:
    html = render_user_text(text)
    assert faults(html) == []
    assert "<" not in html
    assert '"' not in html


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(CORPUS) | markdown, max_size=6).map("\n".join))
def test_no_mixture_of_constructs_does_harm(text: str) -> None:
    page, _ = play(cut(text, 7))
    assert faults(page.html) == []
    assert faults(render(text)) == []


def test_the_inspector_sees_what_the_corpus_would_do_if_it_passed() -> None:
    raw = [
        text
        for text in CORPUS
        if text.startswith("<") and not text.startswith(("<https:", "<javascript:", "<data:", "<scr<"))
    ]
    assert [text for text in raw if not faults(text)] == []


def test_an_image_shows_its_description_and_host_and_loads_nothing() -> None:
    html = render("![A chart](https://evil.example/c.png?q=secret)")
    assert html == (
        '<p dir="auto"><span class="image-off"><span class="image-alt" dir="auto">A chart</span> '
        '<a href="https://evil.example/c.png?q=secret" target="_blank" rel="noopener noreferrer nofollow">'
        "<bdi>evil.example</bdi></a></span></p>"
    )


def test_an_image_with_its_bytes_in_the_address_shows_its_description_only() -> None:
    html = render("![A chart](data:image/png;base64,AAAA)")
    assert html == (
        '<p dir="auto"><span class="image-off"><span class="image-alt" dir="auto">A chart</span></span></p>'
    )


def test_a_link_to_our_own_pages_or_an_unknown_scheme_is_plain_text() -> None:
    for address in ("/logout", "#top", "//evil.example", "javascript:alert(1)", "data:text/html,x", "https:evil"):
        assert render(f"[text]({address})") == '<p dir="auto">text</p>'


def test_raw_html_is_shown_as_text() -> None:
    assert render("a <b>c</b>") == '<p dir="auto">a &lt;b&gt;c&lt;/b&gt;</p>'
    assert render("<div>\n*x*\n</div>") == '<p class="raw" dir="auto">&lt;div&gt;\n*x*\n&lt;/div&gt;</p>'


def test_deep_nesting_is_flattened() -> None:
    html = render(">" * 20_000 + " deep")
    assert html.count("<blockquote") < 100
    assert "deep" in html


@pytest.mark.parametrize("tex", ["\\def\\a{\\a}\\a", "\\def\\a{\\a\\a}\\a", "\\newcommand\\a{x\\a}\\a"])
def test_a_definition_that_expands_without_end_is_left_as_source(tex: str) -> None:
    assert render(f"${tex}$") == f'<p dir="auto"><code class="tex">{tex}</code></p>'
