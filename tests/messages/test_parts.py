"""The one vocabulary and the one reducer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.services.failure_words import EXPLANATIONS, explain
from messages import events as e
from messages.parts import (
    AgentSwitch,
    Attachment,
    Error,
    Image,
    Part,
    Reasoning,
    Signature,
    Text,
    ToolCall,
    UnknownPart,
    parts_from_json,
    parts_to_json,
    plain_text,
)
from messages.reducer import MessageParts

EVENTS: list[e.Event] = [
    e.PartStarted(0, Reasoning("Let me ")),
    e.PartDelta(0, "think."),
    e.PartUpdated(0, Reasoning("", Signature("sig", provider="anthropic"))),
    e.PartEnded(0),
    e.PartStarted(1, Reasoning("", Signature("AbC", encrypted=True))),
    e.PartStarted(2, Text("Looking")),
    e.PartDelta(2, " it up."),
    e.PartEnded(2),
    e.PartStarted(3, ToolCall("a", "lookup")),
    e.PartStarted(4, ToolCall("b", "lookup", '{"q"')),
    e.PartDelta(4, ":"),
    e.PartDelta(3, "{}"),
    e.PartDelta(4, "1}"),
    e.PartDelta(9, "x"),
    e.PartStarted(9, Text("out of place")),
    e.Usage(10, 5, 2),
    e.PartUpdated(4, ToolCall("b", "lookup", "", "done", (Text("found"), Image("image/png", "AAAA")))),
    e.PartUpdated(3, ToolCall("a", "lookup", "", "failed", (Text("no"),))),
    e.PartUpdated(9, Text("forged")),
    e.PartStarted(5, Attachment("file", {"id": 1})),
    e.PartStarted(6, AgentSwitch("ag", "Second")),
    e.PartStarted(7, Text("")),
    e.PartDelta(7, "Done."),
    e.Usage(20, 6, 0, 4, 3, estimated=True),
    e.Finished("stop"),
]
PARTS: list[Part] = [
    Reasoning("Let me think.", Signature("sig", provider="anthropic")),
    Reasoning("", Signature("AbC", encrypted=True)),
    Text("Looking it up."),
    ToolCall("a", "lookup", "{}", "failed", (Text("no"),)),
    ToolCall("b", "lookup", '{"q":1}', "done", (Text("found"), Image("image/png", "AAAA"))),
    Attachment("file", {"id": 1}),
    AgentSwitch("ag", "Second"),
    Text("Done."),
]


def fold(events: list[e.Event], start: MessageParts | None = None) -> MessageParts:
    parts = start or MessageParts()
    for event in events:
        parts.apply(event)
    return parts


def test_events_become_parts() -> None:
    result = fold(EVENTS)
    assert result.parts == PARTS
    assert result.usage == e.Usage(30, 11, 2, 4, 3, estimated=True)
    assert result.finished == e.Finished("stop")
    deltas = sum(len(event.text) for event in EVENTS if isinstance(event, e.PartDelta))
    assert result.offset == deltas + sum(not isinstance(event, e.PartDelta) for event in EVENTS)
    assert result.open == {1, 3, 4, 5, 6, 7}
    assert plain_text(result.parts) == "Looking it up.\n\nDone."


@given(st.lists(st.integers(0, len(EVENTS))))
def test_reading_the_parts_on_the_way_changes_nothing(stops: list[int]) -> None:
    parts = MessageParts()
    for number, event in enumerate(EVENTS):
        parts.apply(event)
        if number in stops:
            assert parts.parts is not None
    assert parts.parts == PARTS


@given(st.integers(0, len(EVENTS)))
def test_resuming_at_any_point_gives_the_same_message(at: int) -> None:
    before = fold(EVENTS[:at])
    snapshot = e.from_wire(json.loads(json.dumps(e.to_wire(e.Snapshot(tuple(before.parts))))))
    other = MessageParts()
    other.apply(e.PartStarted(0, Text("what was known before is replaced")))
    assert fold([snapshot, *EVENTS[at:]], other).parts == PARTS


@pytest.mark.parametrize(
    "event", [*EVENTS, e.Failed("timeout", "x"), e.Snapshot((Text("x"), UnknownPart({"type": "new"})))]
)
def test_every_event_survives_the_wire(event: e.Event) -> None:
    assert e.from_wire(json.loads(json.dumps(e.to_wire(event)))) == event


def test_usage_of_the_release_before_is_read_and_it_reads_ours() -> None:
    assert e.from_wire(["u", 30, 11, 2, 4, 3, True]) == e.Usage(30, 11, 2, 4, 3, estimated=True)
    assert e.to_wire(e.Usage(30, 11, 2, 4, 3)) == ["u", 30, 11, 2, 4, 3, False]
    written = e.Usage(30, cache_write_tokens=3, cache_write_1h_tokens=2)
    assert e.from_wire(e.to_wire(written)) == written


@pytest.mark.parametrize("row", [["execute", "rm"], [], [None], [["t"]]])
def test_what_is_no_event_is_refused(row: list[object]) -> None:
    with pytest.raises(ValueError, match="unknown event"):
        e.from_wire(row)


def test_what_goes_on_keeps_what_else_was_stored() -> None:
    call = {"type": "tool_call", "tool_call": {"id": "a", "name": "look", "auth": "x"}}
    answered = ToolCall("a", "look", state="done", result=(Text("found"),))
    stored = [call, {"type": "new"}, {"type": "text", "text": "Half", "agentId": "ag"}]
    going = fold([e.PartDelta(2, " and half"), e.PartDelta(0, "{}"), e.PartUpdated(0, answered)],
                 MessageParts(parts_from_json(stored)))  # fmt: skip
    done = {"id": "a", "name": "look", "auth": "x", "args": "{}", "output": "found", "progress": 1}
    assert parts_to_json(going.parts) == [
        {"type": "tool_call", "tool_call": done},
        {"type": "new"},
        {"type": "text", "text": "Half and half", "agentId": "ag"},
    ]


def test_a_failure_is_a_part_with_a_code_but_without_the_providers_words() -> None:
    assert fold([e.PartStarted(0, Text("so far")), e.Failed("cut_off", "secret words")]).parts == [
        Text("so far"),
        Error("cut_off"),
    ]


def test_every_failure_has_words_for_people() -> None:
    for code in EXPLANATIONS:
        assert str(explain(code).title)
        assert str(explain(code).advice)
    assert explain("no such code") == EXPLANATIONS["internal"]
