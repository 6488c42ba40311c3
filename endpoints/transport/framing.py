"""Splits a body into JSON values as they arrive: the content decides how, not the content type.

An event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html) may spread one value over several data
lines, or contain an error outside its data; other servers send JSON lines, a growing list, or one value.
"""

import json
import re
from typing import Any, Final, Protocol

from endpoints.transport.http import AnswerTooLarge

DONE: Final = "[DONE]"
MAX_LINE = 4 * 1024 * 1024
MAX_WHOLE = 16 * 1024 * 1024
MAX_STRAY_TEXT = 4096
MAX_TURNS = 8
_BOM = b"\xef\xbb\xbf"
_VALUE = (b"{", b"[", b"\x1e")  # what a body without events begins with; the last one is that of RFC 7464
_BETWEEN = re.compile(r"(?:[\s,\x1e\]]|\[(?!DONE\]))*")
_ERRORS = (b"error", b"exception")
_raw_decode = json.JSONDecoder(strict=False).raw_decode  # line breaks inside of a text do no harm


class Pieces(Protocol):
    """Cuts a body that comes in arbitrary chunks into values: objects, or texts such as `DONE`."""

    stray_text: str  # the beginning of what is no value: a page, or the words of a proxy

    def feed(self, chunk: bytes) -> list[Any]: ...

    def end(self) -> list[Any]: ...


class EventLines:
    """`Pieces` of whatever is text. Linear in the bytes received, and never holds more than `MAX_WHOLE` of them."""

    def __init__(self) -> None:
        self.stray_text = ""
        self._begun = False
        self._page = False
        self._after_cr = False  # the last chunk ended in CR: LF belongs to it
        self._rest = bytearray()  # of a line
        self._event = b""
        self._held: list[str] = []  # lines of data that are no value by themselves
        self._held_size = 0
        self._bare: bytearray | None = None  # values without events around them
        self._turns = 0  # how often such began in the middle of the stream
        self._seen = self._tried = 0  # bytes that came bare, and those that were parsed in vain

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the values that `chunk` completes. Raises `AnswerTooLarge` for a line or a value that is too long."""
        if not self._begun:
            chunk = self._begin(chunk)
        values: list[Any] = []
        while chunk:
            if self._page:
                return self._odd(chunk.decode("utf-8", "replace"))
            more, chunk = self._feed_lines(chunk) if self._bare is None else self._feed_bare(chunk)
            values += more
        return values

    def end(self) -> list[Any]:
        """Return the values of what was left: the last line need not end, nor the last event."""
        values = self._end_bare() if self._bare is not None else []
        if self._rest:
            values += self._line(bytes(self._rest))
            self._rest.clear()
        return values + self._close()

    def _begin(self, chunk: bytes) -> bytes:
        """Return what is to be read of the first chunks: without a byte order mark and blank lines."""
        chunk = bytes(self._rest) + chunk
        self._rest.clear()
        if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
            self._rest += chunk
            return b""
        chunk = chunk.removeprefix(_BOM).lstrip()
        self._begun = bool(chunk)
        self._page = chunk.startswith(b"<")
        if chunk.startswith(_VALUE):
            self._bare = bytearray()
        return chunk

    def _feed_lines(self, chunk: bytes) -> tuple[list[Any], bytes]:
        """Return the values of the lines that end in `chunk`, and what of it came bare."""
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        if b"\n" not in chunk:
            self._keep(chunk)
            return [], b""
        lines = chunk.split(b"\n")
        if self._rest:
            lines[0] = bytes(self._rest) + lines[0]
        self._rest = bytearray(lines.pop())
        values: list[Any] = []
        for at, line in enumerate(lines):
            # Once per piece of a reply: what is usual comes first, and is done here.
            if line[:6] == b"data: " and not self._held:
                try:
                    text = line.decode()
                    value, end = _raw_decode(text, 6)
                except (ValueError, RecursionError):
                    end = -1
                if end > 0 and end == len(text):
                    values.append(self._named(value) if self._event else value)
                    continue
            if line.startswith(_VALUE) and not self._held and self._turns < MAX_TURNS:
                return values, self._turn(lines[at:])
            values += self._line(line)
        return values, b""

    def _keep(self, chunk: bytes) -> None:
        self._rest += chunk
        if len(self._rest) > MAX_LINE:
            raise AnswerTooLarge(f"a line of more than {MAX_LINE} bytes")

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        if self._after_cr:
            chunk = chunk.removeprefix(b"\n")
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _turn(self, lines: list[bytes]) -> bytes:
        """Return the rest of the chunk, in which a value comes without an event around it."""
        self._turns += 1
        rest, self._rest, self._bare = self._rest, bytearray(), bytearray()
        return b"\n".join([*lines, rest])

    def _named(self, value: Any) -> Any:
        """Return the value with the name of its event, where it does not say itself what it is."""
        name = self._event
        if name.lower().endswith(_ERRORS):
            return value if isinstance(value, dict) and value.get("error") else {"error": value}
        if isinstance(value, dict) and "type" not in value:
            return {"type": name.decode("utf-8", "replace"), **value}
        return value

    def _line(self, line: bytes) -> list[Any]:
        """Return the values of a line that is no plain value after ``data:``."""
        if not line:
            return self._close() if self._held or self._event else []
        name, _, rest = line.removeprefix(_BOM).lstrip().partition(b":")
        name = name.lower()
        if name == b"event":
            self._event = rest.strip()
            return []
        text = rest.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            return self._data(text.removeprefix("data:"))  # a proxy may make an event of each line
        if name == b"error" and text:
            return [{"error": next(iter(_values(text) or ()), text)}]
        if name and name not in {b"id", b"retry"}:
            return self._odd(line.decode("utf-8", "replace"))
        return []

    def _data(self, text: str) -> list[Any]:
        """Return the values of a line of data, or hold it until its event ends."""
        if not self._held:
            values = _values(text)
            if values is not None:
                return self._all_named(values)
            if not text.lstrip().startswith(("{", "[")) and not self._event.lower().endswith(_ERRORS):
                return self._odd(text)
        self._held.append(text)
        self._held_size += len(text)
        if self._held_size > MAX_LINE:
            raise AnswerTooLarge(f"an event of more than {MAX_LINE} characters")
        return []

    def _close(self) -> list[Any]:
        """Return the values of the lines that were held, now that their event is whole."""
        held, self._held, self._held_size = self._held, [], 0
        results: list[Any] = []
        if held:
            values = _values("\n".join(held))
            if values is not None:
                results = self._all_named(values)
            elif self._event.lower().endswith(_ERRORS):
                results = [{"error": "\n".join(held)}]
            else:
                results = [value for text in held for value in self._alone(text)]
        self._event = b""
        return results

    def _all_named(self, values: list[Any]) -> list[Any]:
        return [self._named(value) for value in values] if self._event else values

    def _alone(self, text: str) -> list[Any]:
        values = _values(text)
        return self._odd(text) if values is None else values

    def _odd(self, text: str) -> list[Any]:
        """Note what is no value."""
        if len(self.stray_text) < MAX_STRAY_TEXT:
            self.stray_text += text[:MAX_STRAY_TEXT].strip() + "\n"
        return []

    def _feed_bare(self, chunk: bytes) -> tuple[list[Any], bytes]:
        """Return the values that `chunk` completes, and what comes after the last. It is parsed where one may end."""
        bare = self._bare if self._bare is not None else bytearray()
        bare += chunk
        self._seen += len(chunk)
        if len(bare) > MAX_WHOLE:
            raise AnswerTooLarge(f"a value of more than {MAX_WHOLE} bytes")
        if not chunk.rstrip().endswith((b"}", b"]", b",")) or self._tried > 8 * self._seen:
            return [], b""
        self._tried += len(bare)
        values, rest = _leading(bare.decode("utf-8", "replace"))
        if rest and not rest.startswith("{"):
            self._bare = None  # events after all
            return values, rest.encode()
        self._bare = bytearray(rest.encode())
        return values, b""

    def _end_bare(self) -> list[Any]:
        """Return the values of what came bare, now that no more comes."""
        bare, self._bare = bytes(self._bare or b""), None
        values, rest = _leading(bare.decode("utf-8", "replace"))
        for line in rest.splitlines():
            event = line.startswith(("data:", "event:", "error:")) or not line
            values += self._line(line.encode()) if event else self._alone(line)
        return values


def _leading(text: str) -> tuple[list[Any], str]:
    """Return the values at the start of `text`, those of lists by themselves, and what is left."""
    values: list[Any] = []
    at = 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if at == len(text):
            return values, ""
        if text.startswith(DONE, at):
            values.append(DONE)
            at += len(DONE)
            continue
        try:
            value, at = _raw_decode(text, at)
        except (ValueError, RecursionError):
            return values, text[at:]
        values.append(value)


def _values(text: str) -> list[Any] | None:
    """Return all values of `text`, or None when something in it is none."""
    values, rest = _leading(text)
    return None if rest else values


def values_of(body: bytes) -> list[Any]:
    """Return the values of a whole body, or its words when it has none."""
    lines = EventLines()
    try:
        values = [*lines.feed(body), *lines.end()]
    except AnswerTooLarge:
        values = []
    return values or [lines.stray_text.strip()]
