"""Normalising text for indexing, querying and highlighting: `fold`.

It removes differences that people ignore when they search: upper and lower case, accents, points and marks, full-width
and compatibility forms, digits of other scripts, typographic apostrophes. It keeps what distinguishes words: the vowels
of Indic and Southeast Asian scripts, the voicing marks of kana.

The database function `chat_fold` (migration ``0010``) does the same; a test compares the two. Equivalence follows
Unicode's decompositions (UAX #15) and, where Unicode has none, the letters below.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.lookups import Contains

# Marks and invisible characters that searching passes over, first and last of each range.
IGNORED = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x0300, 0x036F), (0x0483, 0x0487), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
    (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5), (0x05C7, 0x05C7),  # Hebrew
    (0x0610, 0x061A), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC), (0x06DF, 0x06E4),
    (0x06E7, 0x06E8), (0x06EA, 0x06ED),  # Arabic
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x2069), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
)  # fmt: skip
# Letters that Unicode does not decompose, one for one.
LETTERS = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Ø": "O", "ø": "o", "Ħ": "H", "ħ": "h", "Ŧ": "T",
    "ŧ": "t", "ı": "i", "ς": "σ", "ҙ": "з", "ى": "ي", "ک": "ك", "ی": "ي", "ٱ": "ا", "ة": "ه",
    "‘": "'", "’": "'", "‛": "'", "′": "'", "ʼ": "'", "＇": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "⁄": "/", "∕": "/",
}  # fmt: skip
LONGER = {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "TH"}
# The zero of each set of ten digits.
ZEROS = (
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810,
)  # fmt: skip
# Scripts that write words without spaces between them: they are looked for by pairs of characters.
UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF), (0x3100, 0x312F),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip

_DIGITS = {zero + digit: str(digit) for zero in ZEROS for digit in range(10)}
_TABLE = (
    {code: None for first, last in IGNORED for code in range(first, last + 1)}
    | {ord(one): other for one, other in (LETTERS | LONGER).items()}
    | _DIGITS
)
_UNSPACED = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED) + "]")
_JAMO = range(0x1160, 0x1200)  # vowels and final consonants of Hangul, which belong to the consonant before them
_ASCII = re.compile(r"[\x00-\x7f]+")


def fold(text: str) -> str:
    """Return the form of `text` that is compared.

    >>> fold("Crème BRÛLÉE, don’t, Straße, ٤٢")
    "creme brulee, don't, strasse, 42"
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).translate(_TABLE)
    return unicodedata.normalize("NFC", plain).lower().replace("ς", "σ")


def holds(field: str, wanted: str) -> Q:
    """Return the condition that the text in `field` contains `wanted`, both folded."""
    return Q(Contains(Func(F(field), function="chat_fold", output_field=TextField()), Value(fold(wanted))))


def is_unspaced(character: str) -> bool:
    """Whether words are not parted by spaces in the script of this folded character."""
    return _UNSPACED.match(character) is not None


def mixes_scripts(word: str) -> bool:
    """Whether a word has both, as 第7回 and A股 do: its pieces are looked for apart, so their order must be checked."""
    kinds = {is_unspaced(character) for character in fold(word)}
    return len(kinds) == 2


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows, for each of its characters, which part of the original it came from."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, original: str) -> "Folded":
        if original.isascii():
            return cls(original.lower(), list(range(len(original))), list(range(1, len(original) + 1)))
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for start, end in _clusters(original):
            folded = fold(original[start:end])
            pieces.append(folded)
            starts += [start] * len(folded)
            ends += [end] * len(folded)
        return cls("".join(pieces), starts, ends)

    def spans(self, pattern: "re.Pattern[str]") -> Iterator[tuple[int, int]]:
        """Yield where `pattern`, made of folded text, is found in the original: start and end, none overlapping."""
        last = 0
        for match in pattern.finditer(self.text):
            if match.start() == match.end():
                continue
            start, end = self.starts[match.start()], self.ends[match.end() - 1]
            if start >= last:
                yield start, end
                last = end


def pattern_of(terms: Sequence[str]) -> "re.Pattern[str] | None":
    """Return what finds any of the terms in folded text, the longest first, or None when there is nothing to find."""
    wanted = sorted({folded for term in terms if (folded := fold(term).strip())}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, wanted))) if wanted else None


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each character with the marks that follow it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and _continues(text[at]):
            continue
        yield start, at
        start = at


def _continues(character: str) -> bool:
    code = ord(character)
    if code < 0x80:
        return False
    return unicodedata.combining(character) != 0 or code in _JAMO or _TABLE.get(code, "") is None
