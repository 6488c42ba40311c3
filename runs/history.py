"""The branch before a reply, as the database tells it when a run is claimed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chat.models import Message
from chat.services.quotes import with_quotes
from chat.services.results import put_back
from endpoints.catalog import registry
from endpoints.providers.base import PromptMessage
from endpoints.services.prompts import is_blank
from messages.parts import Part, StoredResult, ToolCall, parts_from_json

LOADED_CHARACTERS: Final = 2_000_000  # of the long results of one branch

# The parts of a reply, where a model reads more of them than their text; else NULL: most replies are text and thoughts,
# and of those only the text is read. `Message.beyond_text` tells without a look into them.
_PARTS: Final = "CASE WHEN m.beyond_text OR ({thinks} AND m.author = 'assistant') THEN m.parts END"
# The path from the reply's parent to the root, for all claimed runs at once. A path that meets a cycle in
# stored data ends at the number of messages of its conversation.
BRANCHES: Final = f"""
WITH RECURSIVE path(run, thinks, id, parent_id, author, text, quotes, parts, depth) AS (
    SELECT g.id, reply.endpoint = ANY(%(thinking)s), m.id, m.parent_id, m.author, m.text, m.quotes,
        {_PARTS.format(thinks="reply.endpoint = ANY(%(thinking)s)")}, 0
    FROM chat_generation g JOIN chat_message reply ON reply.id = g.message_id
    JOIN chat_message m ON m.id = reply.parent_id WHERE g.id = ANY(%(ids)s)
  UNION ALL
    SELECT path.run, path.thinks, m.id, m.parent_id, m.author, m.text, m.quotes,
        {_PARTS.format(thinks="path.thinks")}, depth + 1
    FROM path JOIN chat_message m ON m.id = path.parent_id WHERE depth < 20000
)
SELECT run, id, author, text, quotes, parts FROM path ORDER BY run, depth DESC
"""


def values_of(ids: Sequence[UUID]) -> dict[str, Any]:
    """Return the values of `BRANCHES` for these runs."""
    # The endpoints whose models want the thoughts of all earlier replies back.
    return {"ids": list(ids), "thinking": registry.current().wanting_thoughts}


@dataclass(frozen=True, slots=True)
class Branches:
    """`messages` by run: one message of the prompt for each stored one, a reply with all its rounds.

    `so_far` has the parts of the replies that go on, by their ids. Long results are whole in both.
    """

    messages: Mapping[UUID, list[PromptMessage]]
    so_far: Mapping[UUID, Sequence[Part]]


def read(rows: Iterable[tuple[Any, ...]], continued: Mapping[UUID, Sequence[Part]]) -> Branches:
    """Return what the rows of `BRANCHES` tell. `continued`: the parts of the replies that go on, as they are stored.

    One query for the results that are stored beside their messages, if there are any.
    """
    rows = list(rows)
    typed = {row[1]: parts_from_json(row[5]) for row in rows if row[5] is not None}
    whole = put_back({**continued, **{message_id: typed[message_id] for message_id in _fitting(rows, typed)}})
    messages: dict[UUID, list[PromptMessage]] = {}
    for run_id, message_id, author, text, quotes, _parts in rows:
        if author == Message.Author.USER:
            message = PromptMessage.of("user", with_quotes(text, quotes))
        elif message_id in typed:
            message = PromptMessage("assistant", whole.get(message_id, typed[message_id]))
        else:
            message = PromptMessage.of("assistant", text)
        if message_id in typed or quotes or not is_blank(text):
            messages.setdefault(run_id, []).append(message)
    return Branches(messages, {message_id: whole[message_id] for message_id in continued})


def _fitting(rows: Sequence[tuple[Any, ...]], typed: Mapping[UUID, Sequence[Part]]) -> Iterator[UUID]:
    """Yield the replies whose long results are loaded, for each run the latest first: of the others no window has room
    for more than their beginnings."""
    loaded: Counter[UUID] = Counter()
    for run_id, message_id, *_ in reversed(rows):
        if message_id in typed:
            loaded[run_id] += sum(map(_stored_characters, typed[message_id]))
            if loaded[run_id] <= LOADED_CHARACTERS:
                yield message_id


def _stored_characters(part: Part) -> int:
    results = (part.result or ()) if isinstance(part, ToolCall) else ()
    return sum(result.characters for result in results if isinstance(result, StoredResult))
