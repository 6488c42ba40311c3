"""Daphne with a limit on bodies: it takes a whole body into memory or a file before any application hears of it.

`config.asgi` installs this where Daphne runs it, so that every command that starts Daphne has the limit.
"""

from io import BytesIO
from typing import Any

from daphne import http_protocol
from twisted.internet import reactor

from config import bodies

LINGER = 5  # seconds in which a refused client may go on sending, so that it gets to read why


class LimitedRequest(http_protocol.WebRequest):  # type: ignore[misc]
    """A request that is refused by its declared length, or as soon as its body has passed the limit."""

    content: Any
    _limit = bodies.SMALL
    _received = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802 (Twisted's name): all headers are here
        self._limit = bodies.limit_of(self.channel._command.decode("latin-1"), bodies.path_of(self.channel._path))
        if length is not None and length > self._limit:
            self._refuse()
        else:
            super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self._received += len(data)
        if self._received > self._limit and not self._refused:
            self._refuse()
        if not self._refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """The body has ended. One that was refused on its way was answered then."""
        return None if self._refused else super().process()

    def _refuse(self) -> None:
        """Answer now, forget what came, throw away what still comes, and hang up."""
        self._refused = True
        if self.content is not None:
            self.content.close()
        self.content = BytesIO()
        self.requestHeaders.removeHeader(b"expect")  # which asks whether to send the body
        answer = bodies.refusal(bodies.path_of(self.channel._path))
        lines = [b"HTTP/1.1 413 Content Too Large", *(b": ".join(header) for header in answer.headers)]
        body = b"" if self.channel._command == b"HEAD" else answer.body
        transport = self.channel.transport
        transport.write(b"\r\n".join([*lines, b"", body]))
        if hasattr(transport, "loseWriteConnection"):  # not where Daphne ends TLS
            transport.loseWriteConnection()
        reactor.callLater(LINGER, transport.abortConnection)  # type: ignore[arg-type]


def install() -> None:
    """Let Daphne, in this process, make such requests."""
    http_protocol.WebRequest = LimitedRequest
