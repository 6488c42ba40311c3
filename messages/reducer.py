"""The one reducer: events in, a message's parts out.

A part is a JSON object in the shape of the REST API (`type` says which):

* ``{"type": "text", "text": str}``
* ``{"type": "think", "think": str, "signature"?: str, "redacted"?: str}`` (see `messages.events.ReasoningSignature`)
* ``{"type": "tool_call", "tool_call": {"id", "name", "args", "type": "tool_call", "progress", "output"?, "failed"?}}``
  (`progress` is 0 until the result is there, then 1)
* ``{"type": "agent_update", "agent_update": {"agentId", "name"}}``
* ``{"type": "attachment", "kind": str, "data": {...}}``
* ``{"type": "error", "code": str, "wait"?: int, "settings"?: [str]}`` (see `messages.events.Failed`)

The generator saves with it, a reconnecting tab catches up with it, the API syncs with it. There is no
second place that knows how a message is put together.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeAlias

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

Part: TypeAlias = dict[str, Any]
_TEXT_KEYS = {"text": "text", "think": "think"}


class MessageParts:
    """Folds events into parts in time linear in the characters received.

    `offset` counts what was applied (see `messages.events.offset_step`); `usage` sums every model call.
    """

    def __init__(self, parts: tuple[Part, ...] = ()) -> None:
        self.offset = 0
        self.usage = Usage()
        self.finished: Finished | None = None
        self.failed: Failed | None = None
        self._parts: list[Part] = []
        self._buffer: list[str] = []  # pieces of the open text or think part, joined when it is read
        self._calls: dict[str, Part] = {}
        self._arguments: dict[str, list[str]] = {}
        self._load(parts)

    @property
    def parts(self) -> list[Part]:
        """The parts so far. The list is the reducer's own: copy it to keep it."""
        self._join()
        return self._parts

    @property
    def open_kind(self) -> str:
        """`type` of the last part, or an empty string."""
        return str(self._parts[-1]["type"]) if self._parts else ""

    def apply(self, event: Event) -> None:  # noqa: C901, PLR0912 (one case per event is the clearest form)
        """Fold one event in. Never raises for what a provider may send; unknown call ids are ignored."""
        self.offset += offset_step(event)
        match event:
            case TextDelta(text):
                self._append("text", text)
            case ReasoningDelta(text):
                self._append("think", text)
            case ReasoningSignature():
                self._sign(event)
            case ToolCallStarted(call_id, name):
                call = {"id": call_id, "name": name, "args": "", "type": "tool_call", "progress": 0}
                self._calls[call_id] = call
                self._push({"type": "tool_call", "tool_call": call})
            case ToolCallDelta(call_id, arguments):
                if call_id in self._calls:
                    self._arguments.setdefault(call_id, []).append(arguments)
            case ToolResult(call_id, output, failed):
                self._finish_call(call_id, output, failed)
            case Attached(kind, data):
                self._push({"type": "attachment", "kind": kind, "data": data})
            case AgentSwitched(agent_id, name):
                self._push({"type": "agent_update", "agent_update": {"agentId": agent_id, "name": name}})
            case Usage():
                self.usage = add_usage(self.usage, event)
            case Snapshot(parts):
                self._parts, self._buffer, self._calls, self._arguments = [], [], {}, {}
                self._load(parts)
            case Finished():
                self.finished = event
            case Failed():
                self.failed = event
                self._push(error_part(event))

    def _load(self, parts: tuple[Part, ...]) -> None:
        for part in parts:
            copy = dict(part)
            if copy["type"] == "tool_call":
                copy["tool_call"] = dict(copy["tool_call"])
                self._calls[copy["tool_call"]["id"]] = copy["tool_call"]
            self._push(copy)

    def _append(self, kind: str, text: str) -> None:
        if not text:
            return
        if self.open_kind != kind or has_signature(self._parts[-1]):
            self._push({"type": kind, kind: ""})
        self._buffer.append(text)

    def _sign(self, event: ReasoningSignature) -> None:
        if event.redacted:
            self._push({"type": "think", "think": "", "redacted": event.redacted})
        elif event.signature and self.open_kind == "think" and not has_signature(self._parts[-1]):
            self._parts[-1]["signature"] = event.signature

    def _push(self, part: Part) -> None:
        self._join()
        self._parts.append(part)

    def _join(self) -> None:
        if self._buffer:
            last = self._parts[-1]
            key = _TEXT_KEYS[last["type"]]
            last[key] += "".join(self._buffer)
            self._buffer = []
        for call_id, pieces in self._arguments.items():
            self._calls[call_id]["args"] += "".join(pieces)
        self._arguments = {}

    def _finish_call(self, call_id: str, output: str, failed: bool) -> None:
        call = self._calls.get(call_id)
        if call is not None:
            call |= {"output": output, "progress": 1} | ({"failed": True} if failed else {})


def error_part(failed: Failed) -> Part:
    """Return what a message keeps of a failure."""
    more = {"wait": failed.wait, "settings": list(failed.settings)}
    return {"type": "error", "code": failed.code} | {name: value for name, value in more.items() if value}


def has_signature(part: Mapping[str, Any]) -> bool:
    """Whether a part of thoughts is whole: what is thought next is another one."""
    return "signature" in part or "redacted" in part


def add_usage(left: Usage, right: Usage) -> Usage:
    """Return the sum; it is an estimate when either is."""
    counts = [field.name for field in fields(Usage) if field.name != "estimated"]
    total = {name: getattr(left, name) + getattr(right, name) for name in counts}
    return Usage(**total, estimated=left.estimated or right.estimated)


def plain_text(parts: list[Part]) -> str:
    """Return the text parts alone, joined by a blank line: what search, copy and titles read."""
    return "\n\n".join(part["text"] for part in parts if part["type"] == "text" and part["text"].strip())
