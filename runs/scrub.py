"""Cleans text that providers cut at arbitrary places, so that it can be stored as UTF-8 in Postgres."""

from dataclasses import replace

from messages.events import (
    AgentSwitched,
    Attached,
    Event,
    ReasoningDelta,
    ReasoningSignature,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
)

_REPLACEMENT = "\ufffd"
_INDENTED = ("    ", "\t")
_OTHER_PARTS = (
    ReasoningDelta,
    ReasoningSignature,
    ToolCallStarted,
    Attached,
    AgentSwitched,
)  # a text after them is new


class Scrubber:
    """Joins surrogate halves that came in two deltas, and replaces what no database stores: NUL, lone surrogates.

    A text begins where there is something to read: some models send blank lines, or a blank block, before it.
    """

    def __init__(self, *, in_text: bool = False) -> None:
        """`in_text`: what comes goes on a text that is there already."""
        self._half = ""
        self._in_text = in_text

    def clean(self, event: Event) -> Event:
        event = self._storable(event)
        if isinstance(event, TextDelta):
            return event if self._in_text else self._begun(event)
        if isinstance(event, _OTHER_PARTS):
            self._in_text = False
        return event

    def _begun(self, event: TextDelta) -> TextDelta:
        """Return the first of a text without the blank lines before it; an indented block of code stays one."""
        text = event.text.lstrip()
        self._in_text = bool(text)
        before = event.text[: len(event.text) - len(text)].rpartition("\n")[2]
        return TextDelta(before + text if text and before.startswith(_INDENTED) else text)

    def _storable(self, event: Event) -> Event:
        match event:
            case TextDelta(text) | ReasoningDelta(text):
                return event if _is_plain(text) and not self._half else type(event)(self._joined(text))
            case ToolCallDelta(_, arguments) if not _is_plain(arguments):
                return replace(event, arguments=_repair(arguments))
            case ToolResult(_, output) if not _is_plain(output):
                return replace(event, output=_repair(output))
            case ReasoningSignature(signature, redacted) if not _is_plain(signature + redacted):
                return ReasoningSignature()  # it could not be given back as it was
            case _:
                return event

    def _joined(self, text: str) -> str:
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return _repair(text)


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
