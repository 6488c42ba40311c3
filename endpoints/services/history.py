"""What a model reads of the replies before: the parts of a stored message as messages of a prompt."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from endpoints.providers.base import PromptMessage
from endpoints.services.prompts import is_blank
from messages.parts import (
    Audio,
    Data,
    FileRef,
    Image,
    Part,
    Reasoning,
    Resource,
    Steer,
    Summary,
    Text,
    ToolCall,
    plain_text,
)

NO_RESULT: Final = "There is no result: the call was interrupted, or has not ended yet."
SHORT_RESULT: Final = 2_000  # characters of a result of which only the beginning is sent
LEFT_OUT: Final = "[the rest was left out]"
_MADE: Final = (Image, Audio, FileRef, Resource, Data)
BEYOND_TEXT: Final = (ToolCall, Steer, Summary, *_MADE)
"""The kinds that are sent of a reply, beside its text and its thoughts."""


def says_something(parts: Sequence[Part]) -> bool:
    """Whether a model would read anything of a reply but thoughts."""
    return any(isinstance(part, BEYOND_TEXT) for part in parts) or not is_blank(plain_text(parts))


def in_rounds(message: PromptMessage) -> list[PromptMessage]:
    """Return a message of the branch as messages of the prompt: a reply by its rounds, any other as it is."""
    return rounds(message.parts) if message.role == "assistant" else [message]


def rounds(parts: Iterable[Part]) -> list[PromptMessage]:
    """Return what a reply was to its model: for each round what it said and called, then the results of its calls.

    Every call has a result afterwards. What a person said while it was written is a message of theirs, and so is what
    the model has made (pictures, files): no provider takes that among the model's own words. Errors, attachments,
    citations, switches of agents, subruns, approvals and questions are for people: a model knows them by the results of
    its calls.
    """
    reply = _Rounds()
    for part in parts:
        reply.add(part)
    reply.end_round()
    return reply.messages


def answered(call: ToolCall) -> ToolCall:
    """Return the call with a result, whatever became of it."""
    return call if call.result is not None else replace(call, state="failed", result=(Text(NO_RESULT),))


def shortened(message: PromptMessage, length: int = SHORT_RESULT) -> PromptMessage:
    """Return the message with only the beginnings of the results of its calls, and without what tools have made.

    `length` is in characters, of each result.
    """
    parts = tuple(_shortened(part, length) if isinstance(part, ToolCall) else part for part in message.parts)
    return message if parts == message.parts else replace(message, parts=parts)


def _shortened(call: ToolCall, length: int) -> ToolCall:
    text = call.result_text
    cut = f"{text[:length]}\n{LEFT_OUT}".lstrip()
    shorter = min(text, cut, key=len)
    if call.result is None or (shorter == text and all(isinstance(part, Text) for part in call.result)):
        return call
    return replace(call, result=(Text(shorter),))


def longest_result(message: PromptMessage) -> int:
    """Return how many characters the longest result of the message's calls has."""
    return max((len(call.result_text) for call in message.calls), default=0)


class _Rounds:
    def __init__(self) -> None:
        self.messages: list[PromptMessage] = []
        self._said: list[Part] = []
        self._called: list[ToolCall] = []
        self._made: list[Part] = []

    def add(self, part: Part) -> None:
        match part:
            case ToolCall():
                self._called.append(answered(part))
            case Text() | Reasoning():
                self._say(part)
            case Summary(text):
                self._say(Text(text))
            case Steer(text=text):
                self.end_round()
                self.messages.append(PromptMessage.of("user", text))
            case _ if isinstance(part, _MADE):
                self._made.append(part)

    def _say(self, part: Part) -> None:
        """Add to what the model says. What comes after calls was said when their results were known."""
        if self._called:
            self.end_round()
        self._said.append(part)

    def end_round(self) -> None:
        if self._said or self._called:
            self.messages.append(PromptMessage("assistant", (*self._said, *self._called)))
        if self._called:
            self.messages.append(PromptMessage("tool", tuple(self._called)))
        if self._made:
            self.messages.append(PromptMessage("user", tuple(self._made)))
        self._said, self._called, self._made = [], [], []
