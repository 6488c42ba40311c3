"""What a model must be told of the reply that it is writing: its earlier calls with their results, in order."""

from collections.abc import Sequence

from endpoints.providers.base import PromptMessage
from endpoints.services.prompts import is_blank
from messages.parts import Part, Reasoning, Steer, Subrun, Text, ToolCall

NO_RESULT = "There is no result."


def told_so_far(parts: Sequence[Part], first_parts: Sequence[int]) -> list[PromptMessage]:
    """Return the messages that stand for the model calls which have ended.

    `first_parts` has the place in `parts` at which the parts of each begin; what a person said, and what came from the
    background, follows the call during which it came.
    """
    ends = [*first_parts[1:], len(parts)]
    return [message for start, end in zip(first_parts, ends, strict=True) for message in _round(parts[start:end])]


def _round(parts: Sequence[Part]) -> list[PromptMessage]:
    text = "".join(part.text for part in parts if isinstance(part, Text))
    thoughts = tuple(part for part in parts if isinstance(part, Reasoning))
    calls = tuple(part for part in parts if isinstance(part, ToolCall))
    said = (
        [PromptMessage("assistant", text, tool_calls=calls, reasoning=thoughts)] if calls or not is_blank(text) else []
    )
    results = [PromptMessage("tool", call.result_text or NO_RESULT, tool_call_id=call.id) for call in calls]
    heard = [PromptMessage("user", words) for part in parts if (words := _heard(part))]
    return [*said, *results, *heard]


def _heard(part: Part) -> str:
    """Return what came from outside, as the model is told it."""
    if isinstance(part, Steer):
        return part.text
    if isinstance(part, Subrun) and part.text:
        return f"[The result of “{part.name}”, which went on in the background ({part.state})]\n\n{part.text}"
    return ""
