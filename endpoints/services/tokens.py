"""Estimates the number of tokens of a text that no provider has counted yet.

One estimator for all models: it counts what a text consists of (words and their lengths, digits, signs, characters of
each script, and short sequences of letters that tell languages apart), and multiplies the counts by weights. Each
vocabulary has weights of its own in `token_weights.json`, fitted to the real one by `tests/token_counts`;
`endpoints.catalog.facts.vocabulary_of` says which one a model has. The estimate errs high, so that a prompt is
shortened before a provider refuses it, and holds are sufficient; `docs/tokens.md` says how far.

It runs over the bytes of UTF-8, whole texts at once: the first bytes of a character tell its script.
"""

import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from endpoints.providers.base import ModelRequest, PromptMessage, ToolSpec
from messages.parts import (
    Audio,
    Data,
    FileRef,
    Image,
    Part,
    Reasoning,
    Resource,
    StoredResult,
    Text,
    ToolCall,
    grown_text,
    text_of_result,
)

UNKNOWN: Final = "unknown"  # the vocabulary of a model that nobody knows: as many tokens as the others have at most
PER_MESSAGE: Final = 4  # tokens around each message
PER_PICTURE: Final = (
    1_600  # tokens of a picture: the most that a large provider counts for one that it has made smaller
)
AUDIO_CHARACTERS: Final = 160  # characters in base64 of a token: a second is 32 tokens, and 4 KB at least
_FILE: Final = Path(__file__).with_name("token_weights.json")
_STRETCH: Final = 16_384  # characters that are looked at at once: more is slower
_PENDING: Final = 512  # characters that wait to be counted with what comes after them
_MAX_PER_CHARACTER: Final = 8  # tokens: more than any vocabulary has for a character of any script
_SAMPLE, _SAMPLES = 4_096, 32  # bytes of a stretch that sequences are looked for in, and of how many places
_MIN_PER_BYTE: Final = 0.1  # tokens of a byte, whatever sequences a text has

SHAPES: Final = (
    "words",  # runs of small letters and characters beyond ASCII, or of capitals, which small ones may follow
    "after the 2nd",  # Latin letters of a run
    "after the 5th",
    "after the 8th",
    "capitals",  # further ones of a run, not after the fifth letter
    "numbers",  # runs of digits
    "digits",
    "mixed",  # changes between letters and digits, as in identifiers and encoded data
    "sign runs",
    "signs",
    "breaks",  # line ends and tabs
    "blanks",
    "gaps",  # blanks after a blank
)


def _bytes(first: int, last: int) -> list[bytes]:
    return [bytes([byte]) for byte in range(first, last + 1)]


def _pairs(lead: int, first: int, last: int) -> list[bytes]:
    return [bytes([lead, byte]) for byte in range(first, last + 1)]


# How the characters of a script begin in UTF-8.
SCRIPTS: Final[Mapping[str, list[bytes]]] = {
    "latin signs": _bytes(0xC2, 0xC2),
    "latin": _bytes(0xC3, 0xC9),  # with marks
    "phonetic": _bytes(0xCA, 0xCD),  # and combining marks
    "greek": _bytes(0xCE, 0xCF),
    "cyrillic": _bytes(0xD0, 0xD1),
    "cyrillic extended": _bytes(0xD2, 0xD3),
    "armenian": _bytes(0xD4, 0xD5),
    "armenian or hebrew": _bytes(0xD6, 0xD6),
    "hebrew": _bytes(0xD7, 0xD7),
    "arabic": _bytes(0xD8, 0xDB),
    "syriac, thaana, n'ko": _bytes(0xDC, 0xDF),
    "devanagari": _pairs(0xE0, 0xA4, 0xA5),
    "bengali": _pairs(0xE0, 0xA6, 0xA7),
    "gurmukhi": _pairs(0xE0, 0xA8, 0xA9),
    "gujarati": _pairs(0xE0, 0xAA, 0xAB),
    "oriya": _pairs(0xE0, 0xAC, 0xAD),
    "tamil": _pairs(0xE0, 0xAE, 0xAF),
    "telugu": _pairs(0xE0, 0xB0, 0xB1),
    "kannada": _pairs(0xE0, 0xB2, 0xB3),
    "malayalam": _pairs(0xE0, 0xB4, 0xB5),
    "sinhala": _pairs(0xE0, 0xB6, 0xB7),
    "thai": _pairs(0xE0, 0xB8, 0xB9),
    "lao": _pairs(0xE0, 0xBA, 0xBB),
    "tibetan": [*_pairs(0xE0, 0xBC, 0xBF), *_pairs(0xE0, 0xA0, 0xA3)],
    "burmese": _pairs(0xE1, 0x80, 0x81),
    "georgian": _pairs(0xE1, 0x82, 0x83),
    "jamo": _pairs(0xE1, 0x84, 0x87),
    "ethiopic": _pairs(0xE1, 0x88, 0x8E),
    "rare": [*_pairs(0xE1, 0x8F, 0x9D), *_pairs(0xE1, 0xA0, 0xB7)],
    "khmer": _pairs(0xE1, 0x9E, 0x9F),
    "latin additional": _pairs(0xE1, 0xB8, 0xBB),  # with two marks
    "greek extended": _pairs(0xE1, 0xBC, 0xBF),
    "other signs": _bytes(0xE2, 0xE2),  # punctuation, arrows, mathematics, boxes
    "cjk signs": _pairs(0xE3, 0x80, 0x80),
    "kana": _pairs(0xE3, 0x81, 0x83),
    "han": [*_pairs(0xE3, 0x84, 0xBF), *_bytes(0xE4, 0xE9)],
    "hangul": _bytes(0xEA, 0xED),
    "wide": _bytes(0xEE, 0xEF),  # and private use
    "emoji": _bytes(0xF0, 0xF4),  # and rare characters
}
_BEGINNINGS: Final = tuple((start, script) for script, starts in SCRIPTS.items() for start in starts)
_LOWER, _UPPER, _DIGITS = b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_SIGNS = bytes(byte for byte in range(0x21, 0x7F) if not chr(byte).isalnum())
_ASCII: Final = bytes(range(0x80))


def _mask(characters: bytes) -> bytes:
    """Return the table that turns these characters into 1 and all others into 0."""
    return bytes(byte in characters for byte in range(256))


_KINDS: Final = (_LOWER, _UPPER, _DIGITS, _SIGNS, b" ", bytes(range(0x80, 0x100)))
_MASKS: Final = tuple(map(_mask, _KINDS))


@cache
def _weights() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    document: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return document


def vocabularies() -> tuple[str, ...]:
    """Return the names of the vocabularies that have weights."""
    return tuple(_weights())


@cache
def _sequences(vocabulary: str) -> tuple[tuple[bytes, float, bool], ...]:
    """Return the sequences that count, their weights, and whether an ASCII text may have them."""
    pairs = _weights()[vocabulary]["sequences"].items()
    return tuple((sequence.encode(), weight, sequence.isascii()) for sequence, weight in pairs)


def weigh(text: str, vocabulary: str = UNKNOWN) -> float:
    """Return about how many tokens `text` is, with its fraction."""
    if len(text) <= _STRETCH:
        return _weigh(text, vocabulary)
    return sum(_weigh(text[at : at + _STRETCH], vocabulary) for at in range(0, len(text), _STRETCH))


def _weigh(text: str, vocabulary: str) -> float:
    data = text.encode("utf-8", "surrogatepass")
    weights = _weights()[vocabulary]
    shapes = weights["shapes"]
    total = sum(shapes.get(shape, 0) * number for shape, number in zip(SHAPES, shapes_of(data), strict=True))
    is_ascii = text.isascii()
    if not is_ascii:
        total += sum(weights["scripts"][script] * number for script, number in scripts_of(data))
    sample = _sample(data)
    from_sequences = sum(
        weight * sample.count(sequence)
        for sequence, weight, ascii_too in _sequences(vocabulary)
        if ascii_too or not is_ascii
    )
    return max(total + from_sequences * len(data) / max(len(sample), 1), _MIN_PER_BYTE * len(data))


def _sample(data: bytes) -> bytes:
    """Return what sequences are looked for in: they tell a language, for which a part of a long text is enough."""
    if len(data) <= _SAMPLE:
        return data
    step, size = len(data) // _SAMPLES, _SAMPLE // _SAMPLES
    return b"".join(data[at : at + size] for at in range(0, step * _SAMPLES, step))


def shapes_of(data: bytes) -> tuple[int, ...]:
    """Return how many of each of `SHAPES` a text in UTF-8 has."""
    # A byte of these numbers is 1 where the text has such a character: whole texts are compared at once.
    lower, upper, digits, signs, blanks, beyond = (int.from_bytes(data.translate(mask), "little") for mask in _MASKS)
    letters, small = lower | upper, lower | beyond
    second = letters & (letters << 8)
    third = second & (letters << 16)
    sixth = third & (third << 24)
    ninth = sixth & (third << 48)
    return (
        _runs(small) + _runs(upper) - (small & (upper << 8)).bit_count(),
        third.bit_count(),
        sixth.bit_count(),
        ninth.bit_count(),
        (upper & (upper << 8) & ~sixth).bit_count(),
        _runs(digits),
        digits.bit_count(),
        (letters & (digits << 8)).bit_count() + (digits & (letters << 8)).bit_count(),
        _runs(signs),
        signs.bit_count(),
        data.count(b"\n") + data.count(b"\t"),
        blanks.bit_count(),
        (blanks & (blanks << 8)).bit_count(),
    )


def _runs(mask: int) -> int:
    """Return how many stretches of 1 there are."""
    return (mask & ~(mask << 8)).bit_count()


def scripts_of(data: bytes) -> list[tuple[str, int]]:
    """Return how many characters of which scripts a text in UTF-8 has beyond ASCII."""
    rest = data.translate(None, _ASCII)
    leads = set(rest)
    return [(script, rest.count(start)) for start, script in _BEGINNINGS if start[0] in leads]


def estimate(text: str, vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens `text` is."""
    return math.ceil(weigh(text, vocabulary))


def estimate_message(text: str, vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens a message of a prompt is."""
    return estimate(text, vocabulary) + PER_MESSAGE


def size_of(message: PromptMessage, vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens a message of a prompt is: all that its parts hold, of results only these."""
    parts = [
        result
        for part in message.parts
        for result in ((part.result or ()) if isinstance(part, ToolCall) and message.role == "tool" else (part,))
    ]
    media = sum(map(_size_of_media, parts))
    return estimate_message("".join(map(_words_of, parts)), vocabulary) + media


def _words_of(part: Part) -> str:
    match part:
        case Text(text) | Reasoning(text):
            return text
        case ToolCall(name=name, arguments=arguments):
            return name + arguments
        case Audio(data=data) if data:
            return ""
        case Image() | Audio() | FileRef() | Resource() | Data() | StoredResult():
            return text_of_result(part)
    return ""


def _size_of_media(part: Part) -> int:
    if isinstance(part, Image):
        return PER_PICTURE if part.data else 0
    return math.ceil(len(part.data) / AUDIO_CHARACTERS) if isinstance(part, Audio) else 0


def prompt_size(messages: Iterable[PromptMessage], vocabulary: str = UNKNOWN) -> int:
    return sum(size_of(message, vocabulary) for message in messages)


def request_size(request: ModelRequest, vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens a provider reads for a call: the messages, and what the model may call."""
    return prompt_size(request.messages, vocabulary) + tools_size(request.tools, vocabulary)


def tools_size(tools: Iterable[ToolSpec], vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens a provider reads for what the model may call."""
    text = "".join(f"{tool.name}{tool.description}{json.dumps(tool.parameters)}" for tool in tools)
    return estimate_message(text, vocabulary) if text else 0


def written_size(parts: Iterable[Part], vocabulary: str = UNKNOWN) -> int:
    """Return about how many tokens a model wrote of a message: its words, its thoughts, what it called tools with."""
    written = "".join(grown_text(part) for part in parts if isinstance(part, Text | Reasoning | ToolCall))
    return estimate(written, vocabulary)


class Tally:
    """Counts a text that comes in pieces, which may cut words."""

    def __init__(self, vocabulary: str = UNKNOWN) -> None:
        self._vocabulary = vocabulary
        self._counted = 0.0
        self._pending = ""
        self._weight = 0.0  # of the first characters of what is pending,
        self._weighed = 0  # and how many they are

    def add(self, text: str) -> None:
        self._pending += text
        if len(self._pending) >= _PENDING:
            self._counted += weigh(self._pending, self._vocabulary)
            self._pending, self._weight, self._weighed = "", 0.0, 0

    @property
    def tokens(self) -> int:
        if self._weighed < len(self._pending):
            self._weight, self._weighed = weigh(self._pending, self._vocabulary), len(self._pending)
        return math.ceil(self._counted + self._weight)

    @property
    def at_most(self) -> int:
        """A bound of `tokens` that costs nothing to find: it may be asked for with every piece."""
        return math.ceil(self._counted + self._weight) + _MAX_PER_CHARACTER * (len(self._pending) - self._weighed)

    def __bool__(self) -> bool:
        return bool(self._counted or self._pending)

    def clear(self) -> None:
        self._counted, self._pending, self._weight, self._weighed = 0.0, "", 0.0, 0
