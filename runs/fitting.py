"""What of a prompt fits into the context window: first results of tools are cut short, then turns are left out."""

from collections.abc import Callable, Iterator, Sequence

from endpoints.providers.base import PromptMessage
from endpoints.services.history import SHORT_RESULT, longest_result, shortened

Size = Callable[[PromptMessage], int]


def fitted(messages: Sequence[PromptMessage], *, size: Size, room: int, last_turn: int) -> list[PromptMessage]:
    """Return the system prompt and as many of the latest turns as fit into `room` tokens; empty when not one does.

    The turn from `last_turn` on is never parted: it is what is asked now, and the reply as far as it is written. Before
    an earlier turn is left out, the results of its calls are cut short; those of the reply itself are when there is
    not enough room for it alone.
    """
    sizes = list(map(size, messages))
    if sum(sizes) <= room:
        return list(messages)
    kept = fit(messages, sizes=sizes, room=room, last_turn=last_turn)
    if kept:
        return _with_short_results(messages, sizes, kept, size=size, room=room, last_turn=last_turn)
    beginning = _beginning(messages)
    turn = _squeezed(messages[last_turn:], size=size, room=room - sum(sizes[:beginning]))
    rest = [*messages[:beginning], *turn]
    return fit(rest, sizes=list(map(size, rest)), room=room, last_turn=beginning)


def fit(
    messages: Sequence[PromptMessage], *, sizes: Sequence[int], room: int, last_turn: int | None = None
) -> list[PromptMessage]:
    """Return the system prompt and the latest turns that fit as they are, none of them in part.

    A turn is a person's message and everything up to the next one, so calls of tools stay with their results.
    """
    beginning = _beginning(messages)
    last_turn = len(messages) - 1 if last_turn is None else last_turn
    left = room - sum(sizes[:beginning])
    kept_from = len(messages)
    needed = 0
    for index in range(len(messages) - 1, beginning - 1, -1):
        needed += sizes[index]
        if needed > left:
            break
        if index <= last_turn and (messages[index].role == "user" or index == beginning):
            kept_from = index
    return [*messages[:beginning], *messages[kept_from:]] if kept_from < len(messages) else []


def _beginning(messages: Sequence[PromptMessage]) -> int:
    """Return how many messages at the beginning are the system prompt."""
    return next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))


def _with_short_results(
    messages: Sequence[PromptMessage],
    sizes: Sequence[int],
    kept: Sequence[PromptMessage],
    *,
    size: Size,
    room: int,
    last_turn: int,
) -> list[PromptMessage]:
    """Return the turns that fit when the results of those that would be left out are cut short."""
    whole = set(map(id, kept))
    cut = [message if id(message) in whole else shortened(message) for message in messages]
    changed = [before is not after for before, after in zip(messages, cut, strict=True)]
    if not any(changed):
        return list(kept)
    sizes = [size(message) if new else known for message, known, new in zip(cut, sizes, changed, strict=True)]
    return fit(cut, sizes=sizes, room=room, last_turn=last_turn)


def _squeezed(turn: Sequence[PromptMessage], *, size: Size, room: int) -> list[PromptMessage]:
    """Return a turn with the results in it cut as far as it must be: the oldest first, the latest at the end."""
    turn = list(turn)
    sizes = list(map(size, turn))
    for place, length in _cuts(turn):
        if sum(sizes) <= room:
            break
        cut = shortened(turn[place], length)
        if cut is not turn[place]:
            turn[place], sizes[place] = cut, size(cut)
    return turn


def _cuts(turn: Sequence[PromptMessage]) -> Iterator[tuple[int, int]]:
    """Yield which message is cut next, and to how many characters of each result."""
    calling = [place for place, message in enumerate(turn) if longest_result(message)]
    yield from ((place, SHORT_RESULT) for place in calling[:-1])
    if calling:
        length = longest_result(turn[calling[-1]])
        while (length := length // 2) > SHORT_RESULT:
            yield calling[-1], length
    yield from ((place, length) for length in (SHORT_RESULT, 0) for place in calling)
