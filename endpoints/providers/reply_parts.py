"""The parts of one model's reply, as events: whatever the wire, a text, thoughts and calls are told alike."""

from collections.abc import Sequence

from messages.events import Event, PartDelta, PartEnded, PartStarted, PartUpdated
from messages.parts import Reasoning, Signature, Text, ToolCall


class ReplyParts:
    """Numbers the parts in the order in which they begin. A part of text or thoughts ends where another one begins.

    Every method returns the events that tell what came. `signer` is whose the signatures are
    (`endpoints.providers.base.Endpoint.signer`).
    """

    def __init__(self, signer: str = "") -> None:
        self._signer = signer
        self._count = 0
        self._kind: type[Text | Reasoning] | None = None  # of the part that grows
        self._index = 0  # where it is
        self._calls: dict[str, int] = {}

    def text(self, piece: str) -> Sequence[Event]:
        return (PartDelta(self._index, piece),) if self._kind is Text else self._begin(Text, piece)

    def think(self, piece: str) -> Sequence[Event]:
        return (PartDelta(self._index, piece),) if self._kind is Reasoning else self._begin(Reasoning, piece)

    def sign(self, proof: str) -> Sequence[Event]:
        """The thoughts so far are a block of their own, which the provider wants back as it was, with this proof."""
        if self._kind is not Reasoning:
            return ()
        return (PartUpdated(self._index, Reasoning("", Signature(proof, provider=self._signer))), *self._end())

    def seal(self, thoughts: str) -> Sequence[Event]:
        """Thoughts that only the provider can read, which it wants back."""
        ended = self._end()
        signature = Signature(thoughts, encrypted=True, provider=self._signer)
        started = PartStarted(self._next(), Reasoning("", signature))
        return (*ended, started, PartEnded(started.index))

    def start_call(self, call_id: str, name: str, arguments: str) -> Sequence[Event]:
        ended = self._end()
        index = self._calls[call_id] = self._next()
        return (*ended, PartStarted(index, ToolCall(call_id, name, arguments)))

    def grow_call(self, call_id: str, arguments: str) -> Sequence[Event]:
        return (PartDelta(self._calls[call_id], arguments),)

    def end(self) -> Sequence[Event]:
        """The reply is over: nothing grows any more."""
        calls, self._calls = self._calls, {}
        return (*self._end(), *map(PartEnded, calls.values()))

    def _begin(self, kind: type[Text | Reasoning], piece: str) -> Sequence[Event]:
        ended = self._end()
        self._kind, self._index = kind, self._next()
        return (*ended, PartStarted(self._index, kind(piece)))

    def _end(self) -> Sequence[Event]:
        ended = (PartEnded(self._index),) if self._kind else ()
        self._kind = None
        return ended

    def _next(self) -> int:
        self._count += 1
        return self._count - 1
