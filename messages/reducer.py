"""The one reducer: events in, a message's parts (`messages.parts`) out.

The generator saves with it, a reconnecting tab catches up with it, the API syncs with it. There is no
second place that knows how a message is put together.
"""

from collections.abc import Iterable
from dataclasses import fields

from messages.events import (
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    PartUpdated,
    Snapshot,
    Usage,
    offset_step,
)
from messages.parts import Error, Part, can_grow, grown_text, updated, with_grown_text


class MessageParts:
    """Folds events into parts in time linear in the characters received.

    `offset` counts what was applied (see `messages.events.offset_step`); `usage` sums every model call; `open` holds
    the indices of the parts that may still grow. A part that changes becomes another object, so who keeps the list of
    before sees by identity which did.
    """

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self.offset = 0
        self.usage = Usage()
        self.finished: Finished | None = None
        self.failed: Failed | None = None
        self._load(parts)

    @property
    def parts(self) -> list[Part]:
        """The parts so far. The list is the reducer's own: copy it to keep it."""
        for index in list(self._pieces):
            self._join(index)
        return self._parts

    def apply(self, event: Event) -> None:
        """Fold one event in. Never raises; an event about a part that there is not is ignored."""
        if isinstance(event, PartDelta):  # nearly all of them
            self.offset += len(event.text)
            self._grow(event.index, event.text)
            return
        self.offset += offset_step(event)
        match event:
            case PartStarted() | PartUpdated() | PartEnded():
                self._apply_to_part(event)
            case Usage():
                self.usage = add_usage(self.usage, event)
            case Snapshot(parts):
                self._load(parts)
            case Finished():
                self.finished = event
            case Failed():
                self.failed = event
                self._parts.append(error_part(event))

    def _grow(self, index: int, text: str) -> None:
        if not 0 <= index < len(self._parts):
            return
        if (pieces := self._pieces.get(index)) is None:
            pieces = self._pieces[index] = []
        pieces.append(text)

    def _apply_to_part(self, event: PartStarted | PartUpdated | PartEnded) -> None:
        index = event.index
        if isinstance(event, PartStarted):
            if index == len(self._parts):
                self._parts.append(event.part)
                self.open.add(index)
        elif not 0 <= index < len(self._parts):
            return
        elif isinstance(event, PartUpdated):
            self._update(index, event.part)
        else:
            self.open.discard(index)

    def _load(self, parts: Iterable[Part]) -> None:
        self._parts: list[Part] = list(parts)
        self._pieces: dict[int, list[str]] = {}  # by part: what it has grown by, joined when it is read
        last = len(self._parts) - 1
        self.open = {last} if self._parts and can_grow(self._parts[last]) else set()

    def _update(self, index: int, part: Part) -> None:
        self._join(index)
        before = self._parts[index]
        if type(part) is type(before):
            part = updated(before, part)
        self._parts[index] = part

    def _join(self, index: int) -> None:
        if pieces := self._pieces.pop(index, None):
            part = self._parts[index]
            self._parts[index] = with_grown_text(part, grown_text(part) + "".join(pieces))


def error_part(failed: Failed) -> Error:
    """Return what a message keeps of a failure."""
    return Error(failed.code, failed.wait, failed.settings)


def add_usage(left: Usage, right: Usage) -> Usage:
    """Return the sum; it is an estimate when either is."""
    counts = [field.name for field in fields(Usage) if field.name != "estimated"]
    total = {name: getattr(left, name) + getattr(right, name) for name in counts}
    return Usage(**total, estimated=left.estimated or right.estimated)
