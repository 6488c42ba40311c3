"""Messages of prompts for tests, from what is said in them."""

from dataclasses import replace

from endpoints.providers.base import PromptMessage
from messages.parts import Part, ResultPart, Text, ToolCall


def said(*parts: Part | str) -> PromptMessage:
    """Return a message of the model; a bare text is a part, too."""
    return PromptMessage("assistant", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def asked(*parts: Part | str) -> PromptMessage:
    """Return a message of a person."""
    return replace(said(*parts), role="user")


def answer(call: ToolCall, *result: "ResultPart | str", failed: bool = False) -> ToolCall:
    """Return the call with its result."""
    parts = tuple(Text(part) if isinstance(part, str) else part for part in result)
    return replace(call, state="failed" if failed else "done", result=parts)


def results(*calls: ToolCall) -> PromptMessage:
    """Return the message with the results of the calls."""
    return PromptMessage("tool", calls)
