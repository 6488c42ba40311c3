"""Whatever JSON a provider sends, a reply neither raises nor ends twice."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.adapters.anthropic_wire import MessageReply
from endpoints.adapters.base import Endpoint, ModelRequest
from endpoints.adapters.bedrock_wire import ConverseReply
from endpoints.adapters.gemini_wire import ContentReply
from endpoints.adapters.openai_wire import ChatReply
from endpoints.adapters.responses_wire import ResponseReply
from endpoints.adapters.wire import Reply
from endpoints.events import TERMINAL
from endpoints.parts import MessageParts

REPLIES = [ChatReply, ResponseReply, MessageReply, ContentReply, ConverseReply]
KEYS = (
    "type", "delta", "index", "item", "output_index", "response", "error", "usage", "output", "content", "summary",
    "message", "content_block", "stop_reason", "choices", "finish_reason", "tool_calls", "function", "name",
    "arguments", "id", "call_id", "candidates", "parts", "text", "thought", "functionCall", "args", "usageMetadata",
    "finishReason", "promptFeedback", "blockReason", "contentBlockIndex", "contentBlockDelta", "contentBlockStart",
    "messageStop", "stopReason", "metadata", "reasoningContent", "reasoningText", "toolUse", "toolUseId", "input",
    "signature", "encrypted_content", "incomplete_details", "reason", "code", "partial_json", "thinking",
    "thoughtSignature",
    "input_tokens", "output_tokens", "promptTokenCount", "totalTokenCount", "inputTokens", "output_tokens_details",
    "throttlingException", "reasoning_content", "refusal",
)  # fmt: skip
WORDS = (
    "response.output_text.delta", "response.output_item.added", "response.output_item.done", "response.completed",
    "response.function_call_arguments.delta", "response.reasoning_summary_text.delta", "response.failed", "error",
    "reasoning", "function_call", "message_start", "message_delta", "content_block_start", "content_block_delta",
    "text_delta", "thinking_delta", "signature_delta", "input_json_delta", "tool_use", "thinking", "redacted_thinking",
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
    return kind(ModelRequest(Endpoint("E", "E", "openai_wire"), "m", []))


@pytest.mark.security
@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(PIECES, max_size=4))
def test_no_stream_makes_a_reply_raise(kind: type[Reply], pieces: list[Any]) -> None:
    reply, parts = reply_of(kind), MessageParts()
    events = [*reply.read([json.dumps(piece).encode() for piece in pieces]), *reply.end()]
    assert [isinstance(event, TERMINAL) for event in events].count(True) == 1
    for event in events:
        parts.apply(event)
    json.dumps(parts.parts)


@pytest.mark.security
@pytest.mark.parametrize("kind", REPLIES)
@settings(max_examples=100, deadline=None)
@given(whole=PIECES)
def test_no_answer_makes_a_reply_raise(kind: type[Reply], whole: Any) -> None:
    events = list(reply_of(kind).whole(whole))
    assert [isinstance(event, TERMINAL) for event in events].count(True) == 1
