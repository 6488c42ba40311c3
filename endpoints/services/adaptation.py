"""Makes a prompt one that the model and its provider take, whoever wrote the replies in it.

All rules about who takes what are applied here, by `PromptRules` and the model's facts; a wire then sends what it gets.
"""

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from endpoints.catalog.facts import facts
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.providers.prompt_rules import NAME, CallIds, PromptRules
from endpoints.providers.wires import wire_of
from endpoints.services.history import answered
from endpoints.services.prompts import tidy
from messages.parts import (
    Audio,
    Data,
    FileRef,
    Image,
    Part,
    Reasoning,
    Resource,
    StoredResult,
    Text,
    ToolCall,
    text_of_result,
)

FAILED: Final = "The call failed."
READ: Final = "I have read the results."  # what a model says where its provider wants it to have the next word
_DIGEST: Final = 9  # characters of an id that is made: as many as the strictest provider takes
_MEDIA: Final = (Image, Audio)


def adapted(request: ModelRequest) -> list[PromptMessage]:
    """Return the prompt of the request as its provider takes it. What is adapted already stays as it is."""
    rules = wire_of(request).rules(request)
    known = facts(request.endpoint, request.model)
    messages = _with_thoughts(request, rules)
    takes_calls = bool(request.tools) or (known.tools and rules.calls_without_tools)
    if not rules.marks_failures or not takes_calls:
        messages = [_saying_failures(message) for message in messages]
    in_results = takes_calls and rules.pictures_in_results
    messages = list(_with_media(messages, rules, sees=known.vision, in_results=in_results))
    messages = _with_safe_ids(messages, rules.call_ids) if takes_calls else list(map(_in_words, messages))
    messages = tidy(messages)
    return messages if rules.person_after_results else list(_answering_results(messages))


def _with_thoughts(request: ModelRequest, rules: PromptRules) -> list[PromptMessage]:
    """Return the prompt with those thoughts that the provider takes: its own signed ones, and unsigned ones by rule."""
    adapted_messages: list[PromptMessage] = []
    turns = _turns(request.messages)
    for number, turn in enumerate(turns):
        by_rule = {
            "none": False,
            "run": number == len(turns) - 1,
            "calls": bool(request.tools) or any(message.calls for message in turn),
            "all": True,
        }[rules.thoughts]
        signer = request.endpoint.signer if rules.takes_signatures else None
        for message in turn:
            kept = tuple(sent for part in message.parts if (sent := _thought(part, signer, unsigned=by_rule)))
            if rules.thoughts == "calls" and by_rule and message.role == "assistant":
                kept = kept if any(isinstance(part, Reasoning) for part in kept) else (Reasoning(""), *kept)
            adapted_messages.append(message if kept == message.parts else replace(message, parts=kept))
    return adapted_messages


def _thought(part: Part, signer: str | None, *, unsigned: bool) -> Part | None:
    """Return any part but thoughts as it is, and of these what is sent."""
    if not isinstance(part, Reasoning):
        return part
    if part.signature is not None and part.signature.provider == signer:
        return part
    return Reasoning(part.text) if unsigned and part.text else None


def _turns(messages: Iterable[PromptMessage]) -> list[list[PromptMessage]]:
    """Return the messages in stretches, each from a person's message to the next one."""
    turns: list[list[PromptMessage]] = [[]]
    for message in messages:
        if message.role == "user":
            turns.append([])
        turns[-1].append(message)
    return turns


def _saying_failures(message: PromptMessage) -> PromptMessage:
    """Return the message with failed results that say so in words."""
    parts = tuple(
        replace(part, result=(Text(FAILED), *(part.result or ())))
        if message.role == "tool" and isinstance(part, ToolCall) and _is_failure_unsaid(part)
        else part
        for part in message.parts
    )
    return replace(message, parts=parts)


def _is_failure_unsaid(call: ToolCall) -> bool:
    return call.state == "failed" and (call.result or ())[:1] != (Text(FAILED),)


def _with_media(
    messages: Iterable[PromptMessage], rules: PromptRules, *, sees: bool, in_results: bool
) -> Iterator[PromptMessage]:
    """Yield the messages; pictures and recordings that cannot stay in a result come after it, or are put in words."""
    for message in messages:
        if message.role != "tool":
            parts = tuple(_sendable(part, rules, sees=sees) for part in message.parts)
            yield message if parts == message.parts else replace(message, parts=parts)
            continue
        calls: list[ToolCall] = []
        moved: list[Part] = []
        for call in map(answered, message.results):
            result = [_sendable(part, rules, sees=sees, in_result=True) for part in call.result or ()]
            if not in_results or call.state == "failed":
                media = [part for part in result if isinstance(part, _MEDIA)]
                moved += [Text(f"[Of the result of {call.name}:]"), *media] if media else []
                result = [_moved(part) if isinstance(part, _MEDIA) else part for part in result]
            calls.append(replace(call, result=tuple(result)))  # type: ignore[arg-type]  # of the same kinds
        yield replace(message, parts=tuple(calls))
        if moved:
            yield PromptMessage("user", tuple(moved))


def _sendable(part: Part, rules: PromptRules, *, sees: bool, in_result: bool = False) -> Part:
    """Return the part where it can be sent as it is, else what it is in words."""
    if isinstance(part, Image) and part.mime == "image/jpg":
        part = replace(part, mime="image/jpeg")
    match part:
        case Image():
            as_it_is = sees and bool(part.data) and part.mime in rules.pictures
        case Audio():
            as_it_is = bool(part.data) and part.mime in rules.recordings
        case Data():
            as_it_is = in_result
        case _:
            as_it_is = not isinstance(part, FileRef | StoredResult | Resource)
    return part if as_it_is else Text(_described(part, sees=sees))


def _described(part: Part, *, sees: bool) -> str:
    text = ""
    match part:
        case Image(name=name):
            text = f"[Picture{_named(name)}{'' if sees else ', which you cannot see'}]"
        case Audio(transcript="", name=name):
            text = f"[Recording{_named(name)}]"
        case FileRef(name=name):
            text = f"[File{_named(name)}]"
        case StoredResult(beginning="", kind=kind):
            text = f"[A result of the type {kind}, left out]"
        case StoredResult(beginning=beginning, characters=characters):
            text = f"{beginning}\n[the beginning of {characters} characters]"
        case Audio() | Resource() | Data():
            text = text_of_result(part)
    return text


def _named(name: str) -> str:
    return f" {name}" if name else ""


def _moved(part: Part) -> Text:
    kind = "Picture" if isinstance(part, Image) else "Recording"
    return Text(f"[{kind}{_named(getattr(part, 'name', ''))}: it comes after the results]")


def _in_words(message: PromptMessage) -> PromptMessage:
    """Return the message with calls and results as text, for a provider that takes none just now."""
    if message.role == "tool":
        said = [part for call in message.results for part in _result_in_words(call)]
        return PromptMessage("user", tuple(said))
    parts = tuple(
        Text(f"[Called the tool {part.name} with {part.arguments or '{}'}]") if isinstance(part, ToolCall) else part
        for part in message.parts
    )
    return replace(message, parts=parts)


def _result_in_words(call: ToolCall) -> Iterator[Part]:
    texts = [text for part in call.result or () if (text := text_of_result(part))]
    yield Text("\n".join([f"[The tool {call.name} answered:]", *texts]))


def _with_safe_ids(messages: Sequence[PromptMessage], rule: CallIds) -> list[PromptMessage]:
    """Return the prompt with ids and names of calls as the provider takes them; no two calls have one id.

    What is written as it should be stays so: the provider may have made it.
    """
    taken: set[str] = set()
    renamed: list[PromptMessage] = []
    ids: dict[str, list[str]] = {}  # of the last message with calls, in their order
    for message in messages:
        if message.calls:
            ids = {}
            for call in message.calls:
                ids.setdefault(call.id, []).append(_free_id(call.id, rule, taken))
        waiting = {call_id: iter(safe) for call_id, safe in ids.items()}
        parts = tuple(
            replace(part, id=next(waiting.get(part.id, iter(())), part.id), name=_safe_name(part.name))
            if isinstance(part, ToolCall)
            else part
            for part in message.parts
        )
        renamed.append(message if parts == message.parts else replace(message, parts=parts))
    return renamed


def _free_id(call_id: str, rule: CallIds, taken: set[str]) -> str:
    """Return the id that a call has for the provider, the same one in every request of a run."""
    safe = next(name for name in _candidates(call_id, rule) if rule.allow(name) and name not in taken)
    taken.add(safe)
    return safe


def _candidates(call_id: str, rule: CallIds) -> Iterator[str]:
    yield call_id
    if rule.signs:
        yield re.sub(r"[^a-zA-Z0-9_-]", "_", call_id)
    for number in itertools.count():
        yield hashlib.sha256(f"{call_id} {number}".encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def _safe_name(name: str) -> str:
    return name if NAME.fullmatch(name) else re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "tool"


def _answering_results(messages: Iterable[PromptMessage]) -> Iterator[PromptMessage]:
    """Yield the messages; where a person speaks right after results, the model has said something before."""
    before = ""
    for message in messages:
        if before == "tool" and message.role == "user":
            yield PromptMessage.of("assistant", READ)
        yield message
        before = message.role
