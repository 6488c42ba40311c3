"""Events become the payloads of section 10, in order; pure, no network."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.librechat.chat.content import content_of
from api.librechat.chat.steps import RunSteps
from messages.events import Event, Failed, Finished, PartDelta, PartEnded, PartStarted, PartUpdated, Snapshot, Usage
from messages.part_base import KnownPart
from messages.parts import AgentSwitch, Attachment, Reasoning, Text, ToolCall
from messages.reducer import MessageParts

MESSAGE = UUID("01900000-0000-7000-8000-000000000001")
CONVERSATION = UUID("01900000-0000-7000-8000-000000000002")


def run_steps() -> RunSteps:
    return RunSteps(conversation_id=CONVERSATION, message_id=MESSAGE, model="m-1", provider="Somewhere")


def translate(*events: Event) -> list[dict[str, Any]]:
    steps = run_steps()
    return [payload for event in events for payload in steps.translate(event)]


def answered(call_id: str, name: str, output: str, *, failed: bool = False) -> ToolCall:
    return ToolCall(call_id, name, state="failed" if failed else "done", result=(Text(output),))


def step(index: int) -> str:
    return f"step_{MESSAGE}_{index}"


def test_the_first_text_begins_a_step_and_the_next_goes_on_in_it() -> None:
    assert translate(PartStarted(0, Text("Hel")), PartDelta(0, "lo")) == [
        {
            "event": "on_run_step",
            "data": {
                "id": step(0),
                "runId": str(MESSAGE),
                "type": "message_creation",
                "index": 0,
                "stepDetails": {
                    "type": "message_creation",
                    "message_creation": {"message_id": str(MESSAGE), "content_type": "text"},
                },
            },
        },
        {
            "event": "on_message_delta",
            "data": {"id": step(0), "delta": {"content": [{"type": "text", "text": "Hel"}]}},
        },
        {
            "event": "on_message_delta",
            "data": {"id": step(0), "delta": {"content": [{"type": "text", "text": "lo"}]}},
        },
    ]


def test_reasoning_has_a_step_of_its_own_and_the_text_after_it_the_next_index() -> None:
    payloads = translate(PartStarted(0, Reasoning("hm")), PartEnded(0), PartStarted(1, Text("yes")))
    assert [(payload["event"], payload["data"].get("index")) for payload in payloads] == [
        ("on_run_step", 0),
        ("on_reasoning_delta", None),
        ("on_run_step", 1),
        ("on_message_delta", None),
    ]
    assert payloads[1]["data"]["delta"]["content"] == [{"type": "think", "think": "hm"}]
    assert payloads[0]["data"]["stepDetails"]["message_creation"]["content_type"] == "think"


def test_a_tool_call_is_a_step_its_arguments_deltas_and_its_result_the_completion() -> None:
    call = {"id": "c1", "name": "weather", "type": "tool_call"}
    payloads = translate(
        PartStarted(0, ToolCall("c1", "weather")), PartDelta(0, '{"in":'), PartDelta(0, '"Rome"}'),
        PartUpdated(0, answered("c1", "weather", "sunny")),
    )  # fmt: skip
    assert payloads == [
        {
            "event": "on_run_step",
            "data": {
                "id": step(0),
                "runId": str(MESSAGE),
                "type": "tool_calls",
                "index": 0,
                "stepDetails": {"type": "tool_calls", "tool_calls": [call | {"args": ""}]},
            },
        },
        *(
            {
                "event": "on_run_step_delta",
                "data": {
                    "id": step(0),
                    "delta": {
                        "type": "tool_calls",
                        "tool_calls": [{"args": piece, "id": "c1", "index": 0, "type": "tool_call_chunk"}],
                    },
                },
            }
            for piece in ('{"in":', '"Rome"}')
        ),
        {
            "event": "on_run_step_completed",
            "data": {
                "result": {
                    "id": step(0),
                    "index": 0,
                    "type": "tool_call",
                    "tool_call": call | {"args": '{"in":"Rome"}', "output": "sunny", "progress": 1},
                }
            },
        },
    ]


def test_parallel_calls_complete_at_their_own_index() -> None:
    payloads = translate(
        PartStarted(0, ToolCall("a", "one")), PartStarted(1, ToolCall("b", "two")),
        PartUpdated(1, answered("b", "two", "2")), PartUpdated(0, answered("a", "one", "1", failed=True)),
    )  # fmt: skip
    results = [payload["data"]["result"] for payload in payloads if payload["event"] == "on_run_step_completed"]
    assert [(result["index"], result["tool_call"]["output"]) for result in results] == [(1, "2"), (0, "1")]
    assert [result["tool_call"].get("failed") for result in results] == [None, True]


def test_what_belongs_to_no_known_part_says_nothing() -> None:
    assert translate(PartDelta(0, "{}"), PartUpdated(3, answered("x", "y", "forged")), PartEnded(1)) == []


def test_an_attachment_stands_beside_the_content_and_takes_no_index() -> None:
    payloads = translate(
        PartStarted(0, Attachment("web_search", {"toolCallId": "c1", "results": []})),
        PartStarted(1, Attachment("file", {"file_id": "f"})), PartStarted(2, Text("x")),
    )  # fmt: skip
    ids = {"messageId": str(MESSAGE), "conversationId": str(CONVERSATION)}
    assert payloads[0] == {
        "event": "attachment",
        "data": {"type": "web_search", **ids, "toolCallId": "c1", "web_search": {"results": []}},
    }
    assert payloads[1] == {"event": "attachment", "data": {"file_id": "f", **ids}}
    assert payloads[2]["data"]["index"] == 0


def test_usage_counts_the_cache_as_input_on_the_wire() -> None:
    usage = Usage(input_tokens=10, output_tokens=7, cache_read_tokens=3, cache_write_tokens=2)
    assert translate(usage) == [
        {
            "event": "on_token_usage",
            "data": {
                "input_tokens": 15,
                "output_tokens": 7,
                "total_tokens": 22,
                "input_token_details": {"cache_creation": 2, "cache_read": 3},
                "usage_type": "message",
                "runId": str(MESSAGE),
                "model": "m-1",
                "provider": "Somewhere",
            },
        }
    ]


def test_an_agent_switch_is_a_part_with_an_index() -> None:
    payloads = translate(
        PartStarted(0, Text("a")), PartStarted(1, AgentSwitch("agent_2", "Second")), PartStarted(2, Text("b"))
    )
    update = {"index": 1, "runId": str(MESSAGE), "agentId": "agent_2"}
    assert payloads[2] == {
        "event": "on_agent_update",
        "data": {"type": "agent_update", "agent_update": update},
    }
    assert payloads[3]["data"]["index"] == 2


def test_what_ends_a_run_is_remembered_and_told_by_others() -> None:
    steps = run_steps()
    assert steps.translate(Finished("stop")) == []
    assert steps.ended == Finished("stop")


def test_a_failure_ends_a_run_too() -> None:
    steps = run_steps()
    assert steps.translate(Failed("timeout")) == []
    assert steps.ended == Failed("timeout")


def test_a_run_that_goes_on_from_an_earlier_one_tells_its_parts_first() -> None:
    payloads = translate(Snapshot((Text("So far"),)), PartDelta(0, " and on"))
    assert [payload["event"] for payload in payloads] == ["on_run_step", "on_message_delta", "on_message_delta"]
    assert said(payloads, "text") == "So far and on"


def test_a_log_written_anew_puts_the_client_in_the_picture_with_one_frame() -> None:
    steps = run_steps()
    steps.translate(PartStarted(0, Text("Hel")))
    (sync,) = steps.translate(Snapshot((Text("Hello"),)))
    assert sync["sync"] is True
    assert sync["pendingEvents"] == []
    assert sync["resumeState"]["aggregatedContent"] == [{"type": "text", "text": "Hello"}]
    assert [run_step["id"] for run_step in sync["resumeState"]["runSteps"]] == [step(0)]
    (delta,) = steps.translate(PartDelta(0, "!"))
    assert delta["data"]["id"] == step(0)


def test_a_resuming_client_gets_steps_and_content_at_once() -> None:
    steps = run_steps()
    for index, part in enumerate((Reasoning("hm"), Text("Hello"), ToolCall("c", "t"))):
        steps.translate(PartStarted(index, part))
    state = steps.sync({"sender": "m-1"})["resumeState"]
    assert [run_step["type"] for run_step in state["runSteps"]] == [
        "message_creation",
        "message_creation",
        "tool_calls",
    ]
    assert [part["type"] for part in state["aggregatedContent"]] == ["think", "text", "tool_call"]
    assert (state["responseMessageId"], state["conversationId"]) == (str(MESSAGE), str(CONVERSATION))
    assert state["sender"] == "m-1"
    assert "messageId" not in state


def said(payloads: list[dict[str, Any]], kind: str) -> str:
    event = {"text": "on_message_delta", "think": "on_reasoning_delta"}[kind]
    return "".join(
        part[kind] for payload in payloads if payload["event"] == event for part in payload["data"]["delta"]["content"]
    )


texts = st.text(max_size=12)
new_parts = st.one_of(
    st.builds(Text, texts),
    st.builds(Reasoning, texts),
    st.builds(ToolCall, st.uuids().map(str), texts),
    st.builds(Attachment, st.just("web_search"), st.just({})),
    st.builds(AgentSwitch, texts, texts),
)
places = st.integers(0, 6)
any_event = st.one_of(
    new_parts,  # the next part
    st.builds(PartDelta, places, texts),
    st.builds(PartUpdated, places, st.builds(answered, st.just(""), st.just(""), texts, failed=st.booleans())),
    st.builds(PartEnded, places),
)


def _possible(drawn: list[Any]) -> list[Event]:
    """Return what can come of it: parts in their places, and what happens to them while they are what they are."""
    parts, events = MessageParts(), []
    for item in drawn:
        event = PartStarted(len(parts.parts), item) if isinstance(item, KnownPart) else item
        part = parts.parts[event.index] if event.index < len(parts.parts) else None
        if isinstance(event, PartUpdated):
            if not isinstance(part, ToolCall) or part.result is not None:
                continue
            result = event.part.result if isinstance(event.part, ToolCall) else None
            event = PartUpdated(event.index, replace(part, arguments="", state="done", result=result))
        elif isinstance(event, PartDelta) and (
            part is None or (isinstance(part, ToolCall) and part.result is not None)
        ):
            continue
        parts.apply(event)
        events.append(event)
    return events


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_event, max_size=30).map(_possible))
def test_whatever_is_said_a_client_that_follows_the_indexes_has_the_stored_content(events: list[Event]) -> None:
    parts, steps = MessageParts(), run_steps()
    content: dict[int, dict[str, Any]] = {}
    by_step: dict[str, int] = {}
    for event in events:
        parts.apply(event)
        for payload in steps.translate(event):
            _follow(payload, content, by_step)
    stored = content_of(parts.parts, message_id=str(MESSAGE))
    assert [content[index] for index in sorted(content)] == [_comparable(part) for part in stored]
    assert steps.content == stored


def _follow(payload: dict[str, Any], content: dict[int, dict[str, Any]], by_step: dict[str, int]) -> None:
    """Do what a client does with one payload."""
    data = payload["data"]
    match payload["event"]:
        case "on_run_step":
            by_step[data["id"]] = data["index"]
            details = data["stepDetails"]
            if data["type"] == "tool_calls":
                content[data["index"]] = {"type": "tool_call", "args": "", "name": details["tool_calls"][0]["name"]}
            else:
                kind = details["message_creation"]["content_type"]
                content[data["index"]] = {"type": kind, kind: ""}
        case "on_message_delta" | "on_reasoning_delta":
            part = data["delta"]["content"][0]
            content[by_step[data["id"]]][part["type"]] += part[part["type"]]
        case "on_run_step_delta":
            content[by_step[data["id"]]]["args"] += data["delta"]["tool_calls"][0]["args"]
        case "on_run_step_completed":
            content[data["result"]["index"]]["output"] = data["result"]["tool_call"]["output"]
        case "on_agent_update":
            content[data["agent_update"]["index"]] = data


def _comparable(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "tool_call":
        return part
    kept = ("args", "name", "output")
    return {"type": "tool_call", **{name: part["tool_call"][name] for name in kept if name in part["tool_call"]}}
