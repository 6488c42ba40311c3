"""What the copy button yields where a provider left its citation markers."""

import pytest

from messages.parts import Attachment, Error, Part, Reasoning, Text
from web.rendering.citations import readable

SOURCES = Attachment(
    "web_search",
    {
        "turn": 0,
        "organic": [{"title": "Cats", "link": "https://cats.example"}, {"title": "", "link": "https://b.example"}, 3],
        "topStories": [{"title": "News of cats"}],
    },
)


def test_all_text_parts_come_in_order_and_nothing_else() -> None:
    parts: list[Part] = [
        Reasoning("hm"),
        Text("First."),
        Error("x"),
        Text("Second."),
    ]
    assert readable(parts) == "First.\n\nSecond."


@pytest.mark.parametrize(("mark", "opened", "closed"), [("\ue202", "\ue200", "\ue201"), ("\\ue202", "", "")])
def test_markers_become_numbers_in_order_of_their_first_use_with_the_sources_below(
    mark: str, opened: str, closed: str
) -> None:
    reply = f"Soft{opened}{mark}turn0search1{mark}turn0news0{closed}, loud{mark}turn0search1."
    assert readable([Text(reply), SOURCES]) == ("Soft[1][2], loud[1].\n\n[1] https://b.example\n[2] News of cats")


def test_numbered_markers_name_the_sources_in_their_order() -> None:
    assert readable([Text("Soft【1†source】【1:0†a.pdf】【9†source】."), SOURCES]) == (
        "Soft[1][1].\n\n[1] Cats – https://cats.example"
    )


def test_markers_without_a_source_go() -> None:
    assert readable([Text("Soft\ue202turn4search9【4†source】, \ue203loud\ue204.")]) == "Soft, loud."


def test_ordinary_brackets_stay() -> None:
    reply = "a[0] 【note】 turn0search0 \\u0041"
    assert readable([Text(reply)]) == reply
