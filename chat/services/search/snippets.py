"""The sentence around a search hit, with the hits marked."""

import re
from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat.services.search.previews import bare_words
from chat.services.search.text import Folded, fold, pattern_of

AROUND = 220  # characters
_SEARCHED = 200_000
_END = re.compile(r"[.!?。！？\n]\s*")


def snippet(text: str, terms: Sequence[str]) -> SafeString:
    """Return escaped HTML: the part of `text` around the first hit, every hit in ``<mark>``."""
    text = text[:_SEARCHED]
    pattern = pattern_of(terms)
    at = _first(text, pattern)
    start = _sentence_start(text, at)
    cut = text[start : start + 2 * AROUND]
    if start + len(cut) < len(text):
        cut = cut.rsplit(" ", 1)[0] if " " in cut[AROUND:] else cut
        after = " …"
    else:
        after = ""
    plain = bare_words(cut)
    if pattern and not pattern.search(fold(plain)):
        plain = " ".join(cut.split())  # found in what Markdown does not show, such as an address
    return mark_safe(f"{'… ' if start else ''}{_marked(plain, pattern)}{after}")  # noqa: S308 (escaped)


def marked(text: str, terms: Sequence[str]) -> SafeString:
    """Return the whole of `text` escaped, every hit in ``<mark>``."""
    return mark_safe(_marked(text, pattern_of(terms)))  # noqa: S308 (escaped piece by piece)


def _first(text: str, pattern: "re.Pattern[str] | None") -> int:
    """Return where the first hit begins, or 0. Only the line that has it is looked at character by character."""
    at = 0
    for line in text.splitlines(keepends=True) if pattern else ():
        if pattern and pattern.search(fold(line)):
            return next((at + start for start, _ in Folded.of(line).spans(pattern)), at)
        at += len(line)
    return 0


def _sentence_start(text: str, at: int) -> int:
    """Return where the sentence around `at` begins, or a word not far before it."""
    window = max(0, at - AROUND)
    ends = [match.end() for match in _END.finditer(text, window, at)]
    if ends:
        return ends[-1]
    if not window:
        return 0
    space = text.find(" ", window, at)
    return space + 1 if space >= 0 else window


def _marked(text: str, pattern: "re.Pattern[str] | None") -> str:
    if pattern is None:
        return escape(text)
    return "".join(_marked_line(line, pattern) for line in text.splitlines(keepends=True))


def _marked_line(line: str, pattern: "re.Pattern[str]") -> str:
    if not pattern.search(fold(line)):
        return escape(line)
    pieces: list[str] = []
    last = 0
    for start, end in Folded.of(line).spans(pattern):
        pieces += [escape(line[last:start]), "<mark>", escape(line[start:end]), "</mark>"]
        last = end
    return "".join([*pieces, escape(line[last:])])
