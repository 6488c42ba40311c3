"""What a message is made of: typed parts, and their JSON.

A part's JSON is stored in rows and in the stream log, and sent by the REST interface; nothing outside this package
looks into it. Its first key to read is `type`:

* ``{"type": "text", "text": str}``
* ``{"type": "think", "think": str, "signature"?: str, "redacted"?: str, "provider"?: str}`` (`redacted`: an encrypted
  `Signature`)
* ``{"type": "tool_call", "tool_call": {"id", "name", "args", "type": "tool_call", "progress", "output"?, "failed"?,
  "edited"?, "content"?: [part]}}`` (`progress` is 0 while the call runs, then 1; `content` where `output`, the text, is
  not all)
* ``{"type": "agent_update", "agent_update": {"agentId", "name"}}``
* ``{"type": "attachment", "kind": str, "data": {...}}``
* ``{"type": "error", "code": str, "wait"?: int, "settings"?: [str]}``
* every other kind: ``{"type": <type>, <type>: {<field>: <value>}}``, without the fields that have their default

This is version 1, which is not written down. Keys are in the order in which Postgres returns them, so that the JSON of
a part is the same before it is stored and afterwards. What was stored beyond the fields of a part, or without some of
them, survives reading and writing unchanged (`KnownPart.stored`, `UnknownPart`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias, TypeGuard

from messages.part_base import KnownPart, Whole, changed, is_same, object_of, string_of


@dataclass(frozen=True, slots=True)
class Text(KnownPart):
    type: ClassVar[str] = "text"
    growing: ClassVar[str] = "text"
    text: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(string_of(row, "text"))

    def written(self) -> dict[str, Any]:
        return {"text": self.text, "type": self.type}


@dataclass(frozen=True, slots=True)
class Signature:
    """A provider's proof of its thoughts, which it wants back as it is, and which no other provider understands.

    An encrypted one is the thoughts themselves, which nobody else can read. `provider` is empty in what earlier
    releases stored.
    """

    data: str
    encrypted: bool = False
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Reasoning(KnownPart):
    """Thoughts. With a signature they are complete: the next thoughts are another part."""

    type: ClassVar[str] = "think"
    growing: ClassVar[str] = "text"
    text: str
    signature: Signature | None = None

    @property
    def is_hidden(self) -> bool:
        return self.signature is not None and self.signature.encrypted

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        provider = string_of(row, "provider")
        if "redacted" in row:
            return cls(
                string_of(row, "think"), Signature(string_of(row, "redacted"), encrypted=True, provider=provider)
            )
        signature = Signature(string_of(row, "signature"), provider=provider) if "signature" in row else None
        return cls(string_of(row, "think"), signature)

    def written(self) -> dict[str, Any]:
        row = {"type": self.type, "think": self.text}
        if self.signature is not None:
            if self.signature.provider:
                row["provider"] = self.signature.provider
            row["redacted" if self.signature.encrypted else "signature"] = self.signature.data
        return row


@dataclass(frozen=True, slots=True)
class FileRef(Whole):
    """A file of the person's. `delivery` says how a model gets it: as it is, as its text, or by searching in it."""

    type: ClassVar[str] = "file"
    file_id: str
    name: str
    mime: str = ""
    delivery: Literal["native", "text", "search"] = "text"


@dataclass(frozen=True, slots=True)
class Image(Whole):
    """A picture: a stored file, or its bytes in base64 where a tool has just made it."""

    type: ClassVar[str] = "image"
    mime: str
    data: str = field(default="", repr=False)
    file_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Audio(Whole):
    """A recording, as `Image`. `transcript` is what is said in it, where that is known."""

    type: ClassVar[str] = "audio"
    mime: str
    data: str = field(default="", repr=False)
    file_id: str = ""
    name: str = ""
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Resource(Whole):
    """A document that a tool names by its address; `text` is what it holds, as far as the tool says so."""

    type: ClassVar[str] = "resource"
    uri: str
    mime: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Data(Whole):
    """A value of JSON that a tool answers beside its text."""

    type: ClassVar[str] = "data"
    value: Any


@dataclass(frozen=True, slots=True)
class StoredResult(Whole):
    """A result that is too long for its message's row: where it is kept whole, and its beginning."""

    type: ClassVar[str] = "stored"
    id: str  # the key of a `chat.ToolResult`
    characters: int
    beginning: str = ""
    kind: str = "text"  # the type of the part that is kept
    mime: str = ""  # of a picture


ResultPart: TypeAlias = "Text | Image | Audio | FileRef | Resource | Data | StoredResult"


@dataclass(frozen=True, slots=True)
class ToolCall(KnownPart):
    """A call of a tool. `result` is None until there is one.

    `arguments` is JSON text as the model wrote it, or, where the call is `edited`, as the person who allowed it did.
    """

    type: ClassVar[str] = "tool_call"
    growing: ClassVar[str] = "arguments"
    id: str
    name: str
    arguments: str = ""
    state: Literal["running", "done", "failed"] = "running"
    result: tuple[ResultPart, ...] | None = None
    edited: bool = False

    @property
    def result_text(self) -> str:
        """The text of the result; of one that is stored elsewhere, its beginning."""
        return "\n\n".join(text for part in self.result or () if (text := text_of_result(part)))

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        call = object_of(row, cls.type)
        return cls(
            id=string_of(call, "id"),
            name=string_of(call, "name"),
            arguments=string_of(call, "args"),
            state="failed" if call.get("failed") else "done" if call.get("progress") else "running",
            result=_result_in(call),
            edited=call.get("edited") is True,
        )

    def written(self) -> dict[str, Any]:
        call: dict[str, Any] = {"id": self.id, "args": self.arguments, "name": self.name, "type": self.type}
        if self.edited:
            call["edited"] = True
        if self.state == "failed":
            call["failed"] = True
        if self.result is not None:
            call["output"] = self.result_text
            if self.result != (Text(self.result_text),):
                call["content"] = [to_json(part) for part in self.result]
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
        return cls(string_of(row, "kind"), object_of(row, "data"))

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
        agent = object_of(row, cls.type)
        return cls(string_of(agent, "agentId"), string_of(agent, "name"))

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
        return cls(string_of(row, "code"), wait, tuple(settings))

    def written(self) -> dict[str, Any]:
        row: dict[str, Any] = {"code": self.code, "type": self.type}
        if self.wait:
            row["wait"] = self.wait
        if self.settings:
            row["settings"] = list(self.settings)
        return row


@dataclass(frozen=True, slots=True)
class Citation(Whole):
    """A source of what was said before it."""

    type: ClassVar[str] = "citation"
    title: str
    url: str = ""
    file_id: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Subrun(Whole):
    """A run that a tool began, and how it goes. `text` is its answer."""

    type: ClassVar[str] = "subrun"
    growing: ClassVar[str] = "text"
    run_id: str
    call_id: str
    name: str
    state: Literal["running", "waiting", "done", "stopped", "failed"] = "running"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Approval(Whole):
    """The run waits until a person decides about a call, or has. `answered`: they gave its result themselves."""

    type: ClassVar[str] = "approval"
    id: str  # of a `chat.ApprovalRequest`
    call_id: str  # the call's
    state: Literal["pending", "approved", "rejected", "answered"] = "pending"
    reason: str = ""  # what the person says to the model


@dataclass(frozen=True, slots=True)
class Question(Whole):
    """The run waits for a person's answer, or has it. `options` may be empty: then any text answers."""

    type: ClassVar[str] = "question"
    id: str  # of a `chat.ApprovalRequest`
    call_id: str
    text: str
    options: tuple[str, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Steer(Whole):
    """What a person said while the reply was being written."""

    type: ClassVar[str] = "steer"
    id: str  # of a `chat.InboxItem`
    text: str


@dataclass(frozen=True, slots=True)
class Summary(Whole):
    """What stands for earlier messages when they do not fit into the model's window any more."""

    type: ClassVar[str] = "summary"
    growing: ClassVar[str] = "text"
    text: str
    covers: int = 0  # messages


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """What this release cannot read, perhaps because a newer one stored it."""

    json: Any

    @property
    def type(self) -> str:
        return str(self.json.get("type", "")) if isinstance(self.json, Mapping) else ""


Part: TypeAlias = KnownPart | UnknownPart
KINDS: Final[dict[str, type[KnownPart]]] = {}
"""The kinds that can be read, by their `type`. A new one is added with `register`."""


RESULT_KINDS: Final = (Text, Image, Audio, FileRef, Resource, Data, StoredResult)


def register(*kinds: type[KnownPart]) -> None:
    """Let `from_json` read these kinds."""
    KINDS.update({kind.type: kind for kind in kinds})


register(Text, Reasoning, ToolCall, Attachment, AgentSwitch, Error)
register(FileRef, Image, Audio, Resource, Data, StoredResult, Citation, Subrun, Approval, Question, Steer, Summary)


def from_json(row: Any) -> Part:
    """Return the part; never raises."""
    try:
        part = KINDS[row["type"]].read(row)
    except (KeyError, TypeError):
        return UnknownPart(row)
    return part if is_same(part.written(), row) else replace(part, stored=row)


def to_json(part: Part) -> Any:
    """Inverse of `from_json`."""
    if isinstance(part, UnknownPart):
        return part.json
    row = part.written()
    if part.stored is None:
        return row
    return changed(part.stored, type(part).read(part.stored).written(), row)


def parts_from_json(rows: Iterable[Any]) -> tuple[Part, ...]:
    return tuple(map(from_json, rows))


def parts_to_json(parts: Iterable[Part]) -> list[Any]:
    return list(map(to_json, parts))


def can_grow(part: Part) -> TypeGuard[Text | Reasoning]:
    """Whether more of the same kind would become part of it."""
    return isinstance(part, Text) or (isinstance(part, Reasoning) and part.signature is None)


def grown_text(part: Part) -> str:
    """Return the text of the part that comes piece by piece; empty for a kind without one."""
    return str(getattr(part, part.growing)) if isinstance(part, KnownPart) and part.growing else ""


def with_grown_text(part: Part, text: str) -> Part:
    """Return the part with this as the text that comes piece by piece. A kind without one stays as it is."""
    fields: dict[str, Any] = {part.growing: text} if isinstance(part, KnownPart) and part.growing else {}
    return replace(part, **fields) if fields else part


def updated(before: Part, part: Part) -> Part:
    """Return `part` as what `before`, of the same kind, is now: with the text by which it has grown, and with what was
    stored beyond its fields."""
    if not isinstance(before, KnownPart) or not isinstance(part, KnownPart):
        return part
    changes: dict[str, Any] = {}
    if part.growing and not grown_text(part):
        changes[part.growing] = grown_text(before)
    if part.stored is None:
        changes["stored"] = before.stored
    return replace(part, **changes)


def text_of_result(part: ResultPart) -> str:
    """Return what a part of a tool's result says in words; empty for a picture."""
    match part:
        case Text(text):
            return text
        case StoredResult():
            return part.beginning
        case Resource():
            return part.text or part.uri
        case Data(value):
            return json.dumps(value, ensure_ascii=False)
    return part.transcript if isinstance(part, Audio) else part.name


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


def _result_in(call: Mapping[str, Any]) -> tuple[ResultPart, ...] | None:
    if "content" in call:
        content = call["content"]
        parts = tuple(map(from_json, content)) if isinstance(content, list) else ()
        if not parts or not all(isinstance(part, RESULT_KINDS) for part in parts):
            raise TypeError("the result has a part of another kind")
        return parts  # type: ignore[return-value]  # checked
    return (Text(string_of(call, "output")),) if "output" in call else None
