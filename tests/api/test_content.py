"""The content of a message on the wire, from its stored parts."""

import json
from typing import Any

import pytest

from api.librechat.chat.content import attachments_of, content_of
from messages.parts import AgentSwitch, Attachment, Error, Part, Reasoning, Text, ToolCall, UnknownPart, from_json
from tests.messages.test_part_json import ODD, STORED

ROWS = [*((type(part), json.loads(stored)) for stored, part in STORED), *ODD]
AS_STORED = [
    row for kind, row in ROWS if kind in {Text, ToolCall} or (kind is UnknownPart and isinstance(row, dict))
]  # fmt: skip


@pytest.mark.parametrize("row", AS_STORED)
def test_text_calls_and_unknown_kinds_go_out_to_the_byte_as_they_are_stored(row: dict[str, Any]) -> None:
    assert json.dumps(content_of([from_json(row)], message_id="m")) == json.dumps([row])


def test_the_other_kinds_go_out_in_the_form_of_clients() -> None:
    parts: list[Part] = [Attachment("file", {"id": 1}), Reasoning("Hm."), AgentSwitch("ag", "Second"), Error("cut_off")]
    thoughts, switch, error = content_of(parts, message_id="m")
    assert thoughts == {"type": "think", "think": "Hm."}
    assert switch == {"type": "agent_update", "agent_update": {"index": 1, "runId": "m", "agentId": "ag"}}
    assert (error["type"], error["code"]) == ("error", "cut_off")
    assert attachments_of(parts, message_id="m", conversation_id="c") == [
        {"id": 1, "messageId": "m", "conversationId": "c"}
    ]
