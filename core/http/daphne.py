"""Daphne with limits: it buffers whole bodies and all websocket messages before the application sees any of them.

Stock Daphne also lets any client set the site's mount path. `config.asgi` installs this whenever it runs under Daphne,
so that it applies to every command that starts Daphne.
"""

from io import BytesIO
from typing import Any

from daphne import http_protocol, ws_protocol
from twisted.internet import reactor

from core.http import bodies

MAX_MESSAGE_BYTES = 4096  # bytes of one message from a browser
MAX_WAITING = 200  # messages that the application has not heard yet: a tab that comes back follows 50 runs at once
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
        # What the site is mounted at is the operator's word alone (`--root-path`): addresses begin with it.
        self.requestHeaders.removeHeader(b"daphne-root-path")
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


class LimitedSocket(ws_protocol.WebSocketProtocol):  # type: ignore[misc]
    """A websocket whose client says little at once, and not much more than the application takes."""

    # What the library calls the limit of a message is one of what is sent, too, and a long reply is one message.
    maxMessagePayloadSize = 0  # noqa: N815 (Autobahn's names)
    maxFramePayloadSize = MAX_MESSAGE_BYTES  # noqa: N815
    application_queue: Any
    transport: Any
    failedByMe: bool  # noqa: N815

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """Send at once what the socket takes, where nothing waits before it.

        Twisted keeps every frame until the reactor says that the socket can be written to, which nearly always it can:
        two system calls and a turn of the loop for each frame of each tab.
        """
        transport = self.transport
        waits = sync or chopsize or self.send_queue or transport.dataBuffer or transport._tempDataBuffer
        if not waits and transport.connected and not (transport.disconnecting or transport.TLS):
            sent = transport.writeSomeData(data)
            data = data[sent:] if isinstance(sent, int) else data  # what went wrong is found out by the next try
        if data:
            super().sendData(data, sync, chopsize)

    def onMessageFrameBegin(self, length: int) -> None:  # noqa: N802
        super().onMessageFrameBegin(length)
        if self.message_data_total_length > MAX_MESSAGE_BYTES and not self.failedByMe:
            self._max_message_size_exceeded(
                self.message_data_total_length, MAX_MESSAGE_BYTES, "the message is too long"
            )

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        if self.application_queue.qsize() < MAX_WAITING:
            super().onMessage(payload, isBinary)
        else:
            self.dropConnection(abort=True)


def install() -> None:
    """Let Daphne, in this process, make such requests and sockets."""
    http_protocol.WebRequest = LimitedRequest
    ws_protocol.WebSocketFactory.protocol = LimitedSocket
