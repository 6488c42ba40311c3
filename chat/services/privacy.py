"""A person's chats: erasing, exporting, and deleting them after their retention period."""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from chat.models import Conversation, Message
from chat.services.organise.conversations import erase as erase_conversations

log = logging.getLogger(__name__)
BATCH_SIZE: Final = 500


def erase(user: User) -> None:
    """Delete all conversations, those in the bin, too. What else is the person's goes with the account.

    Others' chats in the person's shared projects stay, unassigned (security case 11).
    """
    while ids := list(Conversation.objects.filter(owner=user).order_by("id").values_list("id", flat=True)[:BATCH_SIZE]):
        erase_conversations(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_conversation SET project_id = NULL WHERE project_id IN"
            " (SELECT id FROM chat_project WHERE owner_id = %s)",
            [user.id],
        )
        cursor.execute("DELETE FROM chat_project WHERE owner_id = %s", [user.id])


def export(user: User) -> Iterator[tuple[str, Any]]:
    """Yield every conversation with all its branches, then projects and bookmarks."""
    yield (
        "projects",
        list(user.projects.order_by("created_at").values("id", "name", "description", "instructions", "created_at")),
    )
    yield "bookmarks", list(user.bookmarks.order_by("position").values("name", "description"))
    yield "conversations", _conversations(user)


def _conversations(user: User) -> Iterator[dict[str, Any]]:
    rows = (
        Conversation.objects.filter(owner=user, deleted_at=None)
        .order_by("created_at", "id")
        .prefetch_related("bookmarks")
    )
    for conversation in rows.iterator(chunk_size=50):
        messages = Message.objects.filter(conversation=conversation).order_by("created_at", "id")
        yield {
            "id": conversation.id,
            "title": conversation.title,
            "endpoint": conversation.endpoint,
            "model": conversation.model,
            "settings": conversation.settings,
            "projectId": conversation.project_id,
            "bookmarks": [bookmark.name for bookmark in conversation.bookmarks.all()],
            "archivedAt": conversation.archived_at,
            "createdAt": conversation.created_at,
            "updatedAt": conversation.updated_at,
            "messages": [
                {
                    "id": row.id,
                    "parentId": row.parent_id,
                    "author": row.author,
                    "model": row.model,
                    "parts": row.parts,
                    "quotes": row.quotes,
                    "feedback": row.feedback,
                    "usage": row.usage,
                    "createdAt": row.created_at,
                    "editedAt": row.edited_at,
                }
                for row in messages.iterator(chunk_size=200)
            ],
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """One run of the retention job: conversations deleted for good, of how many people, and whether more is due."""

    conversations: int
    people: int
    unfinished: bool = False


def retention_of() -> dict[UUID, int]:
    """Return for how many days each person's chats are kept: the shortest of the role's and the groups'.

    People whose chats are kept for good are left out. Two queries.
    """
    by_role = dict(User.objects.filter(role__retention_days__isnull=False).values_list("id", "role__retention_days"))
    by_group = (
        User.objects.filter(memberships__group__retention_days__isnull=False)
        .annotate(days=Min("memberships__group__retention_days"))
        .values_list("id", "days")
    )
    for person, days in by_group:
        by_role[person] = min(days, by_role.get(person, days))
    return {person: days for person, days in by_role.items() if days is not None}


def retain(*, seconds: float = math.inf) -> Kept:
    """Delete the chats that nobody touched for longer than they are kept; pinned ones stay. Returns the report.

    Ends after so many `seconds` with what is due by then; another run goes on from there.

    Where anybody's chats are limited, the report is in the audit log, too: of how many people they are, and how much of
    how many was deleted.
    Safe to run twice at once; a chat in which a reply is being written is not old.
    """
    conversations, people, unfinished = 0, 0, False
    end = time.monotonic() + seconds
    now = timezone.now()
    limited = retention_of()
    for person, days in sorted(limited.items()):
        deleted = 0
        old = Conversation.objects.filter(
            owner=person, pin_position=None, updated_at__lt=now - timedelta(days=days)
        ).order_by("id")
        while not (unfinished := time.monotonic() > end):
            with transaction.atomic():
                ids = list(old.select_for_update(skip_locked=True).values_list("id", flat=True)[:BATCH_SIZE])
                if not ids:
                    break
                erase_conversations(ids)
                deleted += len(ids)
        conversations, people = conversations + deleted, people + bool(deleted)
        if unfinished:
            break
    after = {"limited": len(limited), "people": people, "conversations": conversations}
    if limited:
        audit.record(actor=None, action="retention.run", target=audit.AuditTarget("retention", ""), after=after)
    log.info("retention: %d conversations of %d people deleted", conversations, people)
    return Kept(conversations, people, unfinished)
