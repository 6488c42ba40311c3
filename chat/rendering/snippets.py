"""The sentence in which something was found, with the hits marked."""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

AROUND = 220  # characters
_SEARCHED = 200_000
_END = re.compile(r"[.!?。！？\n]\s*")


def snippet(text: str, terms: Sequence[str]) -> SafeString:
    """Return escaped HTML: the part of `text` around the first hit, every hit in ``<mark>``."""
    text = text[:_SEARCHED]
    pattern = _pattern(terms)
    first = pattern.search(text) if pattern else None
    at = first.start() if first else 0
    start = _sentence_start(text, at)
    cut = text[start : start + 2 * AROUND]
    if start + len(cut) < len(text):
        cut = cut.rsplit(" ", 1)[0] if " " in cut[AROUND:] else cut
        after = " …"
    else:
        after = ""
    return mark_safe(f"{'… ' if start else ''}{_marked(' '.join(cut.split()), pattern)}{after}")  # noqa: S308 (escaped)


def marked(text: str, terms: Sequence[str]) -> SafeString:
    """Return the whole of `text` escaped, every hit in ``<mark>``."""
    return mark_safe(_marked(text, _pattern(terms)))  # noqa: S308 (escaped piece by piece)


def _pattern(terms: Sequence[str]) -> "re.Pattern[str] | None":
    wanted = sorted({unicodedata.normalize("NFKC", term) for term in terms if term.strip()}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE) if wanted else None


def _sentence_start(text: str, at: int) -> int:
    """Return where the sentence around `at` begins, or a word not far before it."""
    window = max(0, at - AROUND)
    ends = [found.end() for found in _END.finditer(text, window, at)]
    if ends:
        return ends[-1]
    if not window:
        return 0
    space = text.find(" ", window, at)
    return space + 1 if space >= 0 else window


def _marked(text: str, pattern: "re.Pattern[str] | None") -> str:
    if pattern is None:
        return escape(text)
    pieces: list[str] = []
    last = 0
    for found in pattern.finditer(text):
        pieces += [escape(text[last : found.start()]), "<mark>", escape(found[0]), "</mark>"]
        last = found.end()
    return "".join([*pieces, escape(text[last:])])
