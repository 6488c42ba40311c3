"""Random Markdown: pieces of every construct, glued in ways that make their borders collide."""

from hypothesis import strategies as st

INLINE = st.sampled_from(
    [
        "word", "two words", "*em*", "**strong", "`code`", "``", "`", "_a_b_", "~~gone~~", "~", "[ref]", "[ref][]", "[x][ref]",
        "[l](http://a.b/c)", "[l](javascript:alert(1))", "![i](http://e.v/q)", "![", "](", "<b>", "</b>", "<br>", "<!-- c",
        "-->", "<script>", "<a@b.c>", "<http://x.y>", "http://bare.link/a_b", "&amp;", "&", "&#0;", "$x$", "$", "$$", "$$y$$",
        "\\(z\\)", "\\[", "\\]", "\\", "\\*", "[^1]", "[^", "|", "| a | b |", "é", "日本語", "👩‍👩‍👧", "\u202e", "\t", "  ", "x\\",
        "!", "#", "1.", "-", "+", "===", "---", ":", "\x0b", "\x0c", "\0", "\u00a0", "\u2028", "\x02",
    ]
)  # fmt: skip
OPENINGS = st.sampled_from(
    [
        "", "", "", "", "# ", "## ", "###### ", "#", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">", ">> ", "    ", "   ", "  ",
        " ", "\t", "- - ", "- > ", "> - ", "1. - ", "- [ ] ", "- [x] ", "```", "```py", "~~~", "````", "   ```", "  - ", "    - ",
        "      ", "- ```", "> ```", "  ```", "===", "---", "-", "=", "***", "| a | b |", "|---|---|", "|:-:|", "|", "a | b", "--|--",
        "[ref]: http://r.e/f", "[ref]: /u 'title", "[ref]:", "[^1]: ", "[^1]:", "<div>", "</div>", "<!--", "-->", "<script>",
        "</script>", "<b>", "<x-y a='b'>", "$$", "\\[", "\\]", "> [!NOTE]", "title'", "<?php", "?>", "<![CDATA[", "]]>",
    ]
)  # fmt: skip
BREAKS = st.sampled_from(
    ["\n", "\n", "\n", "\n\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r", "\n \n", "\n\t\n", "  \n", "\\\n"]
)

LINES = st.builds(lambda opening, body: opening + " ".join(body), OPENINGS, st.lists(INLINE, max_size=4))
STRUCTURED = st.lists(st.tuples(LINES, BREAKS), max_size=24).map(lambda lines: "".join(a + b for a, b in lines))
LOOSE = st.text(alphabet="ab \n\t\r#*_`~-+=>|:[]()<>!$\\^&;/1.2é😀\u202e", max_size=120)
MARKDOWN = STRUCTURED | LOOSE


@st.composite
def cuts(draw: st.DrawFn, text: str) -> list[str]:
    """Cut `text` into pieces of random sizes, some of them empty."""
    biggest = draw(st.sampled_from([1, 2, 5, 20, 200]))
    pieces, at = [], 0
    while at < len(text):
        size = draw(st.integers(0 if biggest > 1 else 1, biggest))
        pieces.append(text[at : at + size])
        at += size
    return pieces


@st.composite
def cut_markdown(draw: st.DrawFn) -> list[str]:
    return draw(cuts(draw(MARKDOWN)))
