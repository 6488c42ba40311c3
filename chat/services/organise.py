"""Listing, renaming and deleting conversations."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import User
from billing.services import holds
from chat import doors
from chat.models import Conversation, ConversationQuerySet, Generation
from chat.services.notices import notify
from chat.services.signals import announce_stop

PAGE = 30
TITLE_LIMIT = 1024


class BadTitle(ValueError):
    """The title cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Conversations, latest first; each has `is_running`. `next_cursor` is None on the last page."""

    items: list[Conversation]
    next_cursor: str | None


def page(
    *, user: User, cursor: str | None = None, limit: int = PAGE, among: ConversationQuerySet | None = None
) -> Page:
    """Return one page of `user`'s conversations (those of the sidebar unless `among` says otherwise).

    A cursor that cannot be read gives the first page. One query, by index, whatever the number of rows.
    """
    rows = (among if among is not None else Conversation.objects.listed()).visible_to(user)
    if position := _decode(cursor):
        moment, last_id = position
        # The first condition alone is the index's range; the second makes the order total.
        rows = rows.filter(updated_at__lte=moment).filter(Q(updated_at__lt=moment) | Q(id__lt=last_id))
    running = Generation.objects.filter(conversation=OuterRef("pk"), state__in=Generation.OPEN)
    rows = rows.annotate(is_running=Exists(running)).order_by("-updated_at", "-id")
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return Page(items=found[:limit], next_cursor=_encode(found[limit - 1]) if more else None)


def rename(*, user: User, conversation_id: UUID, title: str) -> Conversation:
    """Give the conversation a title of the person's own. Raises `BadTitle`, `Http404`."""
    conversation = doors.conversation_for(user, conversation_id)
    cleaned = " ".join(title.replace("\x00", " ").split())[:TITLE_LIMIT]
    if not cleaned:
        raise BadTitle(_("Write a title first."))
    conversation.title = cleaned
    conversation.titled_by = Conversation.TitledBy.PERSON
    conversation.save(update_fields=["title", "titled_by"])
    notify(user.id, "title", {"conversation": str(conversation.id), "title": cleaned})
    return conversation


def delete(*, user: User, conversation_id: UUID) -> int:
    """Delete the conversation with everything in it; return the number of messages. Raises `Http404`.

    A run that writes into it is stopped; what it had cost stays in the ledger.
    """
    conversation = doors.conversation_for(user, conversation_id)
    return _delete(user, [conversation.id])


def delete_all(*, user: User) -> int:
    """Delete every conversation of `user`; return the number of messages."""
    ids = list(Conversation.objects.visible_to(user).values_list("id", flat=True))
    return _delete(user, ids)


def _delete(user: User, ids: list[UUID]) -> int:
    """Delete by three statements: the collector would load every message to look for its children.

    Locks the conversations' rows: a turn that begins meanwhile is deleted too, or finds nothing.
    """
    with transaction.atomic():
        list(Conversation.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id"))
        queued = Generation.objects.filter(conversation_id__in=ids, state=Generation.State.QUEUED)
        for generation in queued.select_for_update():
            if generation.hold_id:
                holds.release(hold_id=generation.hold_id)
        running = Generation.objects.filter(conversation_id__in=ids, state=Generation.State.RUNNING)
        for generation_id in running.values_list("id", flat=True):
            announce_stop(generation_id)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM chat_generation WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_message WHERE conversation_id = ANY(%s)", [ids])
            messages = int(cursor.rowcount)
            cursor.execute("DELETE FROM chat_conversation_tags WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_conversation WHERE id = ANY(%s)", [ids])
        notify(user.id, "list", {})
    return messages


def _encode(conversation: Conversation) -> str:
    words = json.dumps([conversation.updated_at.isoformat(), str(conversation.id)])
    return base64.urlsafe_b64encode(words.encode()).decode()


def _decode(cursor: str | None) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        moment, last_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        parsed = datetime.fromisoformat(moment)
        return (parsed, UUID(last_id)) if parsed.tzinfo else None
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        return None
