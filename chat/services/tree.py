"""The branch on view: which messages a page shows, and how a person moves between siblings."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Window
from django.db.models.functions import Lag, Lead, RowNumber
from django.utils import timezone

from accounts.models import User
from chat import doors
from chat.models import Conversation, Message

SCREENFUL = 30

# From the root down: at each step the chosen child, else the newest one. Only ids, so that a branch of
# thousands of messages costs milliseconds; the rows on screen are fetched afterwards.
_PATH = """
WITH RECURSIVE path(id, depth) AS (
    SELECT coalesce(c.chosen_root_id, (
        SELECT m.id FROM chat_message m WHERE m.conversation_id = c.id AND m.parent_id IS NULL
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1)), 1
    FROM chat_conversation c WHERE c.id = %(conversation)s
  UNION ALL
    SELECT coalesce(m.chosen_child_id, (
        SELECT k.id FROM chat_message k WHERE k.conversation_id = m.conversation_id AND k.parent_id = m.id
        ORDER BY k.created_at DESC, k.id DESC LIMIT 1)), path.depth + 1
    FROM path JOIN chat_message m ON m.id = path.id
    -- No path is longer than there are messages: a cycle in stored data ends here instead of nowhere.
    WHERE path.depth < (SELECT count(*) FROM chat_message WHERE conversation_id = %(conversation)s)
)
SELECT id FROM path WHERE id IS NOT NULL ORDER BY depth
"""


# From a message up to its root. UNION instead of UNION ALL: a cycle in stored data ends where it began.
_ANCESTORS = """
WITH RECURSIVE up(id, parent_id) AS (
    SELECT id, parent_id FROM chat_message WHERE id = %(message)s
  UNION
    SELECT m.id, m.parent_id FROM up JOIN chat_message m ON m.id = up.parent_id
)
SELECT id FROM up WHERE id <> %(message)s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands among the children of its parent, in order of time; `index` counts from 1."""

    index: int
    count: int
    previous_id: UUID | None
    next_id: UUID | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive messages of the branch on view, oldest first, each with its place among its siblings."""

    messages: list[Message]
    places: dict[UUID, Place]
    has_earlier: bool
    ends_branch: bool


def path_ids(conversation_id: UUID) -> list[UUID]:
    """Return the ids of the branch on view, from the root to the leaf."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH, {"conversation": conversation_id})
        return list(dict.fromkeys(row[0] for row in cursor.fetchall()))


def ancestor_ids(message_id: UUID) -> list[UUID]:
    """Return the ids of the messages above this one, nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ANCESTORS, {"message": message_id})
        return [row[0] for row in cursor.fetchall()]


def stretch(*, conversation: Conversation, before: UUID | None = None, limit: int = SCREENFUL) -> Stretch:
    """Return the last `limit` messages of the branch on view, or the last ones before message `before`.

    Three queries, whatever the length of the conversation.
    """
    path = path_ids(conversation.id)
    end = path.index(before) if before in path else len(path)
    shown = path[max(0, end - limit) : end]
    rows = Message.objects.defer("search").in_bulk(shown)
    return Stretch(
        messages=[rows[each] for each in shown],
        places=places(rows[each] for each in shown),
        has_earlier=end - limit > 0,
        ends_branch=end == len(path),
    )


def places(messages: Iterable[Message]) -> dict[UUID, Place]:
    """Return the place of each message among its siblings. One query."""
    wanted = list(messages)
    if not wanted:
        return {}
    parents = {message.parent_id for message in wanted}
    order = [F("created_at").asc(), F("id").asc()]
    fork = [F("conversation_id"), F("parent_id")]
    siblings = Message.objects.filter(conversation_id__in={message.conversation_id for message in wanted})
    siblings = siblings.filter(parent_id__in=parents - {None}) | (
        siblings.filter(parent_id__isnull=True) if None in parents else siblings.none()
    )
    rows = siblings.annotate(
        place=Window(RowNumber(), partition_by=fork, order_by=order),
        total=Window(Count("id"), partition_by=fork),
        before=Window(Lag("id"), partition_by=fork, order_by=order),
        after=Window(Lead("id"), partition_by=fork, order_by=order),
    ).values_list("id", "place", "total", "before", "after")
    ids = {message.id for message in wanted}
    return {each: Place(*rest) for each, *rest in rows if each in ids}


def choose(*, user: User, message_id: UUID) -> Message:
    """Put the branch through `message_id` on view, at its own fork only. Raises `Http404`."""
    message = doors.message_for(user, message_id)
    with transaction.atomic():
        if message.parent_id is None:
            Conversation.objects.filter(id=message.conversation_id).update(chosen_root=message)
        else:
            Message.objects.filter(id=message.parent_id).update(chosen_child=message, updated_at=timezone.now())
    return message
