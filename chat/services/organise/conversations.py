"""Listing, renaming, archiving and deleting conversations."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import access
from chat.models import Conversation, ConversationQuerySet, Generation
from chat.services.model_settings import ModelSettings
from chat.services.notices import notify
from chat.services.turns.ending import cancel_for_deletion

PAGE = 30
TITLE_LIMIT = 1024


class BadTitle(ValueError):
    """The title cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Conversations, latest first; each has `is_running`. `next_cursor` is None on the last page."""

    items: list[Conversation]
    next_cursor: str | None


SORTS = {"updatedAt": "updated_at", "createdAt": "created_at", "archivedAt": "archived_at", "title": "title"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def page(
    *,
    user: User,
    cursor: str | None = None,
    limit: int = PAGE,
    among: ConversationQuerySet | None = None,
    sort: str = "updatedAt",
    descending: bool = True,
) -> Page:
    """Return one page of `user`'s conversations (those of the sidebar unless `among` says otherwise).

    `sort` is a key of `SORTS`. A cursor that cannot be read, or is another order's, gives the first page. One query,
    by index in the sidebar's order, whatever the number of rows.
    """
    field = SORTS[sort]
    rows = (among if among is not None else Conversation.objects.listed()).visible_to(user)
    if field == "archived_at":
        rows = rows.annotate(sorted_by=Coalesce("archived_at", Value(_EPOCH)))
        field = "sorted_by"
    if position := _decode(cursor, field):
        value, last_id = position
        beyond, until = ("lt", "lte") if descending else ("gt", "gte")
        # The first condition alone is the index's range; the second makes the order total.
        rows = rows.filter(**{f"{field}__{until}": value})
        rows = rows.filter(Q(**{f"{field}__{beyond}": value}) | Q(**{f"id__{beyond}": last_id}))
    running = Generation.objects.filter(conversation=OuterRef("pk"), state__in=Generation.OPEN)
    sign = "-" if descending else ""
    rows = rows.annotate(is_running=Exists(running)).order_by(f"{sign}{field}", f"{sign}id")
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Page(items=found[:limit], next_cursor=_encode(found[limit - 1], field) if more else None)


def rename(*, user: User, conversation_id: UUID, title: str) -> Conversation:
    """Give the conversation a title of the person's own. Raises `BadTitle`, `Http404`."""
    conversation = access.conversation_for(user, conversation_id)
    cleaned = " ".join(title.replace("\x00", " ").split())[:TITLE_LIMIT]
    if not cleaned:
        raise BadTitle(_("Write a title first."))
    conversation.title = cleaned
    conversation.titled_by = Conversation.TitledBy.PERSON
    conversation.save(update_fields=["title", "titled_by"])
    notify(user.id, "title", {"conversation": str(conversation.id), "title": cleaned})
    return conversation


def set_parameters(*, user: User, conversation_id: UUID, settings: ModelSettings) -> None:
    """Set what the conversation's model is asked with, from the next turn on. Raises `Http404`."""
    found = access.conversation_for(user, conversation_id)
    found.settings = settings.to_json()
    found.save(update_fields=["settings"])


def archive(*, user: User, conversation_ids: Sequence[UUID], archived: bool) -> list[Conversation]:
    """Put conversations away, or bring them back; all or nothing. What is put away is pinned no more.

    Being put away is no activity: the times of change stay. Raises `Http404` when one is not this person's.
    """
    with transaction.atomic():
        found = access.conversations_for(user, conversation_ids)
        now = timezone.now()
        for conversation in found:
            conversation.archived_at = (conversation.archived_at or now) if archived else None
            conversation.pin_position = None if archived else conversation.pin_position
        Conversation.objects.bulk_update(found, ["archived_at", "pin_position"])
        _tell(user, [each.id for each in found] if archived else [])
    return found


def archive_all(*, user: User) -> int:
    """Put every conversation of the sidebar away; return how many there were."""
    with transaction.atomic():
        rows = Conversation.objects.listed().visible_to(user)
        ids = list(rows.select_for_update().values_list("id", flat=True))
        Conversation.objects.filter(id__in=ids).update(archived_at=timezone.now(), pin_position=None)
        _tell(user, ids)
    return len(ids)


def _tell(user: User, gone: Sequence[UUID]) -> None:
    """Tell the person's tabs that the list changed, and what is no longer in it."""
    notify(user.id, "list", {})
    if gone:
        notify(user.id, "gone", {"conversations": [str(each) for each in gone]})


def delete(*, user: User, conversation_id: UUID) -> int:
    """Delete the conversation with everything in it; return the number of messages. Raises `Http404`.

    A run that writes into it is stopped; what it had cost stays in the ledger.
    """
    conversation = access.conversation_for(user, conversation_id)
    return _delete(user, [conversation.id])


def delete_all(*, user: User) -> int:
    """Delete every conversation of `user`; return the number of messages."""
    ids = list(Conversation.objects.visible_to(user).values_list("id", flat=True))
    return _delete(user, ids)


def _delete(user: User, ids: list[UUID]) -> int:
    with transaction.atomic():
        messages = erase(ids)
        _tell(user, ids)
    return messages


def erase(ids: list[UUID]) -> int:
    """Delete conversations by a few statements: the collector would load every message to look for its children.

    Locks the conversations' rows: a turn that begins meanwhile is deleted too, or finds nothing.
    """
    with transaction.atomic():
        list(Conversation.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id"))
        cancel_for_deletion(Generation.objects.filter(conversation_id__in=ids))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM chat_generation WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_message WHERE conversation_id = ANY(%s)", [ids])
            messages = int(cursor.rowcount)
            cursor.execute("DELETE FROM chat_conversation_tags WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_conversation WHERE id = ANY(%s)", [ids])
    return messages


def _encode(conversation: Conversation, field: str) -> str:
    value = getattr(conversation, field)
    primary = value.isoformat() if isinstance(value, datetime) else value
    words = json.dumps({"primary": primary, "secondary": field, "id": str(conversation.id)})
    return base64.urlsafe_b64encode(words.encode()).decode()


def _decode(cursor: str | None, field: str) -> tuple[datetime | str, UUID] | None:
    if not cursor:
        return None
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        primary, last_id = read["primary"], UUID(read["id"])
        if read["secondary"] != field or not isinstance(primary, str) or "\x00" in primary:
            return None
        if field == "title":
            primary.encode()
            return primary, last_id
        parsed = datetime.fromisoformat(primary)
        return (parsed, last_id) if parsed.tzinfo else None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        return None
