"""Providers cut text anywhere; what leaves here can be stored as UTF-8 in Postgres."""

from dataclasses import replace

from endpoints.events import Event, ReasoningDelta, ReasoningSealed, TextDelta, ToolCallDelta, ToolResult

_REPLACEMENT = "\ufffd"


class Scrubber:
    """Joins surrogate halves that came in two deltas, and replaces what no database stores: NUL, lone surrogates."""

    def __init__(self) -> None:
        self._half = ""

    def clean(self, event: Event) -> Event:
        match event:
            case TextDelta(text) | ReasoningDelta(text):
                return event if _is_plain(text) and not self._half else type(event)(self._joined(text))
            case ToolCallDelta(_, arguments) if not _is_plain(arguments):
                return replace(event, arguments=_repair(arguments))
            case ToolResult(_, output) if not _is_plain(output):
                return replace(event, output=_repair(output))
            case ReasoningSealed(signature, redacted) if not _is_plain(signature + redacted):
                return ReasoningSealed()  # it could not be given back as it was
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
