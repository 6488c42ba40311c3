"""What a model says, as parts of the message: in their places, and cleaned so that Postgres can store them as UTF-8."""

import json
from collections.abc import Sequence
from typing import Any

from messages.events import Event, PartDelta, PartEnded, PartStarted, PartUpdated
from messages.parts import Part, Reasoning, Text, can_grow, from_json, grown_text, to_json, with_grown_text

_REPLACEMENT = "\ufffd"
_INDENTED = ("    ", "\t")


class Scrubber:
    """Joins surrogate halves that came in two deltas, and replaces what no database stores: NUL, lone surrogates.

    A text begins where there is something to read: some models send blank lines, or a blank block, before it. So a
    part that the model numbers may never begin, and the parts get their places here.
    """

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        """`parts`: what the message holds already. A text goes on the last of them where that is a text."""
        self._count = len(parts)
        self._goes_on = type(parts[-1]) if parts and can_grow(parts[-1]) else None
        self._places: dict[int, int] = {}  # by the model's number: the part's place in the message
        self._blank: set[int] = set()  # texts of which nothing can be read yet
        self._halves: dict[int, str] = {}

    def clean(self, event: Event) -> Sequence[Event]:
        """Return what of the event the message is told."""
        if isinstance(event, PartDelta):  # nearly all of them
            text = self._joined(event.index, event.text)
            is_same = text is event.text and self._places.get(event.index) == event.index
            return (event,) if is_same and text else self._grow(event.index, text)
        match event:
            case PartStarted(index, part):
                return self._start(index, part)
            case PartUpdated(index, part):
                storable = storable_part(part)
                known = index in self._places and storable is not None
                return (PartUpdated(self._places[index], storable),) if known and storable is not None else ()
            case PartEnded(index):
                self._blank.discard(index)
                self._halves.pop(index, None)
                return (PartEnded(self._places[index]),) if index in self._places else ()
        return (event,)

    def _start(self, index: int, part: Part) -> Sequence[Event]:
        text = self._joined(index, grown_text(part))
        goes_on, self._goes_on = self._goes_on, None
        if goes_on is type(part):
            self._places[index] = self._count - 1
            return self._grow(index, text)
        if goes_on is not None:
            ended = PartEnded(self._count - 1)
            return (ended, *self._start_anew(index, part, text))
        return self._start_anew(index, part, text)

    def _start_anew(self, index: int, part: Part, text: str) -> Sequence[Event]:
        if isinstance(part, Text):
            self._blank.add(index)
            return self._grow(index, text)
        storable = storable_part(with_grown_text(part, text))
        return () if storable is None else (self._begin(index, storable),)

    def _grow(self, index: int, text: str) -> Sequence[Event]:
        if index in self._blank:
            text = _without_blank_lines(text)
            if not text:
                return ()
            self._blank.remove(index)
            return (self._begin(index, Text(text)),)
        return (PartDelta(self._places[index], text),) if text and index in self._places else ()

    def _begin(self, index: int, part: Part) -> PartStarted:
        self._places[index] = self._count
        self._count += 1
        return PartStarted(self._places[index], part)

    def _joined(self, index: int, text: str) -> str:
        if not self._halves and _is_plain(text):
            return text
        text = self._halves.pop(index, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._halves[index] = text[:-1], text[-1]
        return text if _is_plain(text) else _repair(text)


def _without_blank_lines(text: str) -> str:
    """Return the text without the blank lines before it; an indented block of code stays one."""
    readable = text.lstrip()
    before = text[: len(text) - len(readable)].rpartition("\n")[2]
    return before + readable if readable and before.startswith(_INDENTED) else readable


def storable_part(part: Part) -> Part | None:
    """Return the part, its texts repaired; None for a signature that could not be given back as it was."""
    row = to_json(part)
    written = json.dumps(row, ensure_ascii=False)  # in which NUL is an escape
    if _is_plain(written) and "\\u0000" not in written:
        return part
    if isinstance(part, Reasoning) and part.signature and not _is_plain(part.signature.data):
        return None
    return from_json(_repaired(row))


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return value if _is_plain(value) else _repair(value)
    if isinstance(value, list | tuple):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    return value


def _is_plain(text: str) -> bool:
    if text.isascii():
        return "\x00" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _repair(text: str) -> str:
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", _REPLACEMENT)
