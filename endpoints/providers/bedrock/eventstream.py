"""Amazon's event stream: binary messages of headers and a JSON payload, with checksums.

A message is: its length and that of its headers (4 bytes each), a checksum of these, the headers, the payload, and a
checksum of everything before. A header is: its name's length, the name, a type, and for text (type 7) two bytes of
length and the text.
"""

import json
import struct
import zlib
from typing import Any

from endpoints.transport.http import AnswerTooLarge, BrokenAnswer

MAX_MESSAGE = 16 * 1024 * 1024
_TEXT = 7
# Bytes of the values of other types; 6 (bytes) is written like text.
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class EventFrames:
    """Finds the messages of a stream that may be cut anywhere: `wire.Pieces` for this encoding.

    A message comes out as ``{"<its type>": <its payload>}``, a failure as ``{"error": {"type": ..., ...}}``.
    """

    def __init__(self) -> None:
        self.stray_text = ""
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the messages that `chunk` completes. Raises `BrokenAnswer` for what is no such stream."""
        self._rest += chunk
        messages: list[Any] = []
        at = 0
        while len(self._rest) - at >= 12:
            size, head, checksum = struct.unpack_from(">III", self._rest, at)
            if zlib.crc32(self._rest[at : at + 8]) != checksum or head + 16 > size:
                raise BrokenAnswer("not an event stream")
            if size > MAX_MESSAGE:
                raise AnswerTooLarge(f"a message of {size} bytes")
            if len(self._rest) - at < size:
                break
            messages.append(_message(bytes(self._rest[at : at + size]), head))
            at += size
        del self._rest[:at]
        return messages

    def end(self) -> list[Any]:
        return []


def _message(message: bytes, head: int) -> dict[str, Any]:
    if zlib.crc32(message[:-4]) != struct.unpack(">I", message[-4:])[0]:
        raise BrokenAnswer("a message of the event stream is damaged")
    headers = _headers(message[12 : 12 + head])
    try:
        payload = json.loads(message[12 + head : -4] or b"{}")
    except (ValueError, RecursionError):
        payload = None
    if kind := headers.get(":event-type"):
        return {kind: payload}
    fault = {"type": headers.get(":exception-type") or headers.get(":error-code") or "error"}
    said = payload if isinstance(payload, dict) else {"message": headers.get(":error-message", "")}
    return {"error": fault | said}


def _headers(data: bytes) -> dict[str, str]:
    """Return the headers that are text."""
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name = data[at + 1 : at + 1 + data[at]].decode()
            at += 1 + data[at]
            kind, at = data[at], at + 1
            if kind in _SIZES:
                at += _SIZES[kind]
                continue
            (size,) = struct.unpack_from(">H", data, at)
            if kind == _TEXT:
                headers[name] = data[at + 2 : at + 2 + size].decode()
            at += 2 + size
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise BrokenAnswer("the headers of a message are damaged") from error
    return headers
