"""What a model must be told of the reply that it is writing: its earlier calls with their results, in order."""

from collections.abc import Sequence

from endpoints.providers.base import PromptMessage
from messages.parts import Part, Subrun


def told_so_far(parts: Sequence[Part], first_parts: Sequence[int]) -> list[PromptMessage]:
    """Return a message for each model call that has ended, with all that was said and called until the next one.

    `first_parts` has the place in `parts` at which the parts of each begin; `endpoints.services.history.in_rounds`
    makes rounds of them. A result from the background follows the call during which it came.
    """
    messages = []
    for start, end in zip(first_parts, [*first_parts[1:], len(parts)], strict=True):
        messages.append(PromptMessage("assistant", tuple(parts[start:end])))
        messages += [PromptMessage.of("user", words) for part in parts[start:end] if (words := _heard(part))]
    return messages


def _heard(part: Part) -> str:
    """Return what came from the background, as the model is told it."""
    if isinstance(part, Subrun) and part.text:
        return f"[The result of “{part.name}”, which went on in the background ({part.state})]\n\n{part.text}"
    return ""
