"""Bookmarks: a person's own labels for conversations."""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.models.user import VISIBLE, can_be_seen
from accounts.services import permissions
from chat import access
from chat.models import Bookmark, Conversation
from chat.services.notices import notify
from core import quotas
from core.refusal import Refusal

NAME_LIMIT = 128
DESCRIPTION_LIMIT = 1_000


class BadBookmark(Refusal):
    """The bookmark cannot be called that. `field` names what is wrong."""

    def __init__(self, message: str, field: str = "name") -> None:
        super().__init__(message, field=field)


def listed(user: User) -> QuerySet[Bookmark]:
    """Return the person's bookmarks in their order, each with `count`, the conversations that bear it. One query."""
    return Bookmark.objects.filter(owner=user).annotate(count=_count()).order_by("position", "name")


def _count() -> Count:
    return Count("conversations", filter=Q(conversations__deleted_at=None))


def named(user: User, name: str) -> Bookmark | None:
    """Return the person's bookmark of this name, if there is one."""
    return Bookmark.objects.filter(owner=user, name=" ".join(name.split())).first()


def create(*, user: User, name: str, description: str = "", conversation_id: UUID | None = None) -> Bookmark:
    """Make a bookmark, at the end of the list, and put it on the conversation if one is named.

    Raises `BadBookmark` for a name that is empty, too long or taken, and `Http404`.
    """
    _check_permission(user)
    cleaned, description = _clean(name), _clean_description(description)
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id) if conversation_id else None
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        mine = Bookmark.objects.filter(owner=user)
        if mine.filter(name=cleaned).exists():
            raise BadBookmark(_("You already have a bookmark with this name."))
        if mine.count() >= quotas.most("bookmarks"):
            raise BadBookmark(_("You've reached the limit for bookmarks. Delete one first."))
        last = mine.aggregate(last=Max("position"))["last"]
        bookmark = Bookmark.objects.create(owner=user, name=cleaned, description=description, position=(last or 0) + 1)
        if conversation:
            conversation.bookmarks.add(bookmark)
        notify(user.id, "list", {})
    return bookmark


def change(*, user: User, bookmark_id: UUID, name: str | None = None, description: str | None = None) -> Bookmark:
    """Rename or describe a bookmark; every conversation that bears it shows the new name.

    Raises `BadBookmark` and `Http404`.
    """
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        bookmark = access.bookmark_for(user, bookmark_id)
        if name is not None:
            bookmark.name = _clean(name)
            if Bookmark.objects.filter(owner=user, name=bookmark.name).exclude(id=bookmark.id).exists():
                raise BadBookmark(_("You already have a bookmark with this name."))
        if description is not None:
            bookmark.description = _clean_description(description)
        bookmark.updated_at = timezone.now()
        bookmark.save(update_fields=["name", "description", "updated_at"])
        notify(user.id, "list", {})
    return bookmark


def move(*, user: User, bookmark_id: UUID, position: int) -> None:
    """Put a bookmark at this place of the list, counted from 1; the others close up. Raises `Http404`."""
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        bookmark = access.bookmark_for(user, bookmark_id)
        others = list(Bookmark.objects.filter(owner=user).exclude(id=bookmark.id).order_by("position", "name"))
        others.insert(min(max(position - 1, 0), len(others)), bookmark)
        _number(others)


def reorder(*, user: User, bookmark_ids: Sequence[UUID]) -> None:
    """Put the bookmarks into this order; those not named follow. Ids that are not the person's are passed over."""
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        mine = {bookmark.id: bookmark for bookmark in Bookmark.objects.filter(owner=user).order_by("position", "name")}
        wanted = [bookmark_id for bookmark_id in dict.fromkeys(bookmark_ids) if bookmark_id in mine]
        others = [bookmark for bookmark_id, bookmark in mine.items() if bookmark_id not in set(wanted)]
        _number([mine[bookmark_id] for bookmark_id in wanted] + others)


def _number(bookmarks: list[Bookmark]) -> None:
    for position, bookmark in enumerate(bookmarks, 1):
        bookmark.position = position
    Bookmark.objects.bulk_update(bookmarks, ["position"])


def delete(*, user: User, bookmark_id: UUID) -> Bookmark:
    """Take the bookmark off every conversation and delete it; return what it was. Raises `Http404`."""
    _check_permission(user)
    bookmark = access.bookmark_for(user, bookmark_id)
    with transaction.atomic():
        Bookmark.objects.filter(id=bookmark.id).delete()
        notify(user.id, "list", {})
    return bookmark


def set_bookmarks(*, user: User, conversation_id: UUID, names: Sequence[str]) -> list[str]:
    """Give the conversation exactly these bookmarks, making those that are new. Raises `BadBookmark`, `Http404`."""
    _check_permission(user)
    wanted = list(dict.fromkeys(_clean(name) for name in names))
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id)
        known = {bookmark.name: bookmark for bookmark in Bookmark.objects.filter(owner=user, name__in=wanted)}
        for name in wanted:
            if name not in known:
                known[name] = create(user=user, name=name)
        conversation.bookmarks.set([known[name] for name in wanted])
        notify(user.id, "list", {})
    return wanted


def put(*, user: User, conversation_id: UUID, bookmark_id: UUID, on: bool) -> Conversation:
    """Put one bookmark on the conversation, or take it off. Raises `Http404`."""
    _check_permission(user)
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id)
        bookmark = access.bookmark_for(user, bookmark_id)
        (conversation.bookmarks.add if on else conversation.bookmarks.remove)(bookmark)
        notify(user.id, "list", {})
    return conversation


def _check_permission(user: User) -> None:
    """Raise `PermissionDenied` where the person's role has no bookmarks."""
    if not permissions.may(user, "BOOKMARKS"):
        raise PermissionDenied


def _clean(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", " ").split())
    if not cleaned:
        raise BadBookmark(_("Enter a name."))
    if not VISIBLE.match(cleaned):
        raise BadBookmark(str(can_be_seen.message))
    if len(cleaned) > NAME_LIMIT:
        raise BadBookmark(
            ngettext(
                "A name can have at most %(limit)d character.",
                "A name can have at most %(limit)d characters.",
                NAME_LIMIT,
            )
            % {"limit": NAME_LIMIT}
        )
    return cleaned


def _clean_description(text: str) -> str:
    cleaned = text.replace("\x00", " ").strip()
    if len(cleaned) > DESCRIPTION_LIMIT:
        message = ngettext(
            "A description can have at most %(limit)d character.",
            "A description can have at most %(limit)d characters.",
            DESCRIPTION_LIMIT,
        ) % {"limit": DESCRIPTION_LIMIT}
        raise BadBookmark(message, "description")
    return cleaned
