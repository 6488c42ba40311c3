"""The first words of a message without the marks of Markdown."""

import pytest

from chat.services.search.previews import bare_words


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("# A heading\n\nand words", "A heading and words"),
        ("**Bold**, *slanted*, __both__ and ~~gone~~", "Bold, slanted, both and gone"),
        ("see [the page](https://example.org/a_b) and ![a cat](cat.png)", "see the page and a cat"),
        ("> [!NOTE]\n> quoted", "quoted"),
        ("- one\n- [x] two\n1. three", "one two three"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("| a | b |\n|---|:--|\n| 1 | 2 |", "a b 1 2"),
        ("use `code` **cut off in the mid", "use code cut off in the mid"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("a - b, C# and #5", "a - b, C# and #5"),
        ("", ""),
    ],
)
def test_marks_are_left_out_and_words_stay(text: str, bare: str) -> None:
    assert bare_words(text) == bare
