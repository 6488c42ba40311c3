"""Where a bare address ends, in the languages that write it without a space after it."""

import html
import re

import pytest

from tests.chat_rendering.page import cut, play
from web.rendering.message import render

AT = "https://site.example"
CASES = [
    ("请看 {0}/help，谢谢。", ["/help"]), ("说明（{0}/a）和《{0}/b》", ["/a", "/b"]), ("{0}/old（已停用）", ["/old"]),
    ("“{0}/q”", ["/q"]), ("{0}/x…然后", ["/x"]), ("{0}/y——见下", ["/y"]),
    ("先{0}/1、再{0}/2；后{0}/3！", ["/1", "/2", "/3"]), ("詳細は{0}/docs?lang=ja&v=2「手順」", ["/docs?lang=ja&v=2"]),
    ("링크는 {0}/ko을 참고", ["/ko"]), ("اقرأ {0}/ar، ثم عد؟", ["/ar"]), ("{0}/wiki/東京 を開く", ["/wiki/東京"]),
    ("{0}/wiki/東京。次", ["/wiki/東京"]), ("see {0}/f_(x) or ({0}/g_(y)).", ["/f_(x)", "/g_(y)"]),
    ("(see {0}/plain)", ["/plain"]), ("[表]({0}/资料（一）) 与 <{0}/p，q>", ["/资料（一）", "/p，q"]),
    ("`{0}/code，x`", []), ("{0}/a[1]?b={{2}}!", ["/a[1]?b={2}"]), ("*{0}/em*", ["/em"]), ("**{0}/b**です", ["/b"]),
    ("{0}/ünï/straße?x=é#ß.", ["/ünï/straße?x=é#ß"]), ("{0}/путь/файл, да", ["/путь/файл"]),
    ("ไปที่{0}/thaiได้เลย", ["/thai"]), ("{0}/tag/日本-東京・大阪", ["/tag/日本-東京"]), ("'{0}/s'", ["/s"]),
    ("{0}/a_b_c_ {0}/~user", ["/a_b_c", "/~user"]), ("{0}/((x)).", ["/((x))"]), ("https:// {0}", [""]),
    ("{0}/wiki/東京_(曖昧さ回避) を", ["/wiki/東京_(曖昧さ回避)"]),
    ("{0}/wiki/苹果_(消歧义)。", ["/wiki/苹果_(消歧义)"]), ("{0}/第1章。", ["/第1章"]),
    ("{0}/2024年/10月.html。", ["/2024年/10月.html"]), ("{0}/1を見る", ["/1"]),
    ("{0}/에서 받기", ["/"]), ("{0}/を参照", ["/"]), ("{0}/한국어/문서를 ", ["/한국어/문서를"]),
    ("{0}/हिन्दी/पृष्ठ।", ["/हिन्दी/पृष्ठ"]), ("{0}/தமிழ் ", ["/தமிழ்"]), ("{0}/cafe\u0301/x.", ["/cafe\u0301/x"]),
    ("{0}/میشود؟", ["/میشود"]), ("{0}/נִקּוּד, ", ["/נִקּוּד"]), ("{0}/pkg/__init__.py", ["/pkg/__init__.py"]),
    ("{0}/m.html#object.__init__ and __so__", ["/m.html#object.__init__"]), ("__{0}/b__ _{0}/a_", ["/b", "/a"]),
    ("[x]({0}/__a__) <{0}/__b__>", ["/__a__", "/__b__"]), ("[1]: {0}/__a__\n\n[1]", ["/__a__"]),
    ("| {0}/__a__.py |\n|---|\n| {0}/b_(c)_d |", ["/__a__.py", "/b_(c)_d"]),
]  # fmt: skip


def links(shown: str) -> list[str]:
    return [html.unescape(link).removeprefix(AT) for link in re.findall(r'href="([^"]*)"', shown)]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_an_address_ends_where_it_ends(text: str, expected: list[str]) -> None:
    written = text.format(AT)
    assert links(render(written)) == expected


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_so_it_does_in_a_stream(text: str, expected: list[str]) -> None:
    page, _ = play(cut(text.format(AT), 3))
    assert links(page.html) == expected


def test_the_words_stay_as_they_are() -> None:
    for text, _ in CASES[:15]:
        plain = html.unescape(re.sub("<[^>]*>", "", render(text.format(AT))))
        assert plain == re.sub(r"[`<>]|\[|\]\([^）]*）\)", "", text.format(AT))
