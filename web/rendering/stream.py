"""Converts Markdown that arrives in pieces to patches for a growing page.

A top-level block is *closed* when another has begun after it or nothing can be added to it any more; its HTML is then
final and sent once. The last one is *open*: its HTML is sent again only when it has grown by an eighth and contains
something to parse; until then new text is appended to it as plain text. Code and tables are never sent again while they
grow. So the work and the bytes stay within a constant factor of the text's length.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from web.rendering.growing import closed as with_ends
from web.rendering.growing import may_become_table
from web.rendering.jobs import RenderedDraft
from web.rendering.live import LiveCode, LiveTable, is_closed_fence
from web.rendering.markdown import Block, Parser, draft
from web.rendering.message import fill_in, words_in_use
from web.rendering.text import escape, is_blank, normalise

_SMALL = 3_000  # up to this size a new line is a good moment to write the open block again
_LARGE = 20_000  # from this size on an open block is written again by what there is in it, and not by its length alone
_WINDOW = 64  # how far back the end of a block is looked for
_FRESH = 8  # a block shorter than this may still turn out to be anything

# Text that may look different once it is parsed. Anything else is shown right as plain text.
_TELLING = re.compile(r"[*_`\])$&~\\|=<>]|//|\n[ \t]*[-+#\d]|\n\n")
# What ends an open block for certain, by its kind. Other ends are noticed when it is next parsed. A line of four
# spaces or a tab is left out: the parser lets some blocks go on after it.
_BLANK_LINE = re.compile(r"\n {0,3}\n")
_UNINDENTED = re.compile(r"\n {0,3}\n[^\s*+\-\d\[]")
_ENDS = {
    "": _BLANK_LINE,
    "BlockQuote": _BLANK_LINE,
    "CodeBlock": _UNINDENTED,
    "Fenced": re.compile(r"\n"),
    "FootnoteDefinition": _UNINDENTED,
    "Heading": re.compile(r"\n"),
    "List": _UNINDENTED,
    "Paragraph": _BLANK_LINE,
    "Rule": re.compile(r"\n"),
    "Table": _BLANK_LINE,
}
# Nothing in these means anything else when more comes.
_AS_IT_IS = {"CodeBlock", "Fenced", "HtmlBlock", "Rule", "Table"}
_NEVER = re.compile(r"(?!)")
_ENDS_BLANK = re.compile(r"\n {0,3}\n\Z")
_OUTSIDE_LIST = re.compile(r"[^\s*+\-\d\[]")
_BLOCK_ENDS = re.compile(r"(?:</(?:p|h[3-6]|li|ul|ol|blockquote|div)>)*\Z")
_ALL_ENDS = re.compile(r"(?:</(?:strong|em|del|code|p|h[3-6]|li|ul|ol|blockquote|div)>)*\Z")
_SIGN = re.compile(r"[*_~`\[\\$<]|\n[ \t>]*(?:[-=|:]|\Z)")
_HELD = 80  # characters of a line that are held back at most, from a sign on that may mean something
_HELD_OF_TABLE = 1_000


class Patch(NamedTuple):
    """What changed on the page.

    `closed` goes before the open block. `open` replaces the open block ("" removes it, None leaves it). `tail` is
    appended inside the element of the open block that is marked ``data-tail``. With `replace`, `closed` is the
    whole message instead.
    """

    closed: str = ""
    open: str | None = None
    tail: str | None = None
    replace: bool = False


NOTHING = Patch()


class MarkdownStream:
    """One text while it grows. When finished, `html` is what `render` makes of the whole text.

    `fill` makes HTML of a draft. The default waits for what is drawn elsewhere.
    """

    def __init__(self, fill: Callable[[RenderedDraft], str] | None = None) -> None:
        self._parser = Parser(words_in_use())
        self._fill = fill or fill_in
        self._text: list[str] = []  # all of it
        self._source: list[str] = []  # what is not closed
        self._size = 0  # of the source
        self._written_size = 0  # of the source when the open block was last written
        self._closed: list[str] = []
        self._open = ""
        self._kind = ""  # of the open block
        self._live: LiveCode | LiveTable | None = None
        self._telling = False  # something since the last writing needs parsing
        self._is_word = False  # the open block begins with a letter, so it is a paragraph
        self._window = ""  # the white space at the source's end
        self._events = 0  # of the parser when the open block was last written: what writing it costs
        self._lines = 0  # line ends in the source
        self._return = False  # the last piece ended with "\r"
        self._may_be_table = False  # what is open is not shown: its next line decides
        self._held = ""  # the end of the open block, which is not shown yet

    @property
    def html(self) -> str:
        """The HTML of all closed blocks."""
        return "".join(self._closed)

    @property
    def parsed_characters(self) -> int:
        """How many characters went through the parser, again or for the first time."""
        return self._parser.parsed_characters

    def feed(self, delta: str) -> Patch:
        """Take the next piece of text."""
        text = self._normalise(delta)
        if not text:
            return NOTHING
        self._text.append(text)
        self._source.append(text)
        self._size += len(text)
        if self._live is not None:
            tail = self._live.grow(text)
            return self._advance() if tail is None else Patch(tail=tail or None)
        if self._is_due(text):
            return self._advance()
        return self._tail(text) if self._open else NOTHING

    def _tail(self, text: str) -> Patch:
        """Append to the open block as text, but for a sign at the end that the next words may explain."""
        text = self._held + text
        match = _SIGN.search(text)
        most = _HELD_OF_TABLE if match and "|" in match[0] else _HELD
        keep = match.start() if match and len(text) - match.start() <= most else len(text)
        text, self._held = text[:keep], text[keep:]
        return Patch(tail=escape(text)) if text else NOTHING

    def finish(self) -> Patch:
        """Close what is open. Names defined late (link references, footnotes) may change the whole message."""
        if self._return:
            self._return = False
            self._text.append("\n")
            self._source.append("\n")
        source = "".join(self._source)
        closed = self._close(self._parser.blocks(source), source) if source else ""
        self._source, self._size, self._open, self._live = [], 0, "", None
        if self._parser.has_late_names or not self._parser.has_tables:
            whole = self._render_whole()
            if whole != self.html:
                self._closed = [whole]
                return Patch(closed=whole, open="", replace=True)
        return Patch(closed=closed, open="")

    def _render_whole(self) -> str:
        text = "".join(self._text)
        self._parser.parsed_characters += len(text)
        return self._fill(draft(text, self._parser.words))

    def _normalise(self, delta: str) -> str:
        """Normalise a piece as `normalise` does the whole: a line end may be cut in two."""
        if not self._return and "\r" not in delta:
            return normalise(delta)
        if self._return:
            delta = "\r" + delta
        self._return = delta.endswith("\r")
        return normalise(delta[:-1] if self._return else delta)

    # --- when to write the open block again ------------------------------------------------------------

    def _is_due(self, text: str) -> bool:
        if not self._written_size:
            return not is_blank(text)
        if self._may_be_table:
            return not may_become_table("".join(self._source))
        window = self._window + text if self._window else text
        if "\n" in window:
            if self._is_ended(text, window):
                self._window = ""
                return True
            self._window = window[len(window.rstrip(" \t\n")) :][-_WINDOW:]
        self._telling = self._telling or bool(_TELLING.search(window))
        if self._written_size < _FRESH and not self._is_word:
            return self._size - self._written_size >= 2
        if not self._telling and self._open:
            return False
        is_new_line = "\n" in text and self._size < _SMALL
        least = self._events if self._size > _LARGE else 24 if is_new_line else 48
        return self._size - self._written_size >= max(least, self._size >> 3)

    def _is_ended(self, text: str, window: str) -> bool:
        """Whether the open block has come to an end; also at the line that may make a paragraph a table."""
        lines, self._lines = self._lines, self._lines + text.count("\n")
        may_be_table = lines < 2 <= self._lines and self._kind == "Paragraph"
        return may_be_table or bool(_ENDS.get(self._kind, _NEVER).search(window))

    # --- writing ---------------------------------------------------------------------------------------

    def _advance(self) -> Patch:
        """Parse the source, close what is over, write what is open."""
        source = "".join(self._source)
        blocks = self._parser.blocks(source, growing=True)
        closed = ""
        if len(blocks) != 1 or self._is_over(blocks[0], source, ""):
            closed, left = self._settle(source, blocks)
            if len(left) < len(source):
                source = left
                blocks = [] if is_blank(source) else self._parser.blocks(source, growing=True)
        self._source, self._size, self._lines = [source], len(source), source.count("\n")
        self._written_size = 0 if is_blank(source) else len(source)
        self._events = sum(len(block.events) for block in blocks)
        self._telling = False
        self._is_word = source[:1].isalpha()
        if closed:
            self._window = source[len(source.rstrip(" \t\n")) :][-_WINDOW:]
        self._open = self._write_open(blocks, source)
        return Patch(closed=closed, open=self._open)

    def _settle(self, source: str, blocks: list[Block]) -> tuple[str, str]:
        """Close what is over and return its HTML and the source that is left.

        Only whole lines count: one that has just begun may still join what stands before it.
        """
        text, newline, rest = source.rpartition("\n")
        lines = text + newline
        if rest:
            blocks = self._parser.blocks(lines, growing=True)
        if not blocks:
            if not _ENDS_BLANK.search(lines):
                return "", source
            self._parser.define(lines)
            return "", rest
        raw = lines.encode()
        if self._is_over(blocks[-1], lines, rest):
            count, cut = len(blocks), blocks[-1].end
        else:
            count = max(index for index, block in enumerate(blocks) if block.starts_line)
            cut = blocks[count].start
        closed = self._close(blocks[:count], raw[:cut].decode())
        left = raw[cut:].decode()
        return closed, ("" if is_blank(left) else left) + rest

    def _is_over(self, block: Block, lines: str, rest: str) -> bool:
        """Whether nothing can be added to `block`, the last of `lines`, when `rest` follows them."""
        if block.is_pending:
            return False
        if block.kind in {"Heading", "Rule"}:
            return block.source.endswith(b"\n")
        if block.kind == "Fenced":
            return is_closed_fence(block.source.decode())
        if not _ENDS_BLANK.search(lines):
            return False
        if block.kind in {"BlockQuote", "Paragraph", "Table"}:
            return True
        return block.kind != "HtmlBlock" and bool(_OUTSIDE_LIST.match(rest))

    def _close(self, blocks: list[Block], source: str) -> str:
        self._parser.define(source)
        html = self._fill(RenderedDraft.join(self._parser.write(block) for block in blocks))
        self._closed.append(html)
        return html

    def _write_open(self, blocks: list[Block], source: str) -> str:
        self._live, self._held = None, ""
        self._kind = blocks[-1].kind if blocks else ""
        self._may_be_table = self._kind == "Paragraph" and may_become_table(source)
        if self._may_be_table:
            return ""
        if len(blocks) == 1 and self._kind == "Fenced" and b"\n" in blocks[0].source:
            code = LiveCode(blocks[0], self._parser.words)
            html = code.html
            self._live = code
            return html
        if blocks and blocks[0].kind == "Table":
            table = self._begin_table(blocks[0], source)
            if table is not None:
                self._live = table
                return table.html
        shown, rest = source, ""
        is_short = len(source) <= _SMALL
        if is_short and self._kind not in _AS_IT_IS and not any(block.is_pending for block in blocks):
            shown, rest = with_ends(source)
        if shown != source:
            blocks = [] if is_blank(shown) else self._parser.blocks(shown, growing=True)
        html = self._fill(RenderedDraft.join(self._parser.write(block, live=True) for block in blocks))
        if not html:
            return ""
        self._held = rest if rest.strip() or "\n" in rest else ""
        # A space at the end is no part of a block, but of the line that goes on.
        gap = " " if source[-1:].isspace() and not self._held else ""
        return _with_tail(html, gap, _BLOCK_ENDS if source.startswith(shown) else _ALL_ENDS)

    def _begin_table(self, block: Block, source: str) -> LiveTable | None:
        """Let a table grow by rows, once its first two lines are whole."""
        lines, newline, rest = source.rpartition("\n")
        if rest:
            blocks = self._parser.blocks(lines + newline)
            if len(blocks) != 1 or blocks[0].kind != "Table":
                return None
            block = blocks[0]
        if block.source.count(b"\n") < 2:
            return None
        table = LiveTable(self._parser, block, self._fill)
        table.grow(rest)
        return table


def _with_tail(html: str, gap: str, ends: "re.Pattern[str]") -> str:
    """Mark the place in an open block where text goes on."""
    match = ends.search(html)
    end = match.start() if match else len(html)
    if html.startswith("</code></pre>", end - len("</code></pre>")):
        end -= len("</code></pre>")
    return f"{html[:end]}<span data-tail>{gap}</span>{html[end:]}"
