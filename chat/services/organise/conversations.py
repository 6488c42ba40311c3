"""Listing, renaming, archiving and deleting conversations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import access
from chat.models import ApprovalRequest, Conversation, ConversationQuerySet, Run
from chat.services.model_settings import ModelSettings
from chat.services.notices import notify
from chat.services.turns.ending import cancel_for_deletion
from core.paging import Encoded, Keyset, Page
from core.refusal import Refusal

PAGE = 30
TITLE_LIMIT = 1024


class BadTitle(Refusal):
    """The title cannot be used; the text says why."""


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
) -> Page[Conversation]:
    """Return one page of `user`'s conversations (those of the sidebar unless `among` says otherwise).

    Each has `is_running`, and `is_asking` where a run asks its person something. `sort` is a key of `SORTS`. A cursor
    that cannot be read, or is another order's, gives the first page. One query, by index in the sidebar's order,
    whatever the number of rows.
    """
    field = SORTS[sort]
    rows = (among if among is not None else Conversation.objects.listed()).visible_to(user)
    if field == "archived_at":
        rows = rows.annotate(sorted_by=Coalesce("archived_at", Value(_EPOCH)))
        field = "sorted_by"
    # Of the person's few open runs, found once, not of each conversation's many.
    running = Run.objects.filter(owner=user, state__in=Run.BUSY).values("conversation")
    pending = ApprovalRequest.objects.filter(state=ApprovalRequest.State.PENDING)
    asking = pending.filter(run__owner=user, run__state=Run.State.WAITING).values("run__conversation")
    keyset = Keyset(field, Encoded(field, is_text=field == "title"), descending)
    rows = rows.annotate(is_running=_among(running), is_asking=_among(asking))
    return keyset.page(rows, cursor=cursor, limit=limit)


def _among(conversations: QuerySet[Any, Any]) -> "ExpressionWrapper[Q]":
    """Return whether a conversation is one of these, of which the ids are selected."""
    return ExpressionWrapper(Q(id__in=conversations), output_field=BooleanField())


def rename(*, user: User, conversation_id: UUID, title: str) -> Conversation:
    """Give the conversation a title of the person's own. Raises `BadTitle`, `Http404`."""
    conversation = access.conversation_for(user, conversation_id)
    cleaned = " ".join(title.replace("\x00", " ").split())[:TITLE_LIMIT]
    if not cleaned:
        raise BadTitle(_("Enter a title."))
    conversation.title = cleaned
    conversation.titled_by = Conversation.TitledBy.PERSON
    conversation.save(update_fields=["title", "titled_by"])
    notify(user.id, "title", {"conversation": str(conversation.id), "title": cleaned})
    return conversation


def set_parameters(*, user: User, conversation_id: UUID, settings: ModelSettings) -> None:
    """Set what the conversation's model is asked with, from the next turn on. Raises `Http404`."""
    conversation = access.conversation_for(user, conversation_id)
    conversation.settings = settings.to_json()
    conversation.save(update_fields=["settings"])


def archive(*, user: User, conversation_ids: Sequence[UUID], archived: bool) -> list[Conversation]:
    """Put conversations away, or bring them back; all or nothing. What is put away is pinned no more.

    Being put away is no activity: the times of change stay. Raises `Http404` when one is not this person's.
    """
    with transaction.atomic():
        selected = access.conversations_for(user, conversation_ids)
        now = timezone.now()
        for conversation in selected:
            conversation.archived_at = (conversation.archived_at or now) if archived else None
            conversation.pin_position = None if archived else conversation.pin_position
        Conversation.objects.bulk_update(selected, ["archived_at", "pin_position"])
        _tell(user, [conversation.id for conversation in selected] if archived else [])
    return selected


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
        notify(user.id, "gone", {"conversations": [str(conversation_id) for conversation_id in gone]})


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
        cancel_for_deletion(Run.objects.filter(conversation_id__in=ids))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM chat_generation WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_message WHERE conversation_id = ANY(%s)", [ids])
            messages = int(cursor.rowcount)
            cursor.execute("DELETE FROM chat_conversation_tags WHERE conversation_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_conversation WHERE id = ANY(%s)", [ids])
    return messages
