r"""What is a formula and what is a price: decided before Markdown looks at the text."""

# ruff: noqa: E501 (the tables are read by line)

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat_rendering.page import cut, play
from web.rendering.markdown import draft
from web.rendering.message import render, words_in_use

# No formula: the text, with what Markdown makes of it.
TEXTS = [
    ("Entry is **$12.00**, and **$15.50** at the door.", "<strong>$12.00</strong>, and <strong>$15.50</strong>"),
    ("**$5**–**$10** a head", "<strong>$5</strong>–<strong>$10</strong>"), ("*$5* to *$10*", "<em>$5</em> to <em>$10</em>"),
    ("**$10**/month … **$20**/month", "<strong>$10</strong>/month … <strong>$20</strong>/month"),
    ("*$5* vs *$10*", "<em>$5</em> vs <em>$10</em>"), ("`a` costs $5, `b` ($6)", "</code> costs $5, <code>b</code> ($6)"),
    ("between $5 and *at most* ($10)", "$5 and <em>at most</em> ($10)"),
    ("export PATH=$HOME/bin:$PATH and $USER:$GROUP", "PATH=$HOME/bin:$PATH and $USER:$GROUP"),
    ("${A}/${B} or $A.$B", "${A}/${B} or $A.$B"), ("$env:PATH;$env:HOME", "$env:PATH;$env:HOME"),
    ("$TICK/$TOCK and ($TICK) ($TOCK)", "$TICK/$TOCK and ($TICK) ($TOCK)"), ("$('#a')+$('#b')", "$('#a')+$('#b')"),
    ("(in US$)/(in A$)", "(in US$)/(in A$)"), ("from 5$-10$, or 5$/6$", "from 5$-10$, or 5$/6$"),
    ("US$5–US$7, $5/$6, $1,000.00-$2,000.00", "US$5–US$7, $5/$6, $1,000.00-$2,000.00"), ("It costs $5.", "It costs $5."),
    ("between $10-$20 a month", "between $10-$20 a month"), ("$5, or $6", "$5, or $6"), ("a $ b $ c", "a $ b $ c"),
    ("cost: $20 and 30$", "cost: $20 and 30$"), ("$x", "$x"), ("\\$5 and \\$6", "$5 and $6"), ("$$", "$$"),
    ("I owe $5 (or five bucks$)", "I owe $5 (or five bucks$)"), ("\\[citation needed\\]", "[citation needed]"),
    ("| $5 | $6 |\n|---|---|\n| $7 | $8 |", "<td>$7</td><td>$8</td>"), ("R$10 e R$20", "R$10 e R$20"),
    ("~~$5~~ $4, ~~$9~~ $8", "<del>$5</del> $4, <del>$9</del> $8"), ("[$5](https://u.v) or [$10](https://u.v)", ">$5</a> or <a"),
    ("'$' and '$'", "'$' and '$'"), ('"$" or "$"', '"$" or "$"'), ("$$ and $$", "$$ and $$"), ("Price: $$ - $$$", "$$ - $$$"),
    ("*$$*–*$$$*", "<em>$$</em>–<em>$$$</em>"), ("| $$ | $$$ |\n|---|---|\n| $$ | $ |", "<td>$$</td><td>$</td>"), ("$$/$$$", "$$/$$$"),
    ("\\begin{lstlisting} x \\end{lstlisting}", "\\begin{lstlisting}"),
]  # fmt: skip
# Formulas: the text, and each with whether it is a block.
FORMULAS = [
    ("So $a^2+b^2=c^2$, $n$th, $x$-axis, and $2^n$.", ["a^2+b^2=c^2", "n", "x", "2^n"], False),
    ("A stake of $\\$0.40 \\times 2$.", ["\\$0.40 \\times 2"], False), ("\\(p\\) costs $3, \\(q\\) costs $4.", ["p", "q"], False),
    ("其中$x$表示，$y=2$时", ["x", "y=2"], False), ("**$x$** and *$y$*", ["x", "y"], False), ("($x$)", ["x"], False),
    ("$[0, 1)$ or $(a, b]$", ["[0, 1)", "(a, b]"], False), ("$f(x) = \\text{if $x$ is}$", None, False),
    ("$100$ and $3.14$", ["100", "3.14"], False), ("$|x|$ in | a |", ["|x|"], False), ("$a$$b$", None, False),
    ("| $|x|$ | b |\n|---|---|\n| \\(y\\) | $z$ |", ["|x|", "y", "z"], False), ("$x$, $x$, $x$", ["x", "x", "x"], False),
    ("\\begin{aligned}\nu &= a \\\\\nv &= b\n\\end{aligned}", ["\\begin{aligned}\nu &= a \\\\\nv &= b\n\\end{aligned}"], True),
    ("\\[\nT = 1\n\n  = 2\n\\]", ["T = 1\n\n  = 2"], True), ("$$\nq = r\n\n+ s\n$$", ["q = r\n\n+ s"], True),
    ("A row \\begin{pmatrix} 1 & 2 \\end{pmatrix} in it.", ["\\begin{pmatrix} 1 & 2 \\end{pmatrix}"], False),
    ("- in a list:\n  \\[\n  z = 1\n  \\]", ["z = 1"], True), ("> quoted \\[ y = 2 \\]", ["y = 2"], True),
    ("> $$\n> a\n> = b\n> $$", ["a\n= b"], True), ("1. $$x = 1$$\n2. two", ["x = 1"], True), ("$$x$$", ["x"], True),
    ("\\begin{cases} a \\\\ \\begin{cases} b \\end{cases} \\end{cases}",
     ["\\begin{cases} a \\\\ \\begin{cases} b \\end{cases} \\end{cases}"], True),
]  # fmt: skip


def jobs(text: str) -> list[tuple[str, str]]:
    """Return kind and source of every formula, in the order in which they are shown."""
    made = draft(text, words_in_use())
    order = {key: made.html.index(job.mark) for key, job in made.jobs.items()}
    shown = [(at.start(), made.jobs[key]) for key in order for at in re.finditer(made.jobs[key].mark, made.html)]
    return [(job.kind, job.source) for _, job in sorted(shown, key=lambda item: item[0]) if job.kind != "code"]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_is_no_formula_is_markdown(text: str, expected: str) -> None:
    assert jobs(text) == []
    assert expected in html.unescape(render(text)).replace("&#x27;", "'")


@pytest.mark.parametrize(("text", "expected", "block"), [case for case in FORMULAS if case[1] is not None])
def test_what_is_a_formula_is_set(text: str, expected: list[str], block: bool) -> None:
    assert jobs(text) == [("block" if block else "inline", tex) for tex in expected]


@pytest.mark.parametrize("text", [case[0] for case in (*TEXTS, *FORMULAS)])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_stream_ends_alike(text: str, size: int) -> None:
    page, _ = play(cut(f"{text}\n\nAfter.", size))
    assert page.html == render(f"{text}\n\nAfter.")


def test_code_is_never_a_formula() -> None:
    for text in ("`$x$` and `\\(x\\)`", "```tex\n$$\nx\n$$\n```", "    $x$", "``a $b$ ` c``"):
        assert jobs(text) == []


def test_a_formula_that_never_ends_takes_nothing_along() -> None:
    text = "\\[\nx = 1\n\n# A heading\n\n- a list\n\nand $$ more"
    assert "<h3" in render(text)
    page, _ = play(cut(text, 2))
    assert page.html == render(text)


PIECES = st.sampled_from(
    [*"$\\()[]{}ab1 \n`*_|>-#&^", "\\begin{cases}", "\\end{cases}", "\\[", "\\]", "\\(", "\\)", "$$", "\n\n", "$x$"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_can_be_shown_and_streamed(text: str) -> None:
    page, _ = play(cut(text, 2))
    assert page.html == render(text)
    assert not re.search("[\x02\x0e-\x1f]", page.html)
