"""What a message is made of: typed parts, and their JSON.

A part's JSON is stored in rows and in the stream log, and sent by the REST interface; nothing outside this package
looks into it. Its first key to read is `type`:

* ``{"type": "text", "text": str}``
* ``{"type": "think", "think": str, "signature"?: str, "redacted"?: str}`` (`redacted`: an encrypted `Signature`)
* ``{"type": "tool_call", "tool_call": {"id", "name", "args", "type": "tool_call", "progress", "output"?, "failed"?}}``
  (`progress` is 0 while the call runs, then 1)
* ``{"type": "agent_update", "agent_update": {"agentId", "name"}}``
* ``{"type": "attachment", "kind": str, "data": {...}}``
* ``{"type": "error", "code": str, "wait"?: int, "settings"?: [str]}``

This is version 1, which is not written down. Keys are in the order in which Postgres returns them, so that the JSON of
a part is the same before it is stored and afterwards. What was stored beyond the fields of a part, or without some of
them, survives reading and writing unchanged (`KnownPart.stored`, `UnknownPart`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias, TypeGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPart(ABC):
    """`stored` is the JSON that the part was read from, where its fields alone would not give the same."""

    type: ClassVar[str]
    stored: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    @abstractmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Return the part without `stored`. Raises `TypeError` for a value of another type."""

    @abstractmethod
    def written(self) -> dict[str, Any]:
        """Return the JSON of the fields."""


@dataclass(frozen=True, slots=True)
class Text(KnownPart):
    type: ClassVar[str] = "text"
    text: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(_string(row, "text"))

    def written(self) -> dict[str, Any]:
        return {"text": self.text, "type": self.type}


@dataclass(frozen=True, slots=True)
class Signature:
    """A provider's proof of its thoughts, which it wants back as it is.

    An encrypted one is the thoughts themselves, which nobody else can read.
    """

    data: str
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Reasoning(KnownPart):
    """Thoughts. With a signature they are complete: the next thoughts are another part."""

    type: ClassVar[str] = "think"
    text: str
    signature: Signature | None = None

    @property
    def is_hidden(self) -> bool:
        return self.signature is not None and self.signature.encrypted

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        if "redacted" in row:
            return cls(_string(row, "think"), Signature(_string(row, "redacted"), encrypted=True))
        signature = Signature(_string(row, "signature")) if "signature" in row else None
        return cls(_string(row, "think"), signature)

    def written(self) -> dict[str, Any]:
        row = {"type": self.type, "think": self.text}
        if self.signature is not None:
            row["redacted" if self.signature.encrypted else "signature"] = self.signature.data
        return row


@dataclass(frozen=True, slots=True)
class ToolCall(KnownPart):
    """A call of a tool. `arguments` is JSON text as the model wrote it; `result` is None until there is one."""

    type: ClassVar[str] = "tool_call"
    id: str
    name: str
    arguments: str = ""
    state: Literal["running", "done", "failed"] = "running"
    result: str | None = None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        call = _object(row, cls.type)
        return cls(
            id=_string(call, "id"),
            name=_string(call, "name"),
            arguments=_string(call, "args"),
            state="failed" if call.get("failed") else "done" if call.get("progress") else "running",
            result=_string(call, "output") if "output" in call else None,
        )

    def written(self) -> dict[str, Any]:
        call: dict[str, Any] = {"id": self.id, "args": self.arguments, "name": self.name, "type": self.type}
        if self.state == "failed":
            call["failed"] = True
        if self.result is not None:
            call["output"] = self.result
        call["progress"] = 0 if self.state == "running" else 1
        return {"type": self.type, "tool_call": call}


@dataclass(frozen=True, slots=True)
class Attachment(KnownPart):
    """Something a tool produced beside its text: a file, citations. `data` is JSON that depends on `kind`."""

    type: ClassVar[str] = "attachment"
    kind: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(_string(row, "kind"), _object(row, "data"))

    def written(self) -> dict[str, Any]:
        return {"data": self.data, "kind": self.kind, "type": self.type}


@dataclass(frozen=True, slots=True)
class AgentSwitch(KnownPart):
    """From here on another agent writes."""

    type: ClassVar[str] = "agent_update"
    agent_id: str
    name: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        agent = _object(row, cls.type)
        return cls(_string(agent, "agentId"), _string(agent, "name"))

    def written(self) -> dict[str, Any]:
        return {"type": self.type, "agent_update": {"name": self.name, "agentId": self.agent_id}}


@dataclass(frozen=True, slots=True)
class Error(KnownPart):
    """What ended the message: the fields of `messages.events.Failed` that people may know."""

    type: ClassVar[str] = "error"
    code: str
    wait: int = 0
    settings: tuple[str, ...] = ()

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        wait, settings = row.get("wait", 0), row.get("settings", [])
        if not isinstance(wait, int) or not isinstance(settings, list):
            raise TypeError("no seconds, or no list of settings")
        return cls(_string(row, "code"), wait, tuple(settings))

    def written(self) -> dict[str, Any]:
        row: dict[str, Any] = {"code": self.code, "type": self.type}
        if self.wait:
            row["wait"] = self.wait
        if self.settings:
            row["settings"] = list(self.settings)
        return row


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """What this release cannot read, perhaps because a newer one stored it."""

    json: Any

    @property
    def type(self) -> str:
        return str(self.json.get("type", "")) if isinstance(self.json, Mapping) else ""


Part: TypeAlias = Text | Reasoning | ToolCall | Attachment | AgentSwitch | Error | UnknownPart
_KNOWN: Final[Mapping[str, type[Text | Reasoning | ToolCall | Attachment | AgentSwitch | Error]]] = {
    kind.type: kind for kind in (Text, Reasoning, ToolCall, Attachment, AgentSwitch, Error)
}


def from_json(row: Any) -> Part:
    """Return the part; never raises."""
    try:
        part = _KNOWN[row["type"]].read(row)
    except (KeyError, TypeError):
        return UnknownPart(row)
    return part if _is_same(part.written(), row) else replace(part, stored=row)


def to_json(part: Part) -> Any:
    """Inverse of `from_json`."""
    if isinstance(part, UnknownPart):
        return part.json
    row = part.written()
    if part.stored is None:
        return row
    return _changed(part.stored, type(part).read(part.stored).written(), row)


def parts_from_json(rows: Iterable[Any]) -> tuple[Part, ...]:
    return tuple(map(from_json, rows))


def parts_to_json(parts: Iterable[Part]) -> list[Any]:
    return list(map(to_json, parts))


def can_grow(part: Part) -> TypeGuard[Text | Reasoning]:
    """Whether more of the same kind would become part of it."""
    return isinstance(part, Text) or (isinstance(part, Reasoning) and part.signature is None)


def is_readable(part: Part) -> TypeGuard[Text | Reasoning]:
    """Whether it is words that people can read: text, or thoughts that are not encrypted."""
    return isinstance(part, Text) or (isinstance(part, Reasoning) and not part.is_hidden)


def writer_of(part: Part) -> Any:
    """Return the id of the agent that a part names as its writer (`agentId`), None where it names none."""
    row = part.json if isinstance(part, UnknownPart) else part.stored
    return row.get("agentId") if isinstance(row, Mapping) else None


def plain_text(parts: Iterable[Part]) -> str:
    """Return the text parts alone, joined by a blank line: what search, copy and titles read."""
    return "\n\n".join(part.text for part in parts if isinstance(part, Text) and part.text.strip())


def _string(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise TypeError(f"{key} is no text")
    return value


def _object(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key, {})
    if not isinstance(value, dict):
        raise TypeError(f"{key} is no object")
    return value


def _is_same(written: Any, stored: Any) -> bool:
    """Whether both are the same JSON; to Python True is 1."""
    if written is stored:
        return True
    if type(written) is not type(stored):
        return False
    if isinstance(written, dict):
        return written.keys() == stored.keys() and all(_is_same(value, stored[key]) for key, value in written.items())
    return bool(written == stored)


def _changed(stored: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return `stored` with what is different in `after` than `before`."""
    row = {key: value for key, value in stored.items() if key in after or key not in before}
    for key, value in after.items():
        if isinstance(value, Mapping) and isinstance(stored.get(key), Mapping) and key in before:
            row[key] = _changed(stored[key], before[key], value)
        elif key not in before or value != before[key]:
            row[key] = value
    return row
