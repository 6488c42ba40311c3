"""The one event vocabulary: what a model, a tool or a run can say, whoever the provider is.

Adapters yield these, the generator logs them, the reducer (`messages.reducer`) folds them into a message. A message is
written part by part: a part starts, grows, is updated and ends, whatever its kind. The union is closed: a provider's
unknown event never becomes one of these.

On the wire (the stream log) an event is a JSON list ``[tag, ...]``; `to_wire` and `from_wire` are inverse.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from messages.parts import Part, from_json, parts_from_json, parts_to_json, to_json

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "stopped", "budget", "limit"]
# stop: the model ended by itself; length: the provider's token limit; stopped: a person pressed Stop;
# budget: the credit held for the run was used up; limit: the run's own limit on tool rounds.


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the message holds at this point, whole: a run that goes on from an earlier one (*Continue*) begins with
    it, and a log that had to be written anew does. It replaces whatever was known before."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PartStarted:
    """A part begins. `index` is its place in the message; a model call counts its own parts, from 0."""

    index: int
    part: Part


@dataclass(frozen=True, slots=True)
class PartDelta:
    """More of the text by which a part grows (`messages.part_base.KnownPart.growing`)."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class PartUpdated:
    """The part is another now: a result has come, a signature. The text by which it has grown stays as it is where the
    new part's is empty, so that nothing is sent twice."""

    index: int
    part: Part


@dataclass(frozen=True, slots=True)
class PartEnded:
    """The part grows no more; it may still be updated."""

    index: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call. `input_tokens` excludes both cache counts; `output_tokens` includes reasoning.

    `cache_write_1h_tokens` are those of the cache writes that are kept for an hour instead of five minutes.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    estimated: bool = False
    cache_write_1h_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason = "stop"


@dataclass(frozen=True, slots=True)
class Failed:
    """The call cannot go on. `code` is a key of `endpoints.services.failure_words`; `detail` is for the log, never for
    the page.

    `wait` is for how many seconds the provider wants to be left alone, if it said so. `settings` are the parameters
    that it refuses, by their keys.
    """

    code: str
    detail: str = ""
    wait: int = 0
    settings: tuple[str, ...] = ()


Event: TypeAlias = Snapshot | PartStarted | PartDelta | PartUpdated | PartEnded | Usage | Finished | Failed
TERMINAL = (Finished, Failed)

_BY_TAG: Final[dict[str, type[Event]]] = {
    "s": Snapshot,
    "b": PartStarted,
    "d": PartDelta,
    "p": PartUpdated,
    "l": PartEnded,
    "u": Usage,
    "f": Finished,
    "e": Failed,
}
_TAGS: Final = {kind: tag for tag, kind in _BY_TAG.items()}
_FIELDS: Final = {kind: tuple(kind.__dataclass_fields__) for kind in _TAGS}


def to_wire(event: Event) -> list[Any]:
    """Return ``[tag, field, ...]``, every value plain JSON."""
    if isinstance(event, Snapshot):
        return [_TAGS[Snapshot], parts_to_json(event.parts)]
    kind = type(event)
    if isinstance(event, PartStarted | PartUpdated):
        return [_TAGS[kind], event.index, to_json(event.part)]
    row = [_TAGS[kind], *(getattr(event, name) for name in _FIELDS[kind])]
    if kind in {Failed, Usage} and not row[-1]:
        row.pop()  # the release before knew no settings, and no writes for an hour
    return row


def from_wire(row: list[Any]) -> Event:
    """Inverse of `to_wire`. Raises `ValueError` for an unknown tag."""
    try:
        kind = _BY_TAG[row[0]]
    except (KeyError, IndexError, TypeError):
        raise ValueError(f"unknown event {row[:1]!r}") from None
    if kind is Snapshot:
        return Snapshot(parts_from_json(row[1]))
    if kind is PartStarted or kind is PartUpdated:
        return kind(row[1], from_json(row[2]))
    if kind is Failed:
        code, detail, wait, *settings = row[1:]
        return Failed(code, detail, wait, tuple(settings[0]) if settings else ())
    return kind(*row[1:])


def offset_step(event: Event) -> int:
    """Return how far the event moves a log's position: the characters of a delta, else 1 (`Snapshot`: 0)."""
    if isinstance(event, PartDelta):
        return len(event.text)
    return 0 if isinstance(event, Snapshot) else 1
