"""The one reducer: events in, a message's parts (`messages.parts`) out.

The generator saves with it, a reconnecting tab catches up with it, the API syncs with it. There is no
second place that knows how a message is put together.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

from messages.events import (
    AgentSwitched,
    Attached,
    Event,
    Failed,
    Finished,
    ReasoningDelta,
    ReasoningSignature,
    Snapshot,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
    Usage,
    offset_step,
)
from messages.parts import AgentSwitch, Attachment, Error, Part, Reasoning, Signature, Text, ToolCall, can_grow


class MessageParts:
    """Folds events into parts in time linear in the characters received.

    `offset` counts what was applied (see `messages.events.offset_step`); `usage` sums every model call.
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
        self._join()
        return self._parts

    @property
    def open_kind(self) -> type[Text | Reasoning] | None:
        """What kind the last part is, if it can still grow."""
        return self._open_kind

    def apply(self, event: Event) -> None:  # noqa: C901, PLR0912 (one case per event is the clearest form)
        """Fold one event in. Never raises for what a provider may send; unknown call ids are ignored."""
        self.offset += offset_step(event)
        match event:
            case TextDelta(text):
                self._append(Text, text)
            case ReasoningDelta(text):
                self._append(Reasoning, text)
            case ReasoningSignature():
                self._sign(event)
            case ToolCallStarted(call_id, name):
                self._push(ToolCall(call_id, name))
            case ToolCallDelta(call_id, arguments):
                if call_id in self._calls:
                    self._arguments.setdefault(call_id, []).append(arguments)
            case ToolResult():
                self._finish_call(event)
            case Attached(kind, data):
                self._push(Attachment(kind, data))
            case AgentSwitched(agent_id, name):
                self._push(AgentSwitch(agent_id, name))
            case Usage():
                self.usage = add_usage(self.usage, event)
            case Snapshot(parts):
                self._load(parts)
            case Finished():
                self.finished = event
            case Failed():
                self.failed = event
                self._push(error_part(event))

    def _load(self, parts: Iterable[Part]) -> None:
        self._parts: list[Part] = []
        self._buffer: list[str] = []  # pieces of the open text or reasoning part, joined when it is read
        self._open_kind: type[Text | Reasoning] | None = None
        self._calls: dict[str, int] = {}  # where each call is
        self._arguments: dict[str, list[str]] = {}
        for part in parts:
            self._push(part)

    def _append(self, kind: type[Text | Reasoning], text: str) -> None:
        if not text:
            return
        if self._open_kind is not kind:
            self._push(kind(""))
        self._buffer.append(text)

    def _sign(self, event: ReasoningSignature) -> None:
        if event.redacted:
            self._push(Reasoning("", Signature(event.redacted, encrypted=True)))
        elif event.signature and self._open_kind is Reasoning:
            self._join()
            last = self._parts[-1]
            if isinstance(last, Reasoning):
                self._parts[-1], self._open_kind = replace(last, signature=Signature(event.signature)), None

    def _push(self, part: Part) -> None:
        self._join()
        if isinstance(part, ToolCall):
            self._calls[part.id] = len(self._parts)
        self._parts.append(part)
        self._open_kind = type(part) if can_grow(part) else None

    def _join(self) -> None:
        if self._buffer:
            last = self._parts[-1]
            if can_grow(last):
                self._parts[-1] = replace(last, text=last.text + "".join(self._buffer))
            self._buffer = []
        for call_id, pieces in self._arguments.items():
            call = self._call(call_id)
            self._parts[self._calls[call_id]] = replace(call, arguments=call.arguments + "".join(pieces))
        self._arguments = {}

    def _call(self, call_id: str) -> ToolCall:
        call = self._parts[self._calls[call_id]]
        assert isinstance(call, ToolCall)  # noqa: S101 (only these are in `_calls`)
        return call

    def _finish_call(self, result: ToolResult) -> None:
        if result.call_id in self._calls:
            self._join()
            call = self._call(result.call_id)
            failed = result.failed or call.state == "failed"
            ended = replace(call, state="failed" if failed else "done", result=result.output)
            self._parts[self._calls[result.call_id]] = ended


def error_part(failed: Failed) -> Error:
    """Return what a message keeps of a failure."""
    return Error(failed.code, failed.wait, failed.settings)


def add_usage(left: Usage, right: Usage) -> Usage:
    """Return the sum; it is an estimate when either is."""
    counts = [field.name for field in fields(Usage) if field.name != "estimated"]
    total = {name: getattr(left, name) + getattr(right, name) for name in counts}
    return Usage(**total, estimated=left.estimated or right.estimated)
