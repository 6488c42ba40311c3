"""The content of a message: a text, or parts of many types, some of them reasoning. Unknown types are ignored."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

MAX_DEPTH = 8  # of pieces inside of pieces
TEXT: Final = "text"
THOUGHT: Final = "thought"
CALL: Final = "call"
_TEXTS = {"text", "output_text", "text_delta", "refusal", "output_refusal", "markdown"}
_THOUGHTS = {
    "thinking",
    "thinking_delta",
    "reasoning",
    "reasoning_content",
    "reasoning_text",
    "reasoning.text",
    "reasoning_summary",
    "reasoning.summary",
    "summary_text",
    "summary",
    "thought",
    "thoughts",
    "think",
}
_CALLS = {"tool_use", "tool_call", "function_call", "function"}
_WRAPPERS = {"message", "content", "content_block"}
# Where the words stand, the fullest first: what comes later says the same again.
_IN_TEXT = ("text", "content", "refusal", "value", "markdown")
_IN_THOUGHT = (
    "thinking",
    "reasoning",
    "text",
    "content",
    "reasoning_content",
    "reasoning_text",
    "thought",
    "think",
    "summary",
    "value",
)
_IN_WRAPPER = ("content", "content_block", "parts", "message")

Said = tuple[str, Any]  # TEXT or THOUGHT with the words, CALL with a piece of `assembly.ToolCalls`


def said_in(value: Any, kind: str = TEXT, depth: int = 0) -> Iterator[Said]:
    """Yield what a content says, in order. `kind` is what a bare text in it is."""
    if isinstance(value, str):
        if value:
            yield kind, value
    elif depth >= MAX_DEPTH:
        return
    elif isinstance(value, list):
        for piece in value:
            yield from said_in(piece, kind, depth + 1)
    elif isinstance(value, dict):
        yield from _piece(value, kind, depth + 1)


def thoughts_in(value: Any) -> str:
    """Return the words of a field that holds thoughts: a text, an object, or a list of either."""
    if isinstance(value, str):
        return value
    return "".join(text for kind, text in said_in(value, THOUGHT) if kind is THOUGHT)


def _piece(piece: dict[str, Any], kind: str, depth: int) -> Iterator[Said]:
    name = piece.get("type")
    if name in _CALLS if isinstance(name, str) else False:
        yield CALL, _call_of(piece)
    elif name in _THOUGHTS if isinstance(name, str) else piece.get("thought") is True:
        yield from _first(piece, _IN_THOUGHT, THOUGHT, depth)
    elif name in _TEXTS if isinstance(name, str) else False:
        yield from _first(piece, _IN_TEXT, kind, depth)
    elif name in _WRAPPERS if isinstance(name, str) else False:
        yield from _first(piece, _IN_WRAPPER, kind, depth)
    elif name is None:
        yield from _untyped(piece, kind, depth)


def _untyped(piece: dict[str, Any], kind: str, depth: int) -> Iterator[Said]:
    """Yield what a piece without a type says: its fields tell what it is."""
    thoughts = list(_first(piece, ("thinking", "reasoning", "reasoning_content", "summary"), THOUGHT, depth))
    yield from thoughts
    if not (thoughts and kind is THOUGHT):
        yield from _first(piece, (*_IN_TEXT, "parts"), kind, depth)


def _first(piece: Mapping[str, Any], names: Iterable[str], kind: str, depth: int) -> Iterator[Said]:
    """Yield what the first of the fields says that says anything."""
    for name in names:
        said = list(said_in(piece.get(name), kind, depth))
        if said:
            yield from said
            return


def _call_of(piece: dict[str, Any]) -> dict[str, Any]:
    """Return a call that stands among the content as a piece of a call among its own."""
    inner = piece.get("function")
    function = inner if isinstance(inner, dict) else piece
    arguments = function.get("arguments", function.get("input"))
    return {
        "index": piece.get("index"),
        "id": piece.get("id") or piece.get("call_id"),
        "function": {"name": function.get("name"), "arguments": arguments},
    }


class Thoughts:
    """Tells thoughts once that a provider writes into several fields, be it at once or one after another."""

    def __init__(self) -> None:
        self._source = ""
        self._pieces: list[str] = []
        self._positions: dict[str, tuple[int, int] | None] = {}  # how far another source repeats; None: it does not

    def tell(self, source: str, text: str) -> str:
        """Return what of `text` was not told yet by another source."""
        if not self._source:
            self._source = source
        if source != self._source:
            text = self._unsaid(source, text)
        if text:
            self._pieces.append(text)
        return text

    def _unsaid(self, source: str, text: str) -> str:
        position = self._positions.get(source, (0, 0))
        if position is None:
            return text
        index, offset = position
        at = 0
        while at < len(text) and index < len(self._pieces):
            piece = self._pieces[index]
            size = min(len(piece) - offset, len(text) - at)
            if not piece.startswith(text[at : at + size], offset):
                self._positions[source] = None  # another thought that began alike
                return "".join(self._pieces[: position[0]]) + self._pieces[position[0]][: position[1]] + text
            at, offset = at + size, offset + size
            if offset == len(piece):
                index, offset = index + 1, 0
        # What goes beyond is told, and so is behind this source.
        self._positions[source] = (index + 1, 0) if at < len(text) else (index, offset)
        return text[at:]
