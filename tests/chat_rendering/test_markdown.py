"""What Markdown becomes."""

import pytest

from web.rendering.message import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A *b*", '<h3 dir="auto">A <em>b</em></h3>'),
        ("###### A", '<h6 dir="auto">A</h6>'),
        ("a  \nb", '<p dir="auto">a<br>b</p>'),
        ("a<br>b<BR/>c", '<p dir="auto">a<br>b<br>c</p>'),
        ("**a** ~~b~~ `c<d`", '<p dir="auto"><strong>a</strong> <del>b</del> <code>c&lt;d</code></p>'),
        ("- a\n- b", '<ul dir="auto"><li>a</li><li>b</li></ul>'),
        ("3. a\n4. b", '<ol dir="auto" start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n\n- b", '<ul dir="auto"><li><p dir="auto">a</p></li><li><p dir="auto">b</p></li></ul>'),
        ("> a", '<blockquote dir="auto"><p dir="auto">a</p></blockquote>'),
        (
            "> [!WARNING]\n> a",
            (
                '<blockquote dir="auto" class="warning"><p class="alert-title" dir="auto">Warning</p>'
                '<p dir="auto">a</p></blockquote>'
            ),
        ),
        ("---", "<hr>"),
        (
            "- [x] a\n- [ ] b",
            (
                '<ul dir="auto"><li><span class="task done" role="img" aria-label="Done"></span> a</li>'
                '<li><span class="task" role="img" aria-label="To do"></span> b</li></ul>'
            ),
        ),
        (
            "a[^1]\n\n[^1]: b",
            (
                '<p dir="auto">a<sup class="footnote-ref">1</sup></p>'
                '<div class="footnote"><sup class="footnote-ref">1</sup><p dir="auto">b</p></div>'
            ),
        ),
        ("a\r\nb\rc", '<p dir="auto">a\nb\nc</p>'),
        ("a\0b\ud83dc", '<p dir="auto">a\ufffdb\ufffdc</p>'),
        ("", ""),
    ],
)
def test_a_construct_becomes_its_html(text: str, html: str) -> None:
    assert render(text) == html


def test_links_open_elsewhere_and_tell_nothing() -> None:
    link = '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{1}</a>'
    for text, address, label in [
        ("[a](https://b.c/d?e=f&g)", "https://b.c/d?e=f&amp;g", "a"),
        ("[a][r]\n\n[r]: https://b.c", "https://b.c", "a"),
        ("<https://b.c>", "https://b.c", "https://b.c"),
        ("https://b.c/d_e_f", "https://b.c/d_e_f", "https://b.c/d_e_f"),
        ("<a@b.c>", "mailto:a@b.c", "a@b.c"),
    ]:
        assert render(text) == f'<p dir="auto">{link.format(address, label)}</p>'


def test_a_bare_address_ends_before_the_punctuation_after_it() -> None:
    assert ">https://b.c/d</a>)." in render("(see https://b.c/d).")


def test_code_is_coloured_and_has_its_language_and_a_copy_button() -> None:
    assert render("```Python title=x\ndef f(): # hi\n```") == (
        '<div class="code" data-lang="python"><div class="code-head"><span>python</span>'
        '<button type="button" class="copy" data-copy="">Copy</button></div><pre tabindex="0" dir="ltr"><code>'
        '<span class="k">def</span> <span class="nf">f</span>(): <span class="c"># hi</span>\n</code></pre></div>'
    )


def test_code_in_an_unknown_language_or_too_long_is_plain() -> None:
    assert "<code>def f(): pass\n</code>" in render("```klingon\ndef f(): pass\n```")
    assert "<code>def f(): pass</code>" in render("    def f(): pass")
    assert "<span class=" not in render("```python\n" + "def f(): pass\n" * 20_000 + "```")


def test_a_table_scrolls_by_keyboard_and_aligns_its_columns() -> None:
    assert render("| a | b |\n|:-:|--:|\n| 1 | 2 |") == (
        '<div class="table" role="group" tabindex="0" aria-label="Table"><table dir="auto"><thead><tr>'
        '<th class="center">a</th><th class="right">b</th></tr></thead>'
        '<tbody><tr><td class="center">1</td><td class="right">2</td></tr></tbody></table></div>'
    )


@pytest.mark.parametrize("text", ["$x_1$", "\\(x_1\\)", "\\( x_1 \\)"])
def test_a_formula_in_a_line_becomes_mathml(text: str) -> None:
    assert render(f"a {text} b") == (
        '<p dir="auto">a <math xmlns="http://www.w3.org/1998/Math/MathML"><msub><mi>x</mi>'
        '<mn>1</mn></msub></math><code class="tex source">x_1</code> b</p>'
    )


@pytest.mark.parametrize("text", ["$$x_1$$", "\\[x_1\\]", "\\[\nx_1\n\\]", "$$\nx_1\n$$"])
def test_a_formula_of_its_own_becomes_a_block(text: str) -> None:
    assert render(text) == (
        '<p dir="auto"><span class="math-block" tabindex="0">'
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block" class="tml-display">'
        "<msub><mi>x</mi><mn>1</mn></msub></math>"
        '<code class="tex source">x_1</code></span></p>'
    )


def test_formulas_written_with_backslashes_work_inside_lists_and_tables() -> None:
    assert render("- a\n\n  \\[ x * y * z \\]").count("<math") == 1
    assert render("| a |\n|---|\n| \\(x_1\\) and \\(y_2\\) |").count("<math") == 2


def test_backslash_brackets_in_code_stay_as_they_are() -> None:
    assert render("`\\(a\\)` and \\\\(b\\\\)") == '<p dir="auto"><code>\\(a\\)</code> and \\(b\\)</p>'
    assert "<math" not in render("```\n\\(a\\)\n```")
    assert "<math" not in render("\\(a\n\nb\\)")


def test_prices_are_not_formulas() -> None:
    for text in ("It costs $5 and then $10.", "between $10-$20 a month", "$5, or $6"):
        assert "<math" not in render(text)
        assert "<code" not in render(text)


def test_a_broken_formula_shows_its_source() -> None:
    assert render("$\\left($") == '<p dir="auto"><code class="tex">\\left(</code></p>'
    assert '<code class="tex">' in render(f"${'x' * 3_000}$")


def test_less_than_in_a_formula_stays_less_than() -> None:
    assert "<mo>&lt;</mo>" in render("$a<b$")
