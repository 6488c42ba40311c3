"""The branch on view: which messages a page shows, and moving between siblings."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Window
from django.db.models.functions import Lag, Lead, RowNumber
from django.utils import timezone

from accounts.models import User
from chat import access
from chat.models import Conversation, Message

MESSAGES_PER_PAGE = 30
FARTHEST = 200  # messages shown at once to reach one far up
LEAD = 4  # messages shown above the one that was asked for

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

# Every fork from the root down to a message, in one statement. What already leads there is not written again.
_SHOW = """
WITH RECURSIVE up(id, parent_id) AS (
    SELECT id, parent_id FROM chat_message WHERE id = %(message)s
  UNION
    SELECT m.id, m.parent_id FROM up JOIN chat_message m ON m.id = up.parent_id
), root AS (
    UPDATE chat_conversation c SET chosen_root_id = up.id FROM up
    WHERE up.parent_id IS NULL AND c.id = %(conversation)s AND c.chosen_root_id IS DISTINCT FROM up.id
)
UPDATE chat_message m SET chosen_child_id = up.id, updated_at = %(now)s FROM up
WHERE m.id = up.parent_id AND m.chosen_child_id IS DISTINCT FROM up.id
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands among the children of its parent, in order of time; `index` counts from 1."""

    index: int
    count: int
    previous_id: UUID | None
    next_id: UUID | None


@dataclass(frozen=True, slots=True)
class MessageWindow:
    """Consecutive messages of the branch on view, oldest first, each with its place among its siblings."""

    messages: list[Message]
    places: dict[UUID, Place]
    has_earlier: bool
    ends_branch: bool
    leaf_id: UUID | None = None  # the last message of the branch, here or further down


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


def window_of_messages(
    *, conversation: Conversation, before: UUID | None = None, at: UUID | None = None, limit: int = MESSAGES_PER_PAGE
) -> MessageWindow:
    """Return the last `limit` messages of the branch on view, or the last ones before message `before`.

    With `at`, a message of the branch, the window begins a little above it; it goes on to the end unless that
    is far away. Three queries, whatever the length of the conversation.
    """
    path = path_ids(conversation.id)
    end = path.index(before) if before in path else len(path)
    start = max(0, end - limit)
    if at in path and path.index(at) < start + LEAD:
        start = max(0, path.index(at) - LEAD)
        end = end if end - start <= FARTHEST else start + limit
    shown = path[start:end]
    rows = Message.objects.in_bulk(shown)
    return MessageWindow(
        messages=[rows[message_id] for message_id in shown],
        places=places(rows[message_id] for message_id in shown),
        has_earlier=start > 0,
        ends_branch=end == len(path),
        leaf_id=path[-1] if path else None,
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
    return {message_id: Place(*rest) for message_id, *rest in rows if message_id in ids}


def choose(*, user: User, message_id: UUID) -> Message:
    """Put the branch through `message_id` on view, at its own fork only. Raises `Http404`."""
    message = access.message_for(user, message_id, also_deleted=True)
    with transaction.atomic():
        if message.parent_id is None:
            Conversation.objects.filter(id=message.conversation_id).update(chosen_root=message)
        else:
            Message.objects.filter(id=message.parent_id).update(chosen_child=message, updated_at=timezone.now())
    return message


def show(*, user: User, message_id: UUID) -> Message:
    """Put the branch through `message_id` on view, at every fork above it. Raises `Http404`.

    One statement, which writes nothing when the message is on view already.
    """
    message = access.message_for(user, message_id, also_deleted=True)
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, {"message": message.id, "conversation": message.conversation_id, "now": timezone.now()})
    return message
