"""What a model must be told of the reply that it is writing: its earlier calls with their results, in order."""

from collections.abc import Sequence

from endpoints.providers.base import PromptMessage
from messages.parts import Part


def told_so_far(parts: Sequence[Part], first_parts: Sequence[int]) -> list[PromptMessage]:
    """Return a message for each model call that has ended, with all that was said, called and heard until the next one.

    `first_parts` has the place in `parts` at which the parts of each begin; `endpoints.services.history.in_rounds`
    makes rounds of them.
    """
    ends = [*first_parts[1:], len(parts)]
    return [PromptMessage("assistant", tuple(parts[start:end])) for start, end in zip(first_parts, ends, strict=True)]
