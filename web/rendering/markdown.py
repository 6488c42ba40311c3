"""Markdown to safe HTML: CommonMark with tables, strikethrough, task lists, footnotes, alerts and formulas.

A text is a sequence of top-level blocks; each is written and sanitised by itself (`Parser.write`). A stream does the
same with the same blocks (`web.rendering.stream`), so both end with the same HTML.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyromark import Markdown, Options

from web.rendering import bidi
from web.rendering.jobs import RenderedDraft
from web.rendering.masks import Mask
from web.rendering.sanitise import clean
from web.rendering.tex import find, may_have_formulas
from web.rendering.words import Words
from web.rendering.writer import Writer

_OPTIONS = (
    Options.ENABLE_TABLES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_GFM
)
_MARKDOWN = Markdown(options=_OPTIONS)
# The parser fills up short rows of a table, so that little text can become very many cells.
_EVENTS_PER_CHARACTER, _EVENTS_AT_LEAST = 4, 5_000
_BLOCK_TAGS = {"Paragraph", "Heading", "Item", "TableRow", "List", "BlockQuote", "HtmlBlock"}
# Code is no formula; what is only indented may still be the middle of one.
_OPAQUE = {"Code": b"\0", "Fenced": b"\0", "CodeBlock": b"\1"}


def draft(text: str, words: Words) -> RenderedDraft:
    """Return normalised `text`, written by a model or another untrusted hand, as sanitised HTML with marks."""
    parser = Parser(words)
    parser.define(text)
    return RenderedDraft.join(parser.write(block) for block in parser.blocks(text))


@dataclass(slots=True)
class Block:
    """A top-level block: where its lines stand in the parsed text (UTF-8), its events.

    Of several blocks in one line only the first starts where the line does.
    """

    kind: str
    start: int
    end: int
    text: bytes
    events: list[Any]
    may_run_left: bool = False  # whether letters that run from right to left may be in it

    @property
    def source(self) -> bytes:
        """The block's lines."""
        return self.text[self.start : self.end]

    @property
    def is_pending(self) -> bool:
        """Whether it ends in a formula that may go on."""
        return any(type(event) is dict and "Pending" in event for event in self.events[-8:])

    @property
    def starts_line(self) -> bool:
        """Whether no other block stands before this one in its line."""
        return self.start == 0 or self.text[self.start - 1] == 10


class Parser:
    """Cuts text into blocks and writes them. Knows the link references defined so far; counts what it parses."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.parsed_characters = 0
        self.has_late_names = False  # link references or footnotes, which can change what stands before them
        self._definitions: dict[str, tuple[str, str]] = {}
        self.has_tables = True  # False when a table with too many cells was met: no text has tables then
        self._markdown = _MARKDOWN

    def define(self, text: str) -> None:
        """Learn the link references that `text` defines."""
        if "]:" not in text:
            return
        self.parsed_characters += len(text)
        definitions = _MARKDOWN.reference_definitions(text)
        self.has_late_names = self.has_late_names or bool(definitions) or "[^" in text
        for label, definition in definitions.items():
            self._definitions.setdefault(_label(label), (definition["dest"], definition["title"] or ""))
        if definitions:
            self._configure()

    def _configure(self) -> None:
        options = _OPTIONS if self.has_tables else _OPTIONS & ~Options.ENABLE_TABLES
        self._markdown = Markdown(options=options, broken_link_callback=self._resolve)

    def _parse(self, text: str, *, growing: bool = False) -> list[Any]:
        mask = Mask(text)
        if may_have_formulas(text):
            raw = text.encode()
            opaque, walls = raw, list[int]()
            if "`" in text or "\n" in text or text[:1] in {" ", "\t"}:
                self.parsed_characters += len(text)
                opaque, walls = _obstacles(raw, self._events(text))
            mask.hide_formulas(list(find(raw, opaque, walls, growing=growing)))
        mask.hide_addresses()
        mask.hide_letters()
        events = self._events(mask.text)
        return events if mask.is_empty else mask.uncover(events)

    def _events(self, text: str) -> list[Any]:
        most = _EVENTS_PER_CHARACTER * len(text) + _EVENTS_AT_LEAST
        events = list(islice(self._markdown.events_with_range(text, merge_text=True), most + 1))
        if len(events) > most and self.has_tables:
            self.has_tables = False
            self._configure()
            return self._events(text)
        return events

    def _resolve(self, link: Any) -> tuple[str, str] | None:
        return self._definitions.get(_label(link["reference"]))

    def blocks(self, text: str, *, growing: bool = False) -> list[Block]:
        """Return the top-level blocks of `text`. Link reference definitions are not blocks.

        Of a `growing` text the last may end in a formula that goes on (`Block.is_pending`).
        """
        self.parsed_characters += len(text)
        raw = text.encode()
        runs_left = bidi.runs_left(raw)
        blocks: list[Block] = []
        events: list[Any] = []
        depth = last_end = 0
        for event, span in self._parse(text, growing=growing):
            if depth == 0:
                start = max(raw.rfind(b"\n", 0, span["start"]) + 1, last_end)
                end = raw.find(b"\n", max(span["end"] - 1, 0)) + 1 or len(raw)
                last_end = span["end"]
                if blocks and blocks[-1].end > start:
                    blocks[-1].end = start
                events = []
                blocks.append(Block(_kind(event), start, end, raw, events, runs_left))
            events.append(event)
            if type(event) is dict:
                depth += ("Start" in event) - ("End" in event)
        return blocks

    def write(self, block: Block, *, live: bool = False) -> RenderedDraft:
        """Return a block's sanitised HTML and what is drawn for it elsewhere."""
        writer = Writer(self.words, live=live, mixed=block.may_run_left and bidi.runs_left(block.source))
        return RenderedDraft(clean(writer.write(block.events)), writer.jobs)


def _obstacles(source: bytes, events: list[Any]) -> tuple[bytes, list[int]]:
    """Return `source` with code blanked out, and the sorted borders of its blocks (see `tex.find`)."""
    masked = bytearray(source)
    walls: set[int] = set()
    for event, span in events:
        kind = _kind(event)
        start, end = span["start"], span["end"]
        if blank := _OPAQUE.get(kind):
            masked[start:end] = blank * (end - start)
        elif kind in _BLOCK_TAGS:
            walls.update((start, end))
    return bytes(masked), sorted(walls)


def _kind(event: Any) -> str:
    """Return the name of what an event begins or ends, or is; a fenced code block begins as ``Fenced``."""
    if type(event) is str:
        return event
    ((name, value),) = event.items()
    if name not in {"Start", "End"}:
        return str(name)
    if type(value) is str:
        return value
    ((kind, detail),) = value.items()
    return "Fenced" if kind == "CodeBlock" and detail != "Indented" else str(kind)


def _label(label: str) -> str:
    return " ".join(label.split()).casefold()
