"""Assembling a streamed reply: reasoning inside text, tool calls in pieces."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from endpoints.providers.content import TEXT, THOUGHT, Said
from endpoints.providers.reply_parts import ReplyParts
from messages.events import Event

MAX_CALLS = 128
_TAGS = {"<think>": "</think>", "<thought>": "</thought>", "[THINK]": "[/THINK]"}


class ThinkSplitter:
    """Tells thoughts from text where a model writes ``<think>...</think>`` or the like at the very start of its reply.

    The tags may be cut anywhere. A tag later in the text is text.
    """

    def __init__(self) -> None:
        self.plain = False  # nothing is held back and nothing will be: text passes through
        self._close = ""  # the tag that ends the thoughts, while they go on
        self._held = ""
        self._after = False  # the thoughts are over, the blank lines after them not yet

    def feed(self, text: str) -> Iterator[Said]:
        if self.plain:
            yield TEXT, text
            return
        self._held += text
        if self._close:
            yield from self._think()
        elif self._after:
            yield from self._begin()
        else:
            yield from self._start()

    def end(self) -> Iterator[Said]:
        """Yield what was held back."""
        if self._held and not self._after:
            yield (THOUGHT if self._close else TEXT), self._held
        self._held = ""

    def _start(self) -> Iterator[Said]:
        seen = self._held.lstrip()
        opened = next((tag for tag in _TAGS if seen.startswith(tag)), "")
        if opened:
            self._close, self._held = _TAGS[opened], seen[len(opened) :]
            yield from self._think()
        elif not any(tag.startswith(seen) for tag in _TAGS):
            self.plain, held, self._held = True, self._held, ""
            yield TEXT, held

    def _think(self) -> Iterator[Said]:
        thought, tag, rest = self._held.partition(self._close)
        if tag:
            if thought:
                yield THOUGHT, thought
            self._close, self._after, self._held = "", True, rest
            yield from self._begin()
            return
        kept = _overlap(self._held, self._close)
        ready, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        if ready:
            yield THOUGHT, ready

    def _begin(self) -> Iterator[Said]:
        reply, self._held = self._held.lstrip(), ""
        if reply:
            self.plain = True
            yield TEXT, reply


def _overlap(text: str, tag: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if tag.startswith(text[-size:])), 0)


@dataclass(slots=True)
class _Call:
    provider_id: str
    call_id: str = ""
    waiting: str = ""  # arguments that came before the name


class ToolCalls:
    """Joins the pieces of parallel tool calls, which providers tell apart by index, by id, or not at all.

    Every call gets an id that no call of the prompt has: some providers number them anew in every reply.
    """

    def __init__(self, parts: ReplyParts, taken: Iterable[str] = ()) -> None:
        self.count = 0
        self._parts = parts
        self._taken = set(taken)
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._last: _Call | None = None

    def feed(self, pieces: Any) -> Iterator[Event]:
        for piece in pieces if isinstance(pieces, list) else ():
            if isinstance(piece, dict):
                yield from self._piece(piece)

    def _piece(self, piece: Mapping[str, Any]) -> Iterator[Event]:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        name = function.get("name")
        call = self._find(piece.get("index"), piece.get("id"), begins=bool(name))
        if call is None:
            return
        arguments = function.get("arguments") or ""
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        if not call.call_id:
            call.waiting += arguments
            if not isinstance(name, str) or not name:
                return
            call.call_id, arguments, call.waiting = self._free_id(call.provider_id), call.waiting, ""
            self.count += 1
            yield from self._parts.start_call(call.call_id, name, arguments)
        elif arguments:
            yield from self._parts.grow_call(call.call_id, arguments)

    def _find(self, index: Any, provider_id: Any, *, begins: bool) -> _Call | None:
        known = provider_id if isinstance(provider_id, str) else ""
        if known in self._by_id:
            return self._by_id[known]
        numbered = isinstance(index, int)
        call = self._by_index.get(index) if numbered else self._last
        other = call is not None and bool(known) and bool(call.provider_id)  # one index, but another id
        if call is None or other or (not numbered and not known and begins):
            if len(self._by_index) + len(self._by_id) >= 2 * MAX_CALLS or self.count >= MAX_CALLS:
                return None
            call = _Call(known)
        if known:
            call.provider_id = known
            self._by_id[known] = call
        if numbered:
            self._by_index[index] = call
        self._last = call
        return call

    def _free_id(self, wanted: str) -> str:
        call_id = wanted if wanted and wanted not in self._taken else f"call_{uuid.uuid4().hex[:24]}"
        self._taken.add(call_id)
        return call_id
