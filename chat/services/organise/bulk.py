"""Actions on many conversations at once, all or nothing, and undoing them for those that still exist.

The undo token is a signed text that the page keeps: it names exactly what was changed, and for whom, and expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, dumps, loads
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import access
from chat.models import Conversation, Project, Run
from chat.services.notices import notify
from chat.services.organise import conversations, projects
from chat.services.turns import turns
from core.refusal import Refusal

MAX_CHOSEN = 500
GRACE = timedelta(minutes=10)  # for how long what was deleted can be brought back
_SALT = "bulk"
BATCH_SIZE = 500


class TooLate(Refusal):
    """The way back is closed; the text says why."""

    status = 410
    default_message = gettext_lazy("This can no longer be undone.")


@dataclass(frozen=True, slots=True)
class Done:
    count: int
    undo: str  # for `undo`


def archive(*, user: User, ids: Sequence[UUID]) -> Done:
    """Archive conversations. Raises `Http404` when one is not this person's."""
    with transaction.atomic():
        selected = access.conversations_for(user, ids)
        before = {
            str(conversation.id): conversation.pin_position for conversation in selected if not conversation.is_archived
        }
        conversations.archive(user=user, conversation_ids=ids, archived=True)
    return Done(len(selected), _sign(user, "archive", before))


def delete(*, user: User, ids: Sequence[UUID]) -> Done:
    """Delete conversations, for ten minutes only from view; what writes in them is stopped. Raises `Http404`."""
    with transaction.atomic():
        selected = access.conversations_for(user, ids)
        _hide(user, [conversation.id for conversation in selected], timezone.now())
    return Done(len(selected), _sign(user, "delete", {str(conversation.id): None for conversation in selected}))


def delete_all(*, user: User, archived_only: bool = False) -> Done:
    """Delete every conversation of `user`, or the archived ones, as `delete` does. The way back names the moment."""
    now = timezone.now()
    with transaction.atomic():
        rows = Conversation.objects.visible_to(user)
        if archived_only:
            rows = rows.filter(archived_at__isnull=False, is_temporary=False)
        ids = list(rows.select_for_update().order_by("id").values_list("id", flat=True))
        _hide(user, ids, now)
    return Done(len(ids), _sign(user, "delete_all", {"at": now.isoformat()}))


def _hide(user: User, ids: Sequence[UUID], now: datetime) -> None:
    for run in Run.objects.filter(conversation__in=ids, state__in=Run.OPEN):
        turns.stop(user=user, run_id=run.id)
    Conversation.objects.filter(id__in=ids).update(deleted_at=now)
    notify(user.id, "list", {})
    notify(user.id, "gone", {"conversations": [str(conversation_id) for conversation_id in ids]})


def move(*, user: User, ids: Sequence[UUID], project_id: UUID | None) -> Done:
    """Move conversations into a project, or out of any. Raises `Http404`."""
    with transaction.atomic():
        selected = access.conversations_for(user, ids)
        before = {
            str(conversation.id): [_text(conversation.project_id), _text(project_id)] for conversation in selected
        }
        projects.put(user=user, conversation_ids=ids, project_id=project_id)
    return Done(len(selected), _sign(user, "move", before))


def bookmark(*, user: User, ids: Sequence[UUID], bookmark_id: UUID) -> Done:
    """Put a bookmark on conversations. Raises `Http404`."""
    with transaction.atomic():
        selected = access.conversations_for(user, ids)
        wanted = access.bookmark_for(user, bookmark_id)
        bearing = set(
            wanted.conversations.filter(id__in=[conversation.id for conversation in selected]).values_list(
                "id", flat=True
            )
        )
        fresh = [conversation for conversation in selected if conversation.id not in bearing]
        wanted.conversations.add(*fresh)
        notify(user.id, "list", {})
    return Done(len(selected), _sign(user, "tag", {str(conversation.id): str(bookmark_id) for conversation in fresh}))


def undo(*, user: User, token: str) -> int:
    """Take back what `token` stands for; return how many conversations it was. Raises `TooLate` and `Http404`."""
    try:
        owner, action, before = loads(token, salt=_SALT, max_age=GRACE)
    except BadSignature:
        raise TooLate from None
    if owner != str(user.id):
        raise Http404("This is not yours to undo.")
    if action == "delete_all":
        return _undelete_all(user, before["at"])
    ids = [UUID(conversation_id) for conversation_id in before]
    with transaction.atomic():
        rows = Conversation.objects.filter(owner=user, id__in=ids).select_for_update()
        by_id = {str(conversation.id): conversation for conversation in rows.order_by("id")}
        if not by_id and ids:
            raise TooLate
        _BACK[action](user, by_id, before)
        notify(user.id, "list", {})
    return len(by_id)


def _unarchive(user: User, by_id: dict[str, Conversation], before: dict[str, Any]) -> None:
    for key, conversation in by_id.items():
        conversation.archived_at, conversation.pin_position = None, before[key]
    Conversation.objects.bulk_update(by_id.values(), ["archived_at", "pin_position"])


def _undelete(user: User, by_id: dict[str, Conversation], before: dict[str, Any]) -> None:
    Conversation.objects.filter(id__in=by_id).update(deleted_at=None)


def _undelete_all(user: User, at: str) -> int:
    with transaction.atomic():
        rows = Conversation.objects.filter(owner=user, deleted_at=datetime.fromisoformat(at)).select_for_update()
        count = Conversation.objects.filter(id__in=[conversation.id for conversation in rows.order_by("id")]).update(
            deleted_at=None
        )
        if not count:
            raise TooLate
        notify(user.id, "list", {})
    return count


def _move_back(user: User, by_id: dict[str, Conversation], before: dict[str, Any]) -> None:
    """What was moved on meanwhile stays where it is now."""
    there = {str(project_id) for project_id in Project.objects.visible_to(user).values_list("id", flat=True)}
    back = [conversation for key, conversation in by_id.items() if _text(conversation.project_id) == before[key][1]]
    for conversation in back:
        previous = before[str(conversation.id)][0]
        conversation.project_id = UUID(previous) if previous in there else None
    Conversation.objects.bulk_update(back, ["project"])


def _untag(user: User, by_id: dict[str, Conversation], before: dict[str, Any]) -> None:
    for bookmark in user.bookmarks.filter(id__in=set(before.values())):
        bookmark.conversations.remove(*by_id.values())


_BACK = {"archive": _unarchive, "delete": _undelete, "move": _move_back, "tag": _untag}


def _text(project_id: UUID | None) -> str | None:
    return str(project_id) if project_id else None


def _sign(user: User, action: str, before: dict[str, Any]) -> str:
    return dumps([str(user.id), action, before], salt=_SALT, compress=True)


def purge() -> int:
    """Delete for good what was deleted long enough ago; return how many conversations.

    A minute later than the way back closes, and locked: what is being brought back right now is left alone.
    """
    with transaction.atomic():
        old = Conversation.objects.filter(deleted_at__lt=timezone.now() - GRACE - timedelta(minutes=1))
        ids = list(old.select_for_update(skip_locked=True).order_by("id").values_list("id", flat=True)[:BATCH_SIZE])
        if ids:
            conversations.erase(ids)
    return len(ids)
