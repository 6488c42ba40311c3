"""What models answer when they are asked for a title, and what becomes of it."""

import pytest

from chat.services.title_text import LONGEST, TITLE_CHARACTERS, clean_title

PORTS = "Port forwarding with nginx"
ANSWERS = [
    ("<think>\nThe person wants a ti", ""),
    (f"Let me see…\n</think>\n\n{PORTS}", PORTS),
    (f"</think>{PORTS}", PORTS),
    (f"<thinking>hm</thinking>\n{PORTS}", PORTS),
    (f"<think>a</think><think>b</think> {PORTS}", PORTS),
    (f"<Thought type='x'>\nhm\n</Thought>{PORTS}", PORTS),
    (f"[THINK]hm[/THINK]{PORTS}", PORTS),
    (f"◁think▷hm◁/think▷{PORTS}", PORTS),
    (f'```json\n{{"title": "{PORTS}"}}\n```', PORTS),
    (f'{{"title": "{PORTS}"}}', PORTS),
    (f'{{"Title": "{PORTS}", "emoji": "x"}}', PORTS),
    (f'["{PORTS}", "Ports"]', PORTS),
    (f'{{"titles": ["{PORTS}", "Ports"]}}', PORTS),
    (f'{{"title": "{PORTS}', PORTS),
    (f"```\n{PORTS}\n```", PORTS),
    (f"```{PORTS}```", PORTS),
    (f"Here you go:\n```text\n{PORTS}\n```\nEnjoy!", PORTS),
    (f"<title>{PORTS}</title>", PORTS),
    (f"Sure!\n<title>{PORTS}", PORTS),
    (f"Here is a title:\n\n**{PORTS}**", PORTS),
    (f"Here's a title for the conversation: {PORTS}", PORTS),
    (f"Sure! Here is a suggested title: “{PORTS}”", PORTS),
    (f"Certainly:\n{PORTS}", PORTS),
    (f"Title\n{PORTS}", PORTS),
    (f"**Title:** {PORTS}", PORTS),
    (f"**Title**: {PORTS}", PORTS),
    (f"# Title: {PORTS}", PORTS),
    (f"Title - {PORTS}", PORTS),
    (f"- {PORTS}", PORTS),
    (f"* {PORTS}", PORTS),
    (f"• {PORTS}", PORTS),
    (f"1. {PORTS}\n2. Ports and nginx", PORTS),
    (f"1) {PORTS}", PORTS),
    (f"# {PORTS}", PORTS),
    (f"> {PORTS}", PORTS),
    (f"***{PORTS}***", PORTS),
    (f"_{PORTS}_", PORTS),
    (f"`{PORTS}`", PORTS),
    ("**Port** forwarding with nginx", PORTS),
    ("“Nginx” and its ports", "“Nginx” and its ports"),
    ("Ports of “nginx”", "Ports of “nginx”"),
    ("“Nginx” and “Apache”", "“Nginx” and “Apache”"),
    ('"Nginx" and "Apache"', '"Nginx" and "Apache"'),
    (f'"{PORTS}."', PORTS),
    (f'"{PORTS}".', PORTS),
    (f"«{PORTS}»", PORTS),
    ("「nginx のポート」", "nginx のポート"),
    ("标题：用 nginx 转发端口", "用 nginx 转发端口"),
    ("Titel: Ports mit nginx", "Ports mit nginx"),
    ("Titre : Ports avec nginx", "Ports avec nginx"),
    ("Заголовок: порты nginx", "порты nginx"),
    ("Title case in English", "Title case in English"),
    ("Titles of nobility", "Titles of nobility"),
    ("C# or F#?", "C# or F#?"),
    ("C++", "C++"),
    ("*args and **kwargs", "*args and **kwargs"),
    ("snake_case_ names", "snake_case_ names"),
    ("Nginx: ports", "Nginx: ports"),
    ("A history of the U.S.", "A history of the U.S."),
    ("And then…", "And then…"),
    ("And then...", "And then..."),
    ("A <b>bold</b> claim", "A <b>bold</b> claim"),
    ("[a](http://x)", "[a](http://x)"),
    (f"\u202e{PORTS}\x00\u200b", PORTS),
    (f"  {PORTS}  \n\nBecause it is about ports.", PORTS),
    ("", ""),
    ("```json\n{}\n```", ""),
    ("{}", ""),
    ("Title:", ""),
    ('""', ""),
    ("…", ""),
    ("---", ""),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "title"), ANSWERS)
def test_the_title_that_was_meant(answer: str, title: str) -> None:
    assert clean_title(answer) == title


@pytest.mark.parametrize("word", ["and more ports ", "端口转发", "xyz"])
def test_a_long_answer_is_cut_at_a_word_to_one_line(word: str) -> None:
    title = clean_title("Ports " + word * 60)
    assert title.startswith("Ports")
    assert title.endswith("…")
    assert len(title) <= TITLE_CHARACTERS + 1 < LONGEST
    assert " " not in word or title.removesuffix("…").split()[-1] in {"and", "more", "ports"}
