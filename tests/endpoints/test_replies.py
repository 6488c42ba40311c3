"""Whatever JSON a provider sends, a reply neither raises nor ends twice."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.providers.anthropic.wire import MessageReply
from endpoints.providers.base import ModelRequest
from endpoints.providers.bedrock.wire import ConverseReply
from endpoints.providers.counts import MAX_TOKENS, Counts, reports_in
from endpoints.providers.google.wire import ContentReply
from endpoints.providers.openai.responses_wire import ResponseReply
from endpoints.providers.openai.wire import ChatReply
from endpoints.services.failure_words import EXPLANATIONS
from endpoints.transport.exchange import Reply
from endpoints.transport.failures import failure_in, failure_of_body, failure_of_error
from endpoints.transport.http import OutboundError
from messages.events import TERMINAL, Event, Finished
from messages.parts import Reasoning, Text, parts_to_json
from messages.reducer import MessageParts
from tests.endpoint_maker import make_endpoint

REPLIES = [ChatReply, ResponseReply, MessageReply, ContentReply, ConverseReply]
KEYS = (
    "type", "delta", "index", "item", "output_index", "response", "error", "usage", "output", "content", "summary",
    "message", "content_block", "stop_reason", "choices", "finish_reason", "tool_calls", "function", "name",
    "arguments", "id", "call_id", "candidates", "parts", "text", "thought", "functionCall", "args", "usageMetadata",
    "finishReason", "promptFeedback", "blockReason", "contentBlockIndex", "contentBlockDelta", "contentBlockStart",
    "messageStop", "stopReason", "metadata", "reasoningContent", "reasoningText", "toolUse", "toolUseId", "input",
    "signature", "encrypted_content", "incomplete_details", "reason", "code", "partial_json", "thinking",
    "thoughtSignature", "input_tokens", "output_tokens", "promptTokenCount", "totalTokenCount", "inputTokens",
    "output_tokens_details", "throttlingException", "reasoning_content", "refusal", "reasoning_details", "detail",
    "errors", "object", "status", "cached_tokens", "prompt_tokens", "completion_tokens", "prompt_tokens_details",
    "total_tokens", "timings", "prompt_n", "x_other", "usage_metadata", "role", "raw", "provider_name", "base_resp",
)  # fmt: skip
WORDS = (
    "response.output_text.delta", "response.output_item.added", "response.output_item.done", "response.completed",
    "response.function_call_arguments.delta", "response.reasoning_summary_text.delta", "response.failed", "error",
    "reasoning", "function_call", "message_start", "message_delta", "content_block_start", "content_block_delta",
    "text_delta", "thinking_delta", "signature_delta", "input_json_delta", "tool_use", "thinking", "redacted_thinking",
    "text", "message", "response", "summary_text", "output_text", "refusal", "25", "nan", "content_filter",
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


# Most of the time what is known to mean something, with anything in it.
_INSIDE = ("delta", "index", "output_index", "item", "content_block", "response", "message", "usage", "error")
KNOWN = st.fixed_dictionaries({"type": st.sampled_from(WORDS)}, optional=dict.fromkeys(_INSIDE, VALUES))
PIECES = VALUES | KNOWN | st.fixed_dictionaries({"type": st.sampled_from(WORDS), "item": KNOWN, "delta": KNOWN})


def reply_of(kind: type[Reply]) -> Reply:
    return kind(ModelRequest(make_endpoint("E", "E", "openai"), "m", []))


@pytest.mark.security
@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(PIECES, max_size=4))
def test_no_stream_makes_a_reply_raise(kind: type[Reply], pieces: list[Any]) -> None:
    reply, parts = reply_of(kind), MessageParts()
    events = [*reply.read(pieces), *reply.end()]
    assert [isinstance(event, TERMINAL) for event in events].count(True) == 1
    for event in events:
        parts.apply(event)
    json.dumps(parts_to_json(parts.parts))


def ended(kind: type[Reply], body: bytes, sizes: list[int]) -> list[Event]:
    """Return the events of a body that comes in chunks of these sizes, again and again."""
    reply, at, turn = reply_of(kind), 0, 0
    events: list[Event] = []
    try:
        while at < len(body):
            chunk = body[at : at + sizes[turn % len(sizes)]]
            reply.begin(chunk)
            events += reply.read(reply.pieces.feed(chunk))
            at, turn = at + len(chunk), turn + 1
        events += reply.read(reply.pieces.end())
    except OutboundError as error:
        return [*events, *reply.end(failure_of_error(error))]
    return [*events, *reply.end()]


LINES = st.sampled_from(
    ("data: ", "data:", "data", "event: error", "event: message", ": ping", "error: ", "id: 1", "retry: x", "",
     "[DONE]", "data: [DONE]", "{", "}", "[", "]", "<html>", "\x1e", "\ufeff", "upstream connect error")
) | PIECES.map(json.dumps) | PIECES.map(lambda piece: "data: " + json.dumps(piece)) | PIECES.map(
    lambda piece: json.dumps(piece, indent=1)
)  # fmt: skip


@pytest.mark.security
@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(LINES, max_size=8), ends=st.sampled_from(("\n", "\r\n", "\r", "\n\n", "")), data=st.data())
def test_no_body_makes_a_reply_raise_and_its_cuts_change_nothing(
    kind: type[Reply], lines: list[str], ends: str, data: st.DataObject
) -> None:
    body = ends.join(lines).encode("utf-8", "replace")
    events = ended(kind, body, [len(body) + 1])
    assert [isinstance(event, TERMINAL) for event in events].count(True) == 1
    cut = ended(kind, body, data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    assert said(cut) == said(events)


def said(events: list[Event]) -> tuple[str, str, str]:
    """Return text, thoughts, and how it ended: a reason, or that it failed (the words may be cut)."""
    reply = MessageParts()
    for event in events[:-1]:
        reply.apply(event)
    text = "".join(part.text for part in reply.parts if isinstance(part, Text))
    thoughts = "".join(part.text for part in reply.parts if isinstance(part, Reasoning))
    return text, thoughts, events[-1].reason if isinstance(events[-1], Finished) else "failed"


@pytest.mark.security
@settings(max_examples=100, deadline=None)
@given(value=PIECES, status=st.sampled_from((200, 400, 401, 403, 404, 429, 500, 503)))
def test_no_error_body_makes_its_reader_raise(value: Any, status: int) -> None:
    for body in (json.dumps(value), json.dumps(json.dumps(value)), "data: " + json.dumps({"error": value})):
        assert failure_of_body(status, body.encode()).code in EXPLANATIONS
    assert failure_in({"error": value}).code in EXPLANATIONS


@pytest.mark.security
@given(value=PIECES, other=PIECES)
def test_no_report_makes_the_counts_raise(value: Any, other: Any) -> None:
    counts = Counts()
    for payload in (
        value,
        {"usage": other},
        {"prompt_tokens": 3, "prompt_tokens_details": value, "cached_tokens": other},
    ):
        for report in [payload, *reports_in(payload if isinstance(payload, dict) else {})]:
            counts.note(report)
    usage = counts.usage()
    assert usage is None or all(
        0 <= number <= 3 * MAX_TOKENS for number in (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens)
    )
