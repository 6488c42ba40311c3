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
    Subrun,
    Summary,
    Text,
    ToolCall,
    plain_text,
)

NO_RESULT: Final = "There is no result: the call was interrupted, or has not ended yet."
SHORT_RESULT: Final = 2_000  # characters of a result of which only the beginning is sent
LEFT_OUT: Final = "[the rest was left out]"
EDITED: Final = "[The person changed the arguments of this call before they allowed it.]"
FROM_BACKGROUND: Final = "[The result of “{part.name}”, which went on in the background ({part.state})]\n\n"
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
    the model has made (pictures, files): no provider takes that among the model's own words. The same goes for a result
    from the background, as its call has long been answered. Errors, attachments, citations, switches of agents,
    approvals, questions and other subruns are for people: a model knows them by the results of its calls.
    """
    reply = _Rounds()
    for part in parts:
        reply.add(part)
    reply.end_round()
    return reply.messages


def answered(call: ToolCall) -> ToolCall:
    """Return the call with a result, whatever became of it, and with a word where the model did not write it."""
    if call.result is None:
        call = replace(call, state="failed", result=(Text(NO_RESULT),))
    return replace(call, result=(Text(EDITED), *(call.result or ()))) if call.edited else call


def shortened(message: PromptMessage, length: int = SHORT_RESULT) -> PromptMessage:
    """Return the message with only the beginnings of the results in it, and without what tools have made.

    `length` is in characters, of each result.
    """
    parts = tuple(_shortened(part, length) for part in message.parts)
    return message if parts == message.parts else replace(message, parts=parts)


def _shortened(part: Part, length: int) -> Part:
    text = _result_text(part)
    shorter = min(text, f"{text[:length]}\n{LEFT_OUT}".lstrip(), key=len)
    if isinstance(part, Subrun) and shorter != text:
        return replace(part, text=shorter)
    if not isinstance(part, ToolCall) or part.result is None:
        return part
    is_short = shorter == text and all(isinstance(result, Text) for result in part.result)
    return part if is_short else replace(part, result=(Text(shorter),))


def _result_text(part: Part) -> str:
    """Return the result that a call has, or that has come from the background."""
    match part:
        case ToolCall():
            return part.result_text
        case Subrun(text=text):
            return text
    return ""


def longest_result(message: PromptMessage) -> int:
    """Return how many characters the longest result in the message has."""
    return max((len(_result_text(part)) for part in message.parts), default=0)


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
                self._hear(text)
            case Subrun(text=text) if text:
                self._hear(FROM_BACKGROUND.format(part=part) + text)
            case _ if isinstance(part, _MADE):
                self._made.append(part)

    def _say(self, part: Part) -> None:
        """Add to what the model says. What comes after calls was said when their results were known."""
        if self._called:
            self.end_round()
        self._said.append(part)

    def _hear(self, text: str) -> None:
        """Add what the model was told while it wrote."""
        self.end_round()
        self.messages.append(PromptMessage.of("user", text))

    def end_round(self) -> None:
        if self._said or self._called:
            self.messages.append(PromptMessage("assistant", (*self._said, *self._called)))
        if self._called:
            self.messages.append(PromptMessage("tool", tuple(self._called)))
        if self._made:
            self.messages.append(PromptMessage("user", tuple(self._made)))
        self._said, self._called, self._made = [], [], []
