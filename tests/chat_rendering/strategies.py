"""Random Markdown: pieces of every construct, glued in ways that make their borders collide."""

from hypothesis import strategies as st

# ruff: noqa: E501 (tables of samples)
# fmt: off
_INLINE = [
    "word", "two words", "*em*", "**strong", "`code`", "``", "`", "_a_b_", "~~gone~~", "~", "[ref]", "[ref][]", "[x][ref]",
    "[l](http://a.b/c)", "[l](javascript:alert(1))", "![i](http://e.v/q)", "![", "](", "<b>", "</b>", "<br>", "<!-- c",
    "-->", "<script>", "<a@b.c>", "<http://x.y>", "http://bare.link/a_b", "&amp;", "&", "&#0;", "$x$", "$", "$$", "$$y$$",
    "\\(z\\)", "\\[", "\\]", "\\*", "[^1]", "[^", "é", "日本語", "👩\u200d👧", "  ", "x\\", "!", "#", "1.", "-", "+", "===",
    "---", ":", "|", "| a | b |", "\t", "\u202e", "\x0b", "\x0c", "\0", "\u00a0", "\u2028", "\x02",
]
_OPENINGS = [
    "", "", "", "", "", "# ", "## ", "###### ", "#", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">", ">> ", "    ", "   ",
    "  ", " ", "\t", "- - ", "- > ", "> - ", "1. - ", "- [ ] ", "- [x] ", "```", "```py", "~~~", "````", "   ```", "  - ",
    "    - ", "      ", "- ```", "> ```", "  ```", "===", "---", "-", "=", "***", "| a | b |", "|---|---|", "|:-:|", "|",
    "a | b", "--|--", "| a | b |\n|---|---|\n", "[ref]: http://r.e/f", "[ref]: /u 'title", "[ref]:", "[^1]: ", "[^1]:",
    "<div>", "</div>", "<!--", "-->", "<script>", "</script>", "<b>", "<x-y a='b'>", "$$", "\\[", "\\]", "> [!NOTE]",
    "title'", "<?php", "?>", "<![CDATA[", "]]>",
]
# fmt: on
_BREAKS = ["\n"] * 4 + ["\n\n"] * 3 + ["\n\n\n", "\r\n", "\r\n\r\n", "\r", "\n \n", "\n\t\n", "  \n", "\\\n"]

_inline = st.sampled_from(_INLINE)
_openings = st.sampled_from(_OPENINGS)
_lines = st.builds(lambda opening, body: opening + " ".join(body), _openings, st.lists(_inline, max_size=4))
_structured = st.lists(st.tuples(_lines, st.sampled_from(_BREAKS)), max_size=24).map(
    lambda lines: "".join(line + end for line, end in lines)
)
_loose = st.text(alphabet="ab \n\t\r#*_`~-+=>|:[]()<>!$\\^&;/1.2é😀\u202e", max_size=120)
markdown = _structured | _loose


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
    return draw(cuts(draw(markdown)))
