"""Removes from prompts what providers refuse; the stored messages do not change.

Some refuse a text of only white space, a message without a block, two consecutive messages of one role, and trailing
white space in the assistant message that the model is to continue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from endpoints.providers.base import PromptMessage, Role
from messages.parts import Part, Reasoning, Text, ToolCall

NO_OUTPUT: Final = "(no output)"  # what a tool is said to have answered where it answered nothing
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # width nought, and no white space


def tidy(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    """Return the prompt so that every provider takes it: nothing blank, and person and model take turns.

    The results of tools and the calls before them stay as they are.
    """
    tidied: list[PromptMessage] = []
    for message in map(_without_blanks, messages):
        if not message.parts:
            continue
        if tidied and _go_together(tidied[-1], message):
            tidied[-1] = _joined(tidied[-1], message)
        else:
            tidied.append(message)
    return _begun_by_a_person(tidied)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing.

    >>> is_blank(" \\n\\u3000\\u200b")
    True
    """
    return not text.strip() or not text.translate(_INVISIBLE).strip()


def _without_blanks(message: PromptMessage) -> PromptMessage:
    parts = [kept for part in message.parts if (kept := _readable(part, message.role)) is not None]
    while parts and isinstance(parts[-1], Reasoning):  # they led to nothing, which some refuse
        parts.pop()
    return message if tuple(parts) == message.parts else replace(message, parts=tuple(parts))


def _readable(part: Part, role: Role) -> Part | None:
    """Return the part as it is sent, None for a text that nobody could read."""
    if isinstance(part, Text):
        if is_blank(part.text):
            return None
        return Text(part.text.rstrip()) if role == "assistant" else part
    if role == "tool" and isinstance(part, ToolCall):
        kept = tuple(
            result for result in part.result or () if not isinstance(result, Text) or not is_blank(result.text)
        )
        return replace(part, result=kept or (Text(NO_OUTPUT),))
    return part


def _go_together(before: PromptMessage, message: PromptMessage) -> bool:
    """Whether two messages are one to a provider: of the same side, and no calls are between them."""
    return before.role == message.role and message.role in {"user", "assistant"} and not before.calls


def _joined(before: PromptMessage, message: PromptMessage) -> PromptMessage:
    *parts, last = before.parts
    first, *more = message.parts
    if isinstance(last, Text) and isinstance(first, Text):
        return replace(before, parts=(*parts, Text(f"{last.text}\n\n{first.text}"), *more))
    return replace(before, parts=before.parts + message.parts)


def _begun_by_a_person(messages: list[PromptMessage]) -> list[PromptMessage]:
    """Leave out what the model says before anybody spoke, unless nobody does."""
    first = next((at for at, message in enumerate(messages) if message.role == "user"), None)
    if first is None:
        return messages
    return [message for at, message in enumerate(messages) if at >= first or message.role == "system"]


def spoken(messages: Iterable[PromptMessage]) -> list[PromptMessage]:
    """Return the prompt for a provider that takes instructions apart: it must have something else to answer."""
    prompt = list(messages)
    if prompt and not any(message.role in {"user", "tool"} for message in prompt):
        prompt[-1] = replace(prompt[-1], role="user")
    return prompt
