"""Estimates the number of tokens of a text that no provider has counted yet.

One estimator for all models, by script: a vocabulary cuts words of Latin letters into few tokens, everything else into
more. It errs high, so that a prompt is shortened before a provider refuses it, and holds are sufficient. The weights
were fitted to cl100k and o200k, the published vocabularies. It runs over the bytes of UTF-8: the first byte of a
character tells its script.
"""

import math
from bisect import bisect
from collections.abc import Iterable
from typing import Final

from endpoints.providers.base import PromptMessage

PER_MESSAGE: Final = 4  # tokens around each message
_STRETCH: Final = 16_384  # characters that are looked at at once: more is slower
_PENDING: Final = 512  # characters that wait to be counted with what comes after them

# Tokens of a character by the first byte of its UTF-8, from this byte up to the next.
_BY_FIRST_BYTE: Final = (
    (0xC2, 1.0),  # signs of Latin-1
    (0xC3, 1.2),  # Latin letters with marks
    (0xCC, 1.0),  # combining marks
    (0xCE, 1.0),  # Greek
    (0xD0, 0.55),  # Cyrillic
    (0xD4, 1.6),  # Armenian
    (0xD6, 1.2),  # Hebrew
    (0xD8, 0.85),  # Arabic
    (0xDC, 2.0),  # Syriac, Thaana, N'Ko
    (0xE0, 1.4),  # the scripts of India, Thai, Lao
    (0xE1, 2.1),  # Burmese, Georgian, Ethiopic, Khmer; Latin letters with two marks
    (0xE2, 1.8),  # punctuation, arrows, mathematics, boxes
    (0xE3, 0.85),  # kana, Chinese
    (0xEA, 1.2),  # Hangul
    (0xEE, 1.5),  # full width, private use
    (0xF0, 3.0),  # emoji, rare characters
)
_BEYOND_ASCII: Final = bytes(
    0xC2 + max(0, bisect([first for first, _ in _BY_FIRST_BYTE], byte) - 1) if byte >= 0xC2 else 0
    for byte in range(256)
)
_WORD = 0.95  # tokens of each run of letters: small ones, or capitals, which small ones may follow
_LONG = 0.27  # of each letter after the fifth of a word
_CAPITAL = 0.3  # of each further capital of a run
_NUMBER, _DIGIT = 0.65, 0.35  # of each run of digits, and of each digit
_MIXED = 0.5  # of each change between letters and digits, as in identifiers and encoded data
_RUN, _SIGN = 0.6, 0.5  # of each run of signs, and of each sign
_BREAK = 0.8  # of line ends and tabs
_BLANK = 0.05  # the first blank is part of the word after it

_LOWER, _UPPER, _DIGITS = b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_SIGNS = bytes(byte for byte in range(0x21, 0x7F) if not chr(byte).isalnum())
_ASCII: Final = bytes(range(0x80))


def _mask(characters: bytes) -> bytes:
    """Return the table that turns these characters into 1 and all others into 0."""
    return bytes(byte in characters for byte in range(256))


_MASKS: Final = tuple(_mask(characters) for characters in (_LOWER, _UPPER, _DIGITS, _SIGNS))


def weigh(text: str) -> float:
    """Return about how many tokens `text` is, with its fraction."""
    if len(text) <= _STRETCH:
        return _weigh(text)
    return sum(_weigh(text[at : at + _STRETCH]) for at in range(0, len(text), _STRETCH))


def _weigh(text: str) -> float:
    data = text.encode("utf-8", "surrogatepass")
    # A byte of these numbers is 1 where the text has such a character: whole texts are compared at once.
    lower, upper, digits, signs = (int.from_bytes(data.translate(mask), "little") for mask in _MASKS)
    letters = lower | upper
    word_count = _runs(lower) + _runs(upper) - (lower & (upper << 8)).bit_count()
    long = _beyond_fifth(letters)
    total = _WORD * word_count + _LONG * long.bit_count() + _CAPITAL * (upper & (upper << 8) & ~long).bit_count()
    total += _NUMBER * _runs(digits) + _DIGIT * digits.bit_count()
    total += _MIXED * ((letters & (digits << 8)).bit_count() + (digits & (letters << 8)).bit_count())
    total += _RUN * _runs(signs) + _SIGN * signs.bit_count()
    total += _BREAK * (data.count(b"\n") + data.count(b"\t")) + _BLANK * data.count(b" ")
    return total if text.isascii() else total + _beyond_ascii(data)


def _runs(mask: int) -> int:
    """Return how many stretches of 1 there are."""
    return (mask & ~(mask << 8)).bit_count()


def _beyond_fifth(mask: int) -> int:
    """Return the bytes that have at least five of their kind right before them."""
    two = mask & (mask << 8)
    four = two & (two << 16)
    return four & (two << 32)


def _beyond_ascii(data: bytes) -> float:
    rest = data.translate(_BEYOND_ASCII, _ASCII)
    return sum(weight * rest.count(0xC2 + number) for number, (_first, weight) in enumerate(_BY_FIRST_BYTE))


def estimate(text: str) -> int:
    """Return about how many tokens `text` is."""
    return math.ceil(weigh(text))


def estimate_message(text: str) -> int:
    """Return about how many tokens a message of a prompt is."""
    return estimate(text) + PER_MESSAGE


def size_of(message: PromptMessage) -> int:
    """Return about how many tokens a message of a prompt is: its text, its calls, the thoughts that go with it."""
    calls = "".join(f"{call.name}{call.arguments}" for call in message.tool_calls)
    thoughts = "".join(part.text for part in message.reasoning)
    return estimate_message(message.content + calls + thoughts)


def prompt_size(messages: Iterable[PromptMessage]) -> int:
    return sum(map(size_of, messages))


class Tally:
    """Counts a text that comes in pieces, which may cut words."""

    def __init__(self) -> None:
        self._counted = 0.0
        self._pending = ""

    def add(self, text: str) -> None:
        self._pending += text
        if len(self._pending) >= _PENDING:
            self._counted += weigh(self._pending)
            self._pending = ""

    @property
    def tokens(self) -> int:
        return math.ceil(self._counted + (weigh(self._pending) if self._pending else 0))

    def __bool__(self) -> bool:
        return bool(self._counted or self._pending)

    def clear(self) -> None:
        self._counted, self._pending = 0.0, ""
