r"""Finds the formulas in a Markdown text.

Formulas are between ``$ $``, ``$$ $$``, ``\( \)`` and ``\[ \]``, or a bare environment such as
``\begin{aligned} … \end{aligned}``. A dollar sign is also a price, a shell variable or a ticker symbol; it is decided
here, before Markdown sees the text, which dollars delimit formulas, and all others remain ordinary Markdown.

Everything works on UTF-8 and looks a bounded distance ahead, so the work is linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_TEX = 6_000  # bytes between the delimiters that are looked through
ENVIRONMENTS = (
    "align", "aligned", "alignat", "alignedat", "array", "bmatrix", "Bmatrix", "cases", "CD", "dcases", "drcases",
    "eqnarray", "equation", "flalign", "gather", "gathered", "matrix", "multline", "pmatrix", "rcases", "smallmatrix",
    "split", "subarray", "vmatrix", "Vmatrix",
)  # fmt: skip

_NAMES = "|".join(ENVIRONMENTS).encode()
_OPENING = re.compile(rb"\\\\|\\\$|\\\(|\\\[|\\begin\{((?:" + _NAMES + rb")\*?)\}|\$\$+|\$")
_BLANK_LINE = re.compile(rb"\n[ \t>]*(?:\n|\Z)")
_LINE_PREFIX = re.compile(rb"[ \t]*(?:>[ \t]?)*[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:\[[ xX]\][ \t]+)?")
_QUOTE_PREFIX = re.compile(rb"(?:[ \t]*>)+[ \t]?")
# What follows makes a dollar a price or part of a name; what precedes it, too.
_ASCII_WORD = re.compile(rb"[0-9A-Za-z]")
_TEX_SIGN = re.compile(rb"[\\^_{}=]")
_WORD = re.compile(rb"[A-Za-z\xc3-\xf4][A-Za-z\x80-\xf4]+")
_BETWEEN_RATINGS = re.compile(rb" [a-z\x80-\xff]{2,} |(?:[ -/:;|]|\xe2\x80[\x90-\xbb])*")
_ENDS_LIKE_A_FORMULA = re.compile(rb"[0-9A-Za-z)}\]'!*|\x80-\xf4]\Z")
_BRACKETS = re.compile(rb"\\.|[()\[\]{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula from `start` to `end`, in bytes. `is_pending`: the text ends before the formula does."""

    start: int
    end: int
    tex: str
    is_display: bool
    is_pending: bool = False


def may_have_formulas(text: str) -> bool:
    """Whether it is worth looking: a quick test without false negatives."""
    return "$" in text or "\\(" in text or "\\[" in text or "\\begin{" in text


def find(source: bytes, opaque: bytes, walls: Sequence[int], *, growing: bool = False) -> Iterator[Formula]:
    """Yield the formulas of `source`, in order.

    `opaque` is the source with code blanked out by NULs; `walls` are the sorted places that no formula in a line
    crosses, the borders of Markdown's blocks. Of a `growing` text the last formula may be pending.
    """
    position = 0
    while match := _OPENING.search(opaque, position):
        position = match.end()
        sign = match[0]
        if sign in {b"\\\\", b"\\$"} or (len(sign) > 2 and sign.startswith(b"$")):
            continue
        formula = _formula(source, opaque, match, growing)
        if formula is None or (not _is_block(opaque, formula) and _crosses(walls, formula)):
            continue
        yield formula
        position = formula.end


def _formula(source: bytes, opaque: bytes, opening: "re.Match[bytes]", growing: bool) -> Formula | None:
    sign, start, inner = opening[0], opening.start(), opening.end()
    if sign == b"$":
        return _between_dollars(source, opaque, start)
    if opening[1] is not None:
        closing, keep = b"\\end{" + opening[1] + b"}", True
        end = _matching(opaque, inner, b"\\begin{" + opening[1] + b"}", closing)
    else:
        closing, keep = {b"$$": b"$$", b"\\(": b"\\)", b"\\[": b"\\]"}[sign], False
        end = _unescaped(opaque, inner, closing)
    is_display = sign != b"\\("
    if end < 0:
        is_pending = growing and is_display and _starts_line(opaque, start) and _may_go_on(opaque, inner)
        return Formula(start, len(source), "", True, is_pending=True) if is_pending else None
    body = source[start : end + len(closing)] if keep else source[inner:end]
    tex = _unquoted(body)
    if tex is None or b"\0" in opaque[inner:end] or not tex.strip():
        return None
    if _BLANK_LINE.search(body) and not (is_display and _starts_line(opaque, start)):
        return None
    if (sign in {b"$$", b"\\["} and _is_prose(tex)) or (sign == b"$$" and _is_rating(tex, opaque[end + 2 : end + 3])):
        return None
    if keep:
        is_display = _starts_line(opaque, start)
    return Formula(start, end + len(closing), tex.decode().strip(), is_display)


def _between_dollars(source: bytes, opaque: bytes, start: int) -> Formula | None:
    before, first = opaque[start - 1 : start] if start else b"", source[start + 1 : start + 2]
    if _ASCII_WORD.match(before) or not first.strip() or first in {b"'", b'"'}:
        return None  # US$5, 5$, "$"
    end = _unescaped(opaque, start + 1, b"$")
    if end < 0 or opaque[end : end + 2] == b"$$" or b"\0" in opaque[start:end]:
        return None
    body = source[start + 1 : end]
    tex = _unquoted(body)
    if tex is None or not _may_end(body, source[end + 1 : end + 2]) or _is_prose(tex) or _is_markup(tex):
        return None
    return Formula(start, end + 1, tex.decode().strip(), is_display=False)


def _may_end(body: bytes, after: bytes) -> bool:
    """Whether a formula between dollars may end before `after`."""
    if body[-1:].isspace() or after.isdigit() or _BLANK_LINE.search(body):
        return False
    if (_ASCII_WORD.match(after) or after in {b"_", b"{", b"("}) and not _ENDS_LIKE_A_FORMULA.search(body):
        return False  # $HOME/bin:$PATH
    return b"\\" in body or _is_balanced(body)  # not ($A) ($B)


def _is_rating(tex: bytes, after: bytes) -> bool:
    """Whether the dollars say how dear something is, as in ``$$ – $$$``."""
    return after == b"$" or _BETWEEN_RATINGS.fullmatch(tex) is not None


def _is_prose(tex: bytes) -> bool:
    """Whether it is words: at least two, or one after a number, and nothing that only TeX has."""
    return not _TEX_SIGN.search(tex) and len(_WORD.findall(tex)) >= (1 if tex[:1].isdigit() else 2)


def _is_markup(tex: bytes) -> bool:
    """Whether it holds the middle of something of Markdown's, as in ``$5**, and **$``."""
    return b"\\" not in tex and (b"**" in tex or b"](" in tex or b"~~" in tex)


def _is_balanced(body: bytes) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(body):
        if len(match[0]) == 1:
            depth += 1 if match[0] in b"([{" else -1
            if depth < 0:
                return False
    return depth == 0


def _unescaped(opaque: bytes, position: int, closing: bytes) -> int:
    """Return where `closing` stands next, or -1; a backslash before it takes its meaning, as another one takes its."""
    limit = position + MAX_TEX
    at = position
    while (at := opaque.find(closing, at, limit)) >= 0:
        before = at
        while before > position and opaque[before - 1] == 92:
            before -= 1
        if (at - before) % 2 == 0:
            return at
        at += 1
    return -1


def _matching(opaque: bytes, position: int, opening: bytes, closing: bytes) -> int:
    """Return where the environment ends that began before `position`, or -1."""
    limit, depth = position + MAX_TEX, 1
    while depth:
        end = opaque.find(closing, position, limit)
        if end < 0:
            return -1
        inner = opaque.find(opening, position, end)
        if inner >= 0:
            depth, position = depth + 1, inner + len(opening)
        else:
            depth, position = depth - 1, end + len(closing)
    return position - len(closing)


def _starts_line(opaque: bytes, start: int) -> bool:
    """Whether nothing but the signs of lists and quotations stands before it in its line."""
    line = opaque.rfind(b"\n", 0, start) + 1
    prefix = _LINE_PREFIX.match(opaque, line)
    return prefix is not None and prefix.end() >= start


def _is_block(opaque: bytes, formula: Formula) -> bool:
    return formula.is_display and _starts_line(opaque, formula.start)


def _crosses(walls: Sequence[int], formula: Formula) -> bool:
    wall = bisect_right(walls, formula.start)
    return wall < len(walls) and walls[wall] < formula.end


def _may_go_on(opaque: bytes, inner: int) -> bool:
    return len(opaque) - inner <= MAX_TEX and b"\0" not in opaque[inner:]


def _unquoted(body: bytes) -> bytes | None:
    """Return a formula without the signs of the quotation that its lines stand in; None where a line leaves it."""
    first, *lines = body.split(b"\n")
    if not any(line.lstrip().startswith(b">") for line in lines):
        return body
    stripped = [first]
    for line in lines:
        prefix = _QUOTE_PREFIX.match(line)
        if prefix is None:
            return None
        stripped.append(line[prefix.end() :])
    return b"\n".join(stripped)
