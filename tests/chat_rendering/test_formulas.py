"""Formulas: what people and models write comes out as TeX sets it, or stays as it was written. Nothing in silence."""

import html
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.chat_rendering.hostile import faults
from web.rendering.mathml import to_mathml
from web.rendering.message import render
from web.rendering.sanitise import clean

ROOT = Path(__file__).parents[2]
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "formulas.tsv").read_text().splitlines()
    if not line.startswith("#")
]
# Marks of places that need no rule in the engines we look at.
WITHOUT_RULE = re.compile(r"math-block|tml-tag|tml-tageqn|tml-vec|wbk-.*|mathcal|tml-m-0|tex|source")


def mathml(tex: str, *, block: bool = True) -> str:
    """Return a formula's MathML without its source; empty when it is shown as source."""
    return re.sub(r'<code class="tex source">.*?</code>', "", to_mathml(tex, block=block) or "", flags=re.DOTALL)


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def test_ninety_seven_of_a_hundred_commands_come_out_right_and_none_gets_lost() -> None:
    wrong = [(tex, text, words(mathml(tex))) for _, _, tex, text in ROWS if words(mathml(tex)) != text]
    kinds = Counter(kind for _, kind, _, _ in ROWS)
    assert wrong == []
    assert kinds["right"] / len(ROWS) >= 0.97
    assert len(ROWS) > 1_000


def test_no_command_shows_its_own_name() -> None:
    shown = [name for name, _, tex, _ in ROWS if re.search(r"\\[a-zA-Z]", words(mathml(tex)))]
    assert shown == []


@pytest.mark.parametrize("block", [True, False])
def test_nothing_that_a_formula_says_by_style_is_lost(block: bool) -> None:
    """No style attribute, which the page forbids; each class has its rule; the sanitiser takes nothing away."""
    styles = "".join(path.read_text() for path in (ROOT / "static/css/formulas").glob("*.css"))
    rules = set(re.findall(r"\.([a-z][\w-]*)", styles))
    for _, _, tex, _ in ROWS:
        markup = mathml(tex, block=block)
        classes = set(" ".join(re.findall(r'class="([^"]*)"', markup)).split())
        assert " style=" not in markup
        assert clean(markup) == markup
        assert {name for name in classes - rules if not WITHOUT_RULE.fullmatch(name)} == set(), tex


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknowncommand{a}", r"\begin{tikzpicture}\draw (0,0);\end{tikzpicture}", r"\left( a", r"a_b_c", r"\frac{a}",
        "{", r"\begin{aligned} a", r"\includegraphics{a}", r"\htmlStyle{color:red}{a}", r"\htmlClass{a}{b}",
        r"\def\a{\a\a}\a", "a" * 2_001, "{" * 300 + "a" + "}" * 300, "", "%",
    ],
)  # fmt: skip
def test_what_is_not_understood_stays_readable_source(tex: str) -> None:
    shown = render(f"$${tex}$$" if tex else "$$\n$$")
    assert "<math" not in shown
    assert tex in html.unescape(shown)


@pytest.mark.parametrize(
    ("tex", "columns", "rows"),
    [
        (r"\begin{aligned} f &= a \\ &= b \end{aligned}", 2, 2),
        (r"\begin{alignedat}{2} a&=b & c&=d\\ e&=f & g&=h \end{alignedat}", 4, 2),
        (r"\begin{dcases} a & b \\ c & d \end{dcases}", 2, 2),
        (r"\begin{gathered} a \\ b \\ c \end{gathered}", 1, 3),
        (r"\begin{eqnarray} a &=& b \\ c &=& d \end{eqnarray}", 3, 2),
        (r"a \\ b", 1, 2),
        (r"a &= b \\ c &= d", 2, 2),
        (r"a \\[4pt] b", 1, 2),
        (r"f = \begin{cases} a \\ b \end{cases}", 1, 2),
    ],
)
def test_lines_and_columns_are_lines_and_columns(tex: str, columns: int, rows: int) -> None:
    markup = mathml(tex)
    assert markup.count("<mtr") == rows
    assert markup.count("<mtd") == rows * columns


def test_columns_are_aligned_at_the_sign_and_as_an_array_says() -> None:
    assert mathml(r"\begin{aligned} a &= b \end{aligned}").count('class="tml-right') == 1
    array = mathml(r"\begin{array}{l|r} a & b \\ \hline c & d \end{array}")
    assert array.count("tml-left") == array.count("tml-right") == 2
    assert array.count("tml-br-solid") == 2
    assert array.count("tml-bb-solid") + array.count("tml-bt-solid") == 2


def test_a_gap_between_lines_is_a_gap_and_not_text() -> None:
    markup = mathml(r"\begin{aligned} a \\[4pt] b \end{aligned}")
    assert "4pt" not in markup
    assert 'height="0.75em"' in markup


def test_a_color_is_kept_and_nothing_else_passes_for_one() -> None:
    assert 'mathcolor="#ff0000"' in mathml(r"\textcolor{red}{a}")
    assert 'mathcolor="#ca337c"' in mathml(r"\maroonD{a}")
    for color in ("url(https://a.example)", "red;width:9em", "var(--text)", "expression(1)"):
        assert faults(render(rf"$\textcolor{{{color}}}{{a}}$")) == []
        assert "url(" not in mathml(rf"\textcolor{{{color}}}{{a}}")


def test_a_formula_leads_nowhere() -> None:
    for tex in (r"\href{https://a.example}{b}", r"\url{https://a.example}", r"\href{javascript:alert(1)}{b}"):
        assert "href=" not in mathml(tex)


def test_a_percent_sign_after_a_number_is_no_comment() -> None:
    assert words(mathml("x = 50% of y")) == "x=50%ofy"
    assert words(mathml("x % a comment\n+ y")) == "x+y"


def test_definitions_hold_within_their_formula_only() -> None:
    assert words(mathml(r"\newcommand{\half}{\frac12} \half")) == "12"
    assert words(mathml(r"\gdef\half{x}\half")) == "x"
    assert mathml(r"\half") == ""


def test_the_source_stands_behind_the_formula() -> None:
    assert '<code class="tex source">a&lt;b</code>' in render("$a<b$")
    assert "<mo>&lt;</mo>" in render("$a<b$")


def test_a_screen_reader_gets_mathml_and_a_block_scrolls_by_keyboard() -> None:
    markup = render("$$x$$")
    assert (
        '<span class="math-block" tabindex="0"><math xmlns="http://www.w3.org/1998/Math/MathML" display="block"'
        in markup
    )
