"""Masks text that would confuse the Markdown parser: formulas, and letters that hide the end of an emphasis from it.

A mask has as many bytes as the text it replaces, so that the parser's positions are valid for the original, too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from web.rendering.addresses import bare_addresses
from web.rendering.tex import Formula

# A formula becomes \x02 and digits, which are letters to the parser. No text has them (`text.normalise`).
_FIRST = "\x02"
_DIGITS = "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1c\x1d\x1e"
_FORMULA = re.compile(f"{_FIRST}[{_DIGITS}]+")
# Punctuation that hardly any text has; each may stand for one letter, where it does not occur itself.
_SPARE = [chr(code) for code in range(0x2E00, 0x2E50)]
# Letters of scripts that have no spaces between words, or write particles onto words: three bytes each.
_LETTER = "\u0e01-\u0e3a\u0e40-\u0e5b\u0e81-\u0eff\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_IS_LETTER = re.compile(f"[{_LETTER}]")
_IS_PUNCTUATION = re.compile(r"[^\w\s\x02\x0e-\x1f]|_")
# Letters that hardly any text has, for punctuation of three bytes, and one sign for the colon: no text has it.
_SPARE_LETTERS = [chr(code) for code in range(0xA000, 0xA040)]
_COLON = "\x1b"
# An underscore of a bare address, which is no sign of emphasis, as in /__init__.py.
_UNDERSCORE = "\x1f"
_NO_BARE_ADDRESS = re.compile(r"(?:\]\(|<|\]:[ \t]*)\Z")
_IS_WIDE_PUNCTUATION = re.compile(r"(?=[\u0800-\uffff])[^\w\s]|:")
_IS_ANY_LETTER = re.compile(r"\w|[\u0900-\u109f\u1780-\u17ff]")
_RUN = re.compile(r"(?<!\\)(?:\*+|~~)|\n[ \t]*\n|`+[^`\n]*`+")


@dataclass(slots=True)
class Mask:
    """What was hidden in one text, and how to bring it back into what the parser made of it."""

    text: str
    formulas: dict[str, Formula] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # of the formulas
    letters: dict[str, str] = field(default_factory=dict)  # and punctuation, by what stands for it

    @property
    def is_empty(self) -> bool:
        return not self.formulas and not self.letters

    def hide_letters(self) -> None:
        """Let emphasis end or begin between punctuation and a letter that no space parts from it.

        CommonMark takes the second stars of ``**「字」**で`` for a beginning, since a letter follows punctuation
        and stars. With punctuation in the letter's place they can be an end, too; and so they can, as in
        ``**注意：**API``, with a letter in the place of the punctuation.
        """
        if self.text.isascii() or ("*" not in self.text and "~~" not in self.text):
            return
        text = self.text
        spares = {
            True: iter([sign for sign in _SPARE if sign not in text]),
            False: iter([sign for sign in _SPARE_LETTERS if sign not in text]),
        }
        given = {":": _COLON}
        changed: dict[int, str] = {}
        for at in _hiding(text):
            hidden = text[at]
            sign = given.get(hidden) or next(spares[_IS_LETTER.match(hidden) is not None], "")
            if sign:
                given[hidden] = changed[at] = sign
        if changed:
            self.text = "".join(changed.get(at, character) for at, character in enumerate(text))
            self.letters |= {sign: hidden for hidden, sign in given.items()}

    def hide_addresses(self) -> None:
        """Keep the underscores of bare addresses from becoming emphasis."""
        if "://" not in self.text or "_" not in self.text:
            return
        pieces, done = [], 0
        for start, end in bare_addresses(self.text):
            if "_" in self.text[start:end] and not _NO_BARE_ADDRESS.search(self.text, max(0, start - 10), start):
                pieces += [self.text[done:start], self.text[start:end].replace("_", _UNDERSCORE)]
                done = end
        if pieces:
            self.text = "".join([*pieces, self.text[done:]])
            self.letters[_UNDERSCORE] = "_"

    def hide_formulas(self, formulas: Sequence[Formula]) -> None:
        """Put a word of the same length in the place of each formula. Equal formulas share theirs."""
        raw = self.text.encode()
        words: dict[bytes, str] = {}
        counts: dict[int, int] = {}
        pieces, done = [], 0
        for formula in formulas:
            source = raw[formula.start : formula.end]
            key = source + (b"\0" if formula.is_display else b"")
            if key not in words:
                number = counts.get(len(source), 0)
                word = _word(number, len(source))
                if word is None:
                    continue
                counts[len(source)] = number + 1
                words[key] = word
                self.formulas[word] = formula
                self.sources[word] = source.decode()
            pieces += [raw[done : formula.start], words[key].encode()]
            done = formula.end
        self.text = b"".join([*pieces, raw[done:]]).decode()

    def uncover(self, events: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Return the parser's events with what was hidden. A formula in a text is an event of its own."""
        uncovered: list[tuple[Any, Any]] = []
        for event, span in events:
            if type(event) is dict and "Text" in event:
                uncovered += [(piece, span) for piece in self._pieces(event["Text"])]
            else:
                uncovered.append((_mapped(event, self._restore), span))
        return uncovered

    def _pieces(self, text: str) -> list[Any]:
        pieces: list[Any] = []
        done = 0
        for match in _FORMULA.finditer(text):
            formula = self.formulas.get(match[0])
            if formula is None:
                continue
            if match.start() > done:
                pieces.append({"Text": self._restore(text[done : match.start()])})
            if formula.is_pending:
                pieces.append({"Pending": self._restore(self.sources[match[0]])})
            else:
                pieces.append({"DisplayMath" if formula.is_display else "InlineMath": self._restore(formula.tex)})
            done = match.end()
        if done < len(text):
            pieces.append({"Text": self._restore(text[done:])})
        return pieces

    def _restore(self, text: str) -> str:
        if self.formulas:
            text = _FORMULA.sub(lambda match: self.sources.get(match[0], match[0]), text)
        for sign, letter in self.letters.items():
            text = text.replace(sign, letter)
        return text


def _hiding(text: str) -> Iterator[int]:
    """Yield the places of letters and punctuation that keep a run of stars from ending or beginning an emphasis.

    In a paragraph runs of one kind begin and end by turns, where no space beside them says which it is.
    """
    is_open: dict[str, bool] = {}
    for match in _RUN.finditer(text):
        run = match[0]
        if run.startswith("\n"):
            is_open.clear()
        if run[0] in "\n`":
            continue
        before = text[match.start() - 1 : match.start()] if match.start() else ""
        after = text[match.end() : match.end() + 1]
        if not before.strip() and not after.strip():
            continue  # a bullet, or a sign between spaces
        ends = bool(before.strip()) and (not after.strip() or is_open.get(run, False))
        is_open[run] = not ends
        if ends and _IS_PUNCTUATION.match(before):
            yield from _either(text, match.end(), match.start() - 1)
        elif not ends and _IS_PUNCTUATION.match(after):
            yield from _either(text, match.start() - 1, match.end())


def _either(text: str, letter: int, punctuation: int) -> Iterator[int]:
    """Yield the place of the letter, or of the punctuation on the other side of the stars, or none."""
    if not 0 <= letter < len(text):
        return
    if _IS_LETTER.match(text, letter):
        yield letter
    elif _IS_ANY_LETTER.match(text, letter) and _IS_WIDE_PUNCTUATION.match(text, punctuation):
        yield punctuation


def _word(number: int, length: int) -> str | None:
    digits = []
    for _ in range(length - len(_FIRST)):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return _FIRST + "".join(digits) if not number else None


def _mapped(value: Any, change: Callable[[str], str], *, is_name: bool = True) -> Any:
    """Return an event with every text in it changed; what an event or a kind is called stays."""
    if type(value) is str:
        return value if is_name else change(value)
    if type(value) is dict:
        return {
            name: _mapped(member, change, is_name=name in {"Start", "End", "link_type", "level"})
            for name, member in value.items()
        }
    return value
