"""From what a model answers when it is asked for a title to the one line that it meant."""

import json
import re
from typing import Any, Final

TITLE_WORDS: Final = 8
TITLE_CHARACTERS: Final = 60
LONGEST: Final = 2 * TITLE_CHARACTERS  # characters that a title may have as it is

_TAGS = r"(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis)"
_THOUGHT = re.compile(
    rf"[<\[◁](?P<tag>{_TAGS})\b[^>\]▷]*[>\]▷].*?(?:[<\[◁]/(?P=tag)\s*[>\]▷]|$)", re.DOTALL | re.IGNORECASE
)
_THOUGHT_BEFORE = re.compile(rf"^.*[<\[◁]/{_TAGS}\s*[>\]▷]", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```(?:[^\n`]*\n)?(.*?)(?:```|$)", re.DOTALL)
_WRAPPED = re.compile(r"<(title|answer|output|response|result)>\s*(.*?)\s*(?:</\1>|$)", re.DOTALL | re.IGNORECASE)
_IN_JSON = re.compile(r'"(?:title|titel|titre|name)"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE)
_LABELS = (
    r"(?:(?:conversation|chat|suggested|possible|the)\s+)*(?:title|titel|titre|t[ií]tulo|titolo|tytuł|název|cím|otsikko|"
    r"tittel|başlık|titlu|naslov|τίτλος|заголовок|название|назва|tiêu đề|judul|标题|標題|题目|タイトル|題名|제목|عنوان|"
    r"כותרת|शीर्षक|ชื่อเรื่อง)"
)
_LABEL = re.compile(rf"^[*_`#\s]*{_LABELS}[*_`\s]*(?:[:：][*_`\s]*|[-–—]\s+|$)", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok|absolutely)[^:：\w]*)?(?:here\b|this\b|a\b|the\b|my\b|i\b|how about\b)"
    rf"[^:：\n]*\b{_LABELS}\b[^:：\n]*[:：]\s*",
    re.IGNORECASE,
)
_MARK = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+•–—]\s+|\(?1[.)]\s+|\[[ x]\]\s+)+")
_STRONG = re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1")
_PAIRS = (
    '""', "''", "``", "**", "__", "“”", "„“", "„”", "‘’", "‚‘", "«»", "»«", "‹›", "「」", "『』", "《》", "【】", "[]",
)  # fmt: skip
_STOPS = ".。．।۔"


def first_words(text: str) -> str:
    """Return a title made of the first words of a message, at most 60 characters."""
    words = " ".join(text.split()[:TITLE_WORDS])
    return words if len(words) <= TITLE_CHARACTERS else words[: TITLE_CHARACTERS - 1].rstrip() + "…"


def clean_title(text: str) -> str:
    """Return what a model wrote as a title of one line, or an empty string when it is none.

    >>> clean_title('<think>hm</think>**Title:** "Cats at night."')
    'Cats at night'
    >>> clean_title('“Nginx” and its ports')
    '“Nginx” and its ports'
    """
    text = _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", text)).strip()
    if fenced := _FENCE.search(text):
        text = fenced[1].strip()
    if (found := _of_json(text)) is not None:
        text = found
    if wrapped := _WRAPPED.search(text):
        text = wrapped[2]
    line = _bare(_first_line(text))
    return _cut(line) if any(map(str.isalnum, line)) else ""


def _of_json(text: str) -> str | None:
    """Return the title in a JSON value, an empty text where it has none, or None for what is no JSON."""
    if text[:1] not in {"{", "[", '"'}:
        return None
    try:
        return _title_in(json.loads(text))
    except (ValueError, RecursionError):
        cut_off = _IN_JSON.search(text) if text[0] == "{" else None
        return cut_off[1].replace('\\"', '"') if cut_off else None


def _title_in(value: Any) -> str:
    if isinstance(value, dict):
        named = {str(key).lower(): each for key, each in value.items()}
        return _title_in(named.get("title") or next(iter(named.values()), ""))
    if isinstance(value, list):
        return _title_in(value[0]) if value else ""
    return value if isinstance(value, str) else ""


def _first_line(text: str) -> str:
    """Return the first line that is more than an introduction or a label."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        rest = _LABEL.sub("", _INTRODUCTION.sub("", _MARK.sub("", line), count=1), count=1)
        is_introduction = line.rstrip("*_ ").endswith((":", "：")) and number + 1 < len(lines)
        if rest.strip("*_`# ") and not is_introduction:
            return rest
    return ""


def _bare(line: str) -> str:
    """Return the line without marks, and without quotation marks or a full stop around all of it."""
    line = "".join(character for character in line if character.isprintable()).strip()
    before = None
    while line != before:
        before = line
        line = _STRONG.sub(r"\2", _MARK.sub("", line)).strip()
        for pair in _PAIRS:
            inner = line[1:-1]
            if len(line) > 2 and line[0] == pair[0] and line[-1] == pair[1] and not set(pair) & set(inner):
                line = inner.strip()
        line = _LABEL.sub("", line) if _LABEL.sub("", line).strip() else line
        line = _without_stop(line)
    return line


def _without_stop(line: str) -> str:
    """Return the line without the full stop at its end; an ellipsis and abbreviations keep theirs."""
    last = line.rpartition(" ")[2]
    is_stop = line[-1:] in _STOPS if line else False
    return line[:-1].rstrip() if is_stop and last[:-1].count(".") == 0 else line


def _cut(line: str) -> str:
    """Return the line, or as many of its first words as a title has room for."""
    if len(line) <= LONGEST:
        return line
    words, _, rest = line[:TITLE_CHARACTERS].rpartition(" ")
    return (words if len(words) > TITLE_CHARACTERS // 2 else words + " " * bool(words) + rest).rstrip(" ,;:-–—") + "…"
