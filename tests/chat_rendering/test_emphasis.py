"""Emphasis beside letters and punctuation that no space parts: Chinese, Japanese, Korean, Thai."""

# ruff: noqa: E501 (the tables are read by line)

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chat_rendering.page import cut, play
from web.rendering.message import render

CASES = [
    ("これは**「太字」**です", "<strong>「太字」</strong>"), ("**「太字」**です", "<strong>「太字」</strong>"),
    ("**注意：**これ", "<strong>注意：</strong>"), ("A（B）**和**C", "<strong>和</strong>"),
    ("**A（B）**和**C**", "<strong>A（B）</strong>和<strong>C</strong>"), ("**한국어(Korean)**는", "<strong>한국어(Korean)</strong>"),
    ("这是**重点（important）**和**“引用”**的", "<strong>重点（important）</strong>和<strong>“引用”</strong>的"),
    ("~~（取消）~~了", "<del>（取消）</del>了"), ("*「斜体」*です", "<em>「斜体」</em>です"), ("***「両方」***です", "「両方」"),
    ("**50%**的", "<strong>50%</strong>的"), ("价格**$5**起", "<strong>$5</strong>起"), ("**`code`**を", "<strong><code>code</code></strong>を"),
    ("**[链接](https://a.b)**和", "</a></strong>和"), ("คำ**“หนา”**นะ", "<strong>“หนา”</strong>"), ("**太字**です", "<strong>太字</strong>"),
    ("**（一）**、**（二）**と**（三）**だ", "<strong>（一）</strong>、<strong>（二）</strong>と<strong>（三）</strong>だ"),
    ("普通 **粗体** 普通", "<strong>粗体</strong>"), ("- **项：**值\n- **项2：**值", "<strong>项2：</strong>值"),
    ("用 `a**b` 和**「c」**的", "<strong>「c」</strong>的"), ("**注意：**API需要", "<strong>注意：</strong>API"),
    ("**日期：**2026年", "<strong>日期：</strong>2026"), ("- **名称:**Python\n- **版本:**3.12", "<strong>版本:</strong>3.12"),
    ("支持API**（接口）**等", "API<strong>（接口）</strong>等"), ("Vue**（推荐）**或React**（流行）**。", "React<strong>（流行）</strong>。"),
    ("**“引用”**abc", "<strong>“引用”</strong>abc"), ("**中文**English**「中文」**的", "English<strong>「中文」</strong>的"),
    ("**_「強調」_**です", "<strong><em>「強調」</em></strong>です"), ("**Größe:**groß", "<strong>Größe:</strong>groß"),
    ("**ចំណាំ៖**នេះ", "<strong>ចំណាំ៖</strong>នេះ"), ("**अंत।**बात", "<strong>अंत।</strong>बात"),
    ("**အရေးကြီး။**သည်", "<strong>အရေးကြီး။</strong>သည်"),
]  # fmt: skip
# A sign that is none does not turn the ends of the others around.
ODD = [
    ("2**3 と **「x」**で", "<strong>「x」</strong>で"), ("使用 2**3 和 **重点：**Docker", "<strong>重点：</strong>Docker"),
    ("a*b*c と **「d」**e", "<strong>「d」</strong>e"),
]  # fmt: skip
NOT = ["2*（3）*你", "\\*\\*「x」\\*\\*です", "`**「x」**です`", "* 一\n* 二", "5 * 3（あ）* 2"]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_it_is_shown_without_its_stars(text: str, expected: str) -> None:
    shown = render(text)
    assert expected in shown
    assert "**" not in re.sub("<code>.*?</code>", "", shown)
    page, _ = play(cut(text, 2))
    assert page.html == shown


@pytest.mark.parametrize(("text", "expected"), ODD)
def test_so_it_is_beside_a_sign_that_is_none(text: str, expected: str) -> None:
    assert expected in render(text)


@pytest.mark.parametrize("text", NOT)
def test_stars_that_are_none_stay(text: str) -> None:
    assert "<strong>" not in render(text)


LETTERS = st.text(st.sampled_from("漢字かなカナ한글เขียน"), min_size=1, max_size=4)
OPEN, CLOSE = st.sampled_from("「『（“【"), st.sampled_from("」』）”】。、！？：")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LETTERS, OPEN, LETTERS, CLOSE), min_size=1, max_size=5), LETTERS)
def test_however_it_is_written(pieces: list[tuple[str, str, str, str]], end: str) -> None:
    text = "".join(f"{before}**{opening}{inner}{closing}**" for before, opening, inner, closing in pieces) + end
    shown = render(text)
    assert "*" not in shown
    assert re.findall("<strong>(.*?)</strong>", shown) == ["".join(piece[1:]) for piece in pieces]
    assert re.sub("<[^>]*>", "", shown) == text.replace("*", "")
