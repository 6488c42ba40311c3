"""The JSON of parts: whatever was stored is read, and written unchanged."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.parts import (
    AgentSwitch,
    Approval,
    Attachment,
    Audio,
    Citation,
    Data,
    Error,
    FileRef,
    Image,
    Part,
    Question,
    Reasoning,
    Resource,
    Signature,
    Steer,
    StoredResult,
    Subrun,
    Summary,
    Text,
    ToolCall,
    UnknownPart,
    can_grow,
    from_json,
    parts_from_json,
    parts_to_json,
    plain_text,
    to_json,
    writer_of,
)


def _call(fields: str) -> str:
    return f'{{"type": "tool_call", "tool_call": {{"id": "a", {fields}}}}}'


# As Postgres returns them, with the parts that they are.
STORED: list[tuple[str, Part]] = [
    ('{"text": "Hello", "type": "text"}', Text("Hello")),
    ('{"type": "think", "think": "Hm."}', Reasoning("Hm.")),
    ('{"type": "think", "think": "Hm.", "signature": "c2ln"}', Reasoning("Hm.", Signature("c2ln"))),
    ('{"type": "think", "think": "", "redacted": "AbC"}', Reasoning("", Signature("AbC", encrypted=True))),
    (_call('"args": "{", "name": "look", "type": "tool_call", "progress": 0'), ToolCall("a", "look", "{")),
    (
        _call('"args": "", "name": "look", "type": "tool_call", "output": "x", "progress": 1'),
        ToolCall("a", "look", state="done", result=(Text("x"),)),
    ),
    (
        _call('"args": "", "name": "look", "type": "tool_call", "failed": true, "output": "", "progress": 1'),
        ToolCall("a", "look", state="failed", result=(Text(""),)),
    ),
    (
        _call('"args": "{}", "name": "look", "type": "tool_call", "edited": true, "progress": 0'),
        ToolCall("a", "look", "{}", edited=True),
    ),
    ('{"type": "agent_update", "agent_update": {"name": "Second", "agentId": "ag"}}', AgentSwitch("ag", "Second")),
    ('{"data": {"x": [null]}, "kind": "file", "type": "attachment"}', Attachment("file", {"x": [None]})),
    ('{"code": "cut_off", "type": "error"}', Error("cut_off")),
    (
        '{"type": "think", "think": "", "provider": "anthropic", "redacted": "AbC"}',
        Reasoning("", Signature("AbC", encrypted=True, provider="anthropic")),
    ),
    (
        _call(
            '"args": "", "name": "look", "type": "tool_call", "output": "x\\n\\n[1]", "content": '
            '[{"text": "x", "type": "text"}, {"type": "image", "image": {"data": "AA==", "mime": "image/png"}}, '
            '{"data": {"value": [1]}, "type": "data"}], "progress": 1'
        ),
        ToolCall("a", "look", state="done", result=(Text("x"), Image("image/png", "AA=="), Data([1]))),
    ),
    ('{"file": {"mime": "text/csv", "name": "a", "file_id": "f"}, "type": "file"}', FileRef("f", "a", "text/csv")),
    ('{"type": "image", "image": {"data": "AA==", "mime": "image/png"}}', Image("image/png", "AA==")),
    ('{"data": {"value": null}, "type": "data"}', Data(None)),
    ('{"type": "audio", "audio": {"mime": "audio/wav", "file_id": "f"}}', Audio("audio/wav", file_id="f")),
    ('{"type": "resource", "resource": {"uri": "docs://a", "text": "A"}}', Resource("docs://a", text="A")),
    ('{"type": "stored", "stored": {"id": "i", "beginning": "a", "characters": 9000}}', StoredResult("i", 9000, "a")),
    ('{"type": "citation", "citation": {"url": "https://a.b", "title": "A"}}', Citation("A", "https://a.b")),
    (
        '{"type": "subrun", "subrun": {"name": "Sub", "text": "So", "state": "done", "run_id": "r", "call_id": "c"}}',
        Subrun("r", "c", "Sub", "done", "So"),
    ),
    ('{"type": "approval", "approval": {"id": "i", "call_id": "c"}}', Approval("i", "c")),
    (
        '{"type": "approval", "approval": {"id": "i", "state": "answered", "call_id": "c"}}',
        Approval("i", "c", "answered"),
    ),
    (
        '{"type": "question", "question": {"id": "i", "text": "Which?", "call_id": "c", "options": ["A", "B"]}}',
        Question("i", "c", "Which?", ("A", "B")),
    ),
    ('{"type": "steer", "steer": {"id": "i", "text": "In French"}}', Steer("i", "In French")),
    ('{"type": "summary", "summary": {"text": "They met.", "covers": 12}}', Summary("They met.", 12)),
    (
        '{"code": "bad_request", "type": "error", "wait": 5, "settings": ["topP"]}',
        Error("bad_request", 5, ("topP",)),
    ),
]  # fmt: skip
# What no release writes, by the kind of part that it is all the same.
ODD: list[tuple[type[Part], Any]] = [
    (Text, {"type": "text"}),
    (Text, {"text": "Hello", "type": "text", "agentId": "ag"}),
    (Text, {"text": "Hello", "type": "text", "tool_call": {"id": 1}}),
    (Reasoning, {"type": "think"}),
    (Reasoning, {"type": "think", "redacted": "AbC"}),
    (Reasoning, {"type": "think", "think": "Hm.", "redacted": "AbC", "signature": "c2ln"}),
    (Reasoning, {"type": "think", "think": "Hm.", "seconds": 3}),
    (ToolCall, {"type": "tool_call"}),
    (ToolCall, {"type": "tool_call", "tool_call": {"id": "a", "name": "look"}}),
    (ToolCall, {"type": "tool_call", "tool_call": {"id": "a", "name": "look", "progress": 0.5, "auth": {"x": 1}}}),
    (ToolCall, {"type": "tool_call", "tool_call": {"id": "a", "failed": 1, "progress": True}, "agentId": "ag"}),
    (AgentSwitch, {"type": "agent_update"}),
    (AgentSwitch, {"type": "agent_update", "agent_update": {"agentId": "ag", "index": 4}}),
    (Attachment, {"type": "attachment", "kind": "file"}),
    (Attachment, {"data": {}, "kind": "file", "type": "attachment", "size": 1}),
    (Error, {"type": "error"}),
    (Error, {"code": "cut_off", "type": "error", "wait": 0, "settings": [], "detail": "x"}),
    (UnknownPart, {"type": "image_file", "image_file": {"file_id": "f"}}),
    (UnknownPart, {"type": "text", "text": {"value": "Hello"}}),
    (UnknownPart, {"type": "tool_call", "tool_call": None}),
    (UnknownPart, {"type": "tool_call", "tool_call": {"args": {"q": 1}}}),
    (UnknownPart, {"type": "attachment", "data": [], "kind": "file"}),
    (UnknownPart, {"type": "error", "code": "cut_off", "wait": "5"}),
    (UnknownPart, {"type": "steer", "steer": "In French"}),
    (UnknownPart, {"type": "summary", "summary": {"text": 5}}),
    (UnknownPart, {"type": "summary", "summary": {}}),
    (UnknownPart, {"type": "approval", "approval": {"id": "i", "call_id": "c", "state": "perhaps"}}),
    (UnknownPart, {"type": "tool_call", "tool_call": {"id": "a", "content": [{"type": "steer"}]}}),
    (UnknownPart, {"type": "tool_call", "tool_call": {"id": "a", "content": []}}),
    (Summary, {"type": "summary", "summary": {"text": "So", "model": "m"}, "agentId": "ag"}),
    (ToolCall, {"type": "tool_call", "tool_call": {"output": "other", "content": [{"type": "text", "text": "x"}]}}),
    (UnknownPart, {"type": ["text"]}),
    (UnknownPart, {"text": "no type"}),
    (UnknownPart, {}),
    (UnknownPart, None),
    (UnknownPart, "text"),
    (UnknownPart, ["type"]),
]


@pytest.mark.parametrize(("stored", "part"), STORED)
def test_each_kind_is_read_and_written_to_the_byte(stored: str, part: Part) -> None:
    assert from_json(json.loads(stored)) == part
    assert json.dumps(to_json(part)) == stored


@pytest.mark.parametrize(("kind", "row"), ODD)
def test_what_is_odd_survives_to_the_byte(kind: type[Part], row: Any) -> None:
    stored = json.dumps(row)
    part = from_json(row)
    assert type(part) is kind
    assert json.dumps(to_json(part)) == stored


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
INNER = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "args",
            "name",
            "type",
            "failed",
            "output",
            "content",
            "progress",
            "agentId",
            "mime",
            "text",
            "value",
            "x",
        ]
    ),
    VALUES,
)
ROWS = st.dictionaries(
    st.sampled_from(["text", "think", "signature", "redacted", "kind", "data", "code", "wait", "settings", "agentId"]),
    VALUES,
).flatmap(
    lambda row: st.sampled_from(
        ["text", "think", "tool_call", "agent_update", "attachment", "error", "summary", "image", "data", "new"]
    ).flatmap(lambda kind: st.just(row | {"type": kind}) | INNER.map(lambda inner: row | {"type": kind, kind: inner}))
)


@given(ROWS | VALUES)
def test_any_json_survives_to_the_byte(row: Any) -> None:
    assert json.dumps(to_json(from_json(row)), sort_keys=True) == json.dumps(row, sort_keys=True)


def test_a_change_of_what_is_odd_keeps_the_rest() -> None:
    text = from_json({"text": "Hello", "type": "text", "agentId": "ag"})
    assert isinstance(text, Text)
    assert to_json(replace(text, text="Bye")) == {"text": "Bye", "type": "text", "agentId": "ag"}
    thoughts = from_json({"type": "think", "think": "Hm.", "signature": "c2ln", "seconds": 3})
    assert isinstance(thoughts, Reasoning)
    assert to_json(replace(thoughts, text="So.", signature=None)) == {"type": "think", "think": "So.", "seconds": 3}
    call = from_json({"type": "tool_call", "tool_call": {"id": "a", "auth": "x"}})
    assert isinstance(call, ToolCall)
    assert to_json(replace(call, state="done", result=(Text("y"),))) == {
        "type": "tool_call",
        "tool_call": {"id": "a", "auth": "x", "output": "y", "progress": 1},
    }


def test_a_part_names_its_writer_whatever_it_is() -> None:
    rows = [{"type": "text", "text": "x", "agentId": "ag"}, {"type": "new", "agentId": "ag"}, {"type": "text"}, None]
    assert [writer_of(part) for part in parts_from_json(rows)] == ["ag", "ag", None, None]
    assert writer_of(Text("x")) is None


def test_only_text_and_thoughts_without_a_signature_grow() -> None:
    grow = [part for _, part in STORED if can_grow(part)]
    assert grow == [Text("Hello"), Reasoning("Hm.")]
    assert not can_grow(UnknownPart({"type": "text"}))


def test_the_plain_text_is_that_of_the_text_parts() -> None:
    parts: list[Part] = [
        Text("First."),
        Reasoning("Hm."),
        Text(" \n"),
        Error("x"),
        UnknownPart({"type": "new"}),
        Text("Second."),
    ]
    assert plain_text(parts) == "First.\n\nSecond."
    assert parts_from_json(parts_to_json(parts)) == tuple(parts)
