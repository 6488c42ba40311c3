"""What is done to many conversations at once, all or nothing; and undone, as far as they are still there.

The way back is a signed text that the page keeps: it names exactly what was changed, for whom, and ends by itself.
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
from chat.models import Conversation, Generation, Project
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
        found = access.conversations_for(user, ids)
        before = {str(each.id): each.pin_position for each in found if not each.is_archived}
        conversations.archive(user=user, conversation_ids=ids, archived=True)
    return Done(len(found), _sign(user, "archive", before))


def delete(*, user: User, ids: Sequence[UUID]) -> Done:
    """Delete conversations, for ten minutes only from view; what writes in them is stopped. Raises `Http404`."""
    with transaction.atomic():
        found = access.conversations_for(user, ids)
        _hide(user, [each.id for each in found], timezone.now())
    return Done(len(found), _sign(user, "delete", {str(each.id): None for each in found}))


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
    for run in Generation.objects.filter(conversation__in=ids, state__in=Generation.OPEN):
        turns.stop(user=user, generation_id=run.id)
    Conversation.objects.filter(id__in=ids).update(deleted_at=now)
    notify(user.id, "list", {})
    notify(user.id, "gone", {"conversations": [str(each) for each in ids]})


def move(*, user: User, ids: Sequence[UUID], project_id: UUID | None) -> Done:
    """Move conversations into a project, or out of any. Raises `Http404`."""
    with transaction.atomic():
        found = access.conversations_for(user, ids)
        before = {str(each.id): [_text(each.project_id), _text(project_id)] for each in found}
        projects.put(user=user, conversation_ids=ids, project_id=project_id)
    return Done(len(found), _sign(user, "move", before))


def tag(*, user: User, ids: Sequence[UUID], tag_id: UUID) -> Done:
    """Put a bookmark on conversations. Raises `Http404`."""
    with transaction.atomic():
        found = access.conversations_for(user, ids)
        wanted = access.tag_for(user, tag_id)
        bearing = set(wanted.conversations.filter(id__in=[each.id for each in found]).values_list("id", flat=True))
        fresh = [each for each in found if each.id not in bearing]
        wanted.conversations.add(*fresh)
        notify(user.id, "list", {})
    return Done(len(found), _sign(user, "tag", {str(each.id): str(tag_id) for each in fresh}))


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
    ids = [UUID(each) for each in before]
    with transaction.atomic():
        rows = Conversation.objects.filter(owner=user, id__in=ids).select_for_update()
        found = {str(each.id): each for each in rows.order_by("id")}
        if not found and ids:
            raise TooLate
        _BACK[action](user, found, before)
        notify(user.id, "list", {})
    return len(found)


def _unarchive(user: User, found: dict[str, Conversation], before: dict[str, Any]) -> None:
    for key, conversation in found.items():
        conversation.archived_at, conversation.pin_position = None, before[key]
    Conversation.objects.bulk_update(found.values(), ["archived_at", "pin_position"])


def _undelete(user: User, found: dict[str, Conversation], before: dict[str, Any]) -> None:
    Conversation.objects.filter(id__in=found).update(deleted_at=None)


def _undelete_all(user: User, at: str) -> int:
    with transaction.atomic():
        rows = Conversation.objects.filter(owner=user, deleted_at=datetime.fromisoformat(at)).select_for_update()
        count = Conversation.objects.filter(id__in=[each.id for each in rows.order_by("id")]).update(deleted_at=None)
        if not count:
            raise TooLate
        notify(user.id, "list", {})
    return count


def _move_back(user: User, found: dict[str, Conversation], before: dict[str, Any]) -> None:
    """What was moved on meanwhile stays where it is now."""
    there = {str(each) for each in Project.objects.visible_to(user).values_list("id", flat=True)}
    back = [each for key, each in found.items() if _text(each.project_id) == before[key][1]]
    for conversation in back:
        previous = before[str(conversation.id)][0]
        conversation.project_id = UUID(previous) if previous in there else None
    Conversation.objects.bulk_update(back, ["project"])


def _untag(user: User, found: dict[str, Conversation], before: dict[str, Any]) -> None:
    for each in user.tags.filter(id__in=set(before.values())):
        each.conversations.remove(*found.values())


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
