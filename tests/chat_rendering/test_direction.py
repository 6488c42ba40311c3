"""Which way each block of a text runs."""

import re

import pytest

from tests.chat_rendering.page import cut, play
from web.rendering.message import render


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        ('כתוב `git commit -m "x"` ואז `--flag=1`.', ["rtl"]), ("`npm` הוא הכלי, גרסה 4 (חדש).", ["rtl"]),
        ("Node.js הוא הכלי שבו משתמשים כאן, גרסה 3.2!", ["rtl"]), ("https://site.example/x הוא האתר.", ["rtl", "ltr"]),
        ("1. الخطوة الأولى\n\n2. الخطوة الثانية", ["rtl", "rtl", "rtl"]), ("- [ ] מטלה\n- [x] עוד", ["rtl"]),
        ("> اقتباس طويل", ["rtl", "rtl"]), ("> [!NOTE]\n> הערה אחת.", ["rtl", "auto", "rtl"]), ("# שלום", ["rtl"]),
        ("Plain English, with שלום inside.", ["ltr"]), ("Only English", ["auto"]), ("שלום\n\nHello", ["rtl", "auto"]),
        ("המשוואה \\(a - b = c\\) נכונה.", ["rtl"]),
        ("## שימוש ב-Docker Compose", ["rtl"]), ("Kubernetes ו-Docker הם כלים", ["rtl"]),
        ("שָׁלוֹם to all of you", ["ltr"]),
        ("ג׳ירפה Giraffe", ["rtl"]), ("שלום!\nHello line two is longer", ["ltr"]), ("يدعم Python وJavaScript", ["rtl"]),
        ("- פריט ראשון\n- English item", ["rtl"]), ("Docker ב-Kubernetes", ["ltr"]), ("Version ۱۴۰۴ is out", ["ltr"]),
        ("| שם | b |\n|---|---|\n| `x` | English |", ["ltr", "rtl", "ltr", "auto", "ltr"]),
    ],
)  # fmt: skip
def test_a_block_runs_as_most_of_its_letters_do(text: str, directions: list[str]) -> None:
    shown = re.sub("<pre.*?</pre>", "", render(text))
    assert re.findall(r'dir="(\w+)"', shown) == directions
    page, _ = play(cut(text, 3))
    assert page.html == render(text)
