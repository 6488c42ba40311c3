"""Blocks that can grow without being rendered again: fenced code and tables."""

import re
from collections.abc import Callable

from web.rendering.jobs import RenderedDraft
from web.rendering.markdown import Block, Parser
from web.rendering.text import escape
from web.rendering.words import Words
from web.rendering.writer import code_block

_OPENING = re.compile(r"[ \t]*(`{3,}|~{3,})")
_MAX_CLOSING_LENGTH = 200  # characters; a longer line is shown, and not waited for
_MAX_HTML_LENGTH = 1_000_000  # characters of HTML; the parser fills up short rows, so little text can become much


class LiveCode:
    """A fenced code block whose closing line has not come. It grows by its escaped text."""

    def __init__(self, block: Block, words: Words) -> None:
        self._words = words
        opening, _, body = block.source.decode().partition("\n")
        mark = _mark(opening)
        self._closing = _closing(mark)
        self._may_close = re.compile(rf" {{0,3}}{mark[0]}* *")
        self._info = opening.strip().lstrip(mark[0])
        self._held = ""  # a beginning of a line that may become the closing one
        self._at_line_start = True
        self.body = body

    @property
    def html(self) -> str:
        """Return the whole block so far. Call once, first."""
        return code_block(self._info, self.grow(self.body) or "", self._words).replace("<code>", "<code data-tail>", 1)

    def grow(self, text: str) -> str | None:
        """Return the HTML to append, or None when `text` holds the closing line."""
        text = self._held + text
        self._held = ""
        first_line = 0 if self._at_line_start else text.find("\n") + 1
        if (self._at_line_start or first_line) and self._closing.search(text, first_line):
            return None
        last_line = text.rfind("\n") + 1
        if last_line or self._at_line_start:
            rest = text[last_line : last_line + _MAX_CLOSING_LENGTH + 1]
            self._at_line_start = not rest
            if rest and len(rest) <= _MAX_CLOSING_LENGTH and self._may_close.fullmatch(rest):
                self._held, text, self._at_line_start = rest, text[:last_line], True
        return escape(text)


class LiveTable:
    """A table that may get more rows. It grows by whole rows, written under the same header."""

    def __init__(self, parser: Parser, block: Block, fill: Callable[[RenderedDraft], str]) -> None:
        """`block` holds whole lines, the first two of which are the header and the line under it."""
        header, delimiters, _ = block.source.decode().split("\n", 2)
        self._parser = parser
        self._fill = fill
        self._header = f"{header}\n{delimiters}\n"
        self._waiting: list[str] = []
        self._length = 0
        self._has_line = False
        self._sent = 0
        self.html = fill(parser.write(block, live=True)).replace("<tbody>", "<tbody data-tail>", 1)

    def grow(self, text: str) -> str | None:
        """Return the HTML to append, or None when the table is over."""
        self._waiting.append(text)
        self._length += len(text)
        self._has_line = self._has_line or "\n" in text
        # Parsing the header with each batch of rows must not cost more than the rows, by far.
        if not self._has_line or self._length < len(self._header) >> 3:
            return ""
        rows, _, rest = "".join(self._waiting).rpartition("\n")
        self._waiting, self._length, self._has_line = [rest], len(rest), False
        if any(not row.strip(" \t") for row in rows.split("\n")):
            return None
        if self._sent > _MAX_HTML_LENGTH:
            return ""  # the rest appears when the table is over
        blocks = self._parser.blocks(f"{self._header}{rows}\n")
        if len(blocks) != 1 or blocks[0].kind != "Table":
            return None
        html = self._fill(self._parser.write(blocks[0], live=True))
        added = html[html.index("<tbody>") + len("<tbody>") : html.rindex("</tbody>")]
        self._sent += len(added)
        return added


def is_closed_fence(source: str) -> bool:
    """Whether a fenced code block (its source, beginning with the opening line) has its closing line."""
    opening, newline, body = source.partition("\n")
    return bool(newline) and bool(_closing(_mark(opening)).search(body))


def _mark(opening: str) -> str:
    match = _OPENING.match(opening)
    return match[1] if match else "```"


def _closing(mark: str) -> "re.Pattern[str]":
    """Match a closing line as the parser does: spaces may follow the mark, tabs not."""
    return re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}} *\n", re.MULTILINE)
