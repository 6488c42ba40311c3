"""The branch before a reply, as the database tells it when a run is claimed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chat.models import Message
from chat.services.quotes import with_quotes
from endpoints.catalog import registry
from endpoints.providers.base import PromptMessage
from endpoints.services.history import BEYOND_TEXT
from endpoints.services.prompts import is_blank
from messages.parts import Reasoning, parts_from_json

# The parts of a reply, where a model reads more of them than their text; else NULL: most replies are text (and
# thoughts), which is read from its own column. A single part is none beyond text where there is text, so most values
# are not looked into.
_PARTS: Final = """
CASE WHEN m.author = 'assistant' AND (m.text = '' OR m.parts -> 1 IS NOT NULL)
    AND jsonb_path_exists(m.parts, CASE WHEN {thinks} THEN %(kinds_and_thoughts)s ELSE %(kinds)s END::jsonpath)
    THEN m.parts END
"""
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
    kinds = [kind.type for kind in BEYOND_TEXT]
    return {
        "ids": list(ids),
        "thinking": registry.current().wanting_thoughts,
        "kinds": _path_to(kinds),
        "kinds_and_thoughts": _path_to([*kinds, Reasoning.type]),
    }


def _path_to(kinds: Iterable[str]) -> str:
    return "$[*] ? (" + " || ".join(f'@.type == "{kind}"' for kind in kinds) + ")"


def of_rows(rows: Iterable[tuple[Any, ...]]) -> Mapping[UUID, list[PromptMessage]]:
    """Return the branches by run: one message of the prompt for each stored one, a reply with all its rounds."""
    branches: dict[UUID, list[PromptMessage]] = {}
    for run_id, _message_id, author, text, quotes, parts in rows:
        if author == Message.Author.USER:
            message = PromptMessage.of("user", with_quotes(text, quotes))
        elif parts is not None:
            message = PromptMessage("assistant", parts_from_json(parts))
        else:
            message = PromptMessage.of("assistant", text)
        if parts is not None or quotes or not is_blank(text):
            branches.setdefault(run_id, []).append(message)
    return branches
