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
from chat.models import Conversation, Tag
from chat.services.notices import notify
from core import quotas
from core.refusal import Refusal

NAME_LIMIT = 128
DESCRIPTION_LIMIT = 1_000


class BadTag(Refusal):
    """The bookmark cannot be called that. `field` names what is wrong."""

    def __init__(self, message: str, field: str = "name") -> None:
        super().__init__(message, field=field)


def listed(user: User) -> QuerySet[Tag]:
    """Return the person's tags in their order, each with `count`, the conversations that bear it. One query."""
    return Tag.objects.filter(owner=user).annotate(count=_count()).order_by("position", "name")


def _count() -> Count:
    return Count("conversations", filter=Q(conversations__deleted_at=None))


def named(user: User, name: str) -> Tag | None:
    """Return the person's tag of this name, if there is one."""
    return Tag.objects.filter(owner=user, name=" ".join(name.split())).first()


def create(*, user: User, name: str, description: str = "", conversation_id: UUID | None = None) -> Tag:
    """Make a tag, at the end of the list, and put it on the conversation if one is named.

    Raises `BadTag` for a name that is empty, too long or taken, and `Http404`.
    """
    _check_permission(user)
    cleaned, description = _clean(name), _clean_description(description)
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id) if conversation_id else None
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        mine = Tag.objects.filter(owner=user)
        if mine.filter(name=cleaned).exists():
            raise BadTag(_("You already have a bookmark with this name."))
        if mine.count() >= quotas.most("bookmarks"):
            raise BadTag(_("You've reached the limit for bookmarks. Delete one first."))
        last = mine.aggregate(last=Max("position"))["last"]
        tag = Tag.objects.create(owner=user, name=cleaned, description=description, position=(last or 0) + 1)
        if conversation:
            conversation.tags.add(tag)
        notify(user.id, "list", {})
    return tag


def change(*, user: User, tag_id: UUID, name: str | None = None, description: str | None = None) -> Tag:
    """Rename or describe a tag; every conversation that bears it shows the new name. Raises `BadTag`, `Http404`."""
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        tag = access.tag_for(user, tag_id)
        if name is not None:
            tag.name = _clean(name)
            if Tag.objects.filter(owner=user, name=tag.name).exclude(id=tag.id).exists():
                raise BadTag(_("You already have a bookmark with this name."))
        if description is not None:
            tag.description = _clean_description(description)
        tag.updated_at = timezone.now()
        tag.save(update_fields=["name", "description", "updated_at"])
        notify(user.id, "list", {})
    return tag


def move(*, user: User, tag_id: UUID, position: int) -> None:
    """Put a tag at this place of the list, counted from 1; the others close up. Raises `Http404`."""
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        tag = access.tag_for(user, tag_id)
        others = list(Tag.objects.filter(owner=user).exclude(id=tag.id).order_by("position", "name"))
        others.insert(min(max(position - 1, 0), len(others)), tag)
        _number(others)


def reorder(*, user: User, tag_ids: Sequence[UUID]) -> None:
    """Put the tags into this order; those not named follow. Ids that are not the person's are passed over."""
    _check_permission(user)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        mine = {tag.id: tag for tag in Tag.objects.filter(owner=user).order_by("position", "name")}
        wanted = [tag_id for tag_id in dict.fromkeys(tag_ids) if tag_id in mine]
        _number(
            [mine[tag_id] for tag_id in wanted] + [tag for tag_id, tag in mine.items() if tag_id not in set(wanted)]
        )


def _number(tags: list[Tag]) -> None:
    for position, tag in enumerate(tags, 1):
        tag.position = position
    Tag.objects.bulk_update(tags, ["position"])


def delete(*, user: User, tag_id: UUID) -> Tag:
    """Take the tag off every conversation and delete it; return what it was. Raises `Http404`."""
    _check_permission(user)
    tag = access.tag_for(user, tag_id)
    with transaction.atomic():
        Tag.objects.filter(id=tag.id).delete()
        notify(user.id, "list", {})
    return tag


def set_tags(*, user: User, conversation_id: UUID, names: Sequence[str]) -> list[str]:
    """Give the conversation exactly these tags, making those that do not exist yet. Raises `BadTag`, `Http404`."""
    _check_permission(user)
    wanted = list(dict.fromkeys(_clean(name) for name in names))
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id)
        known = {tag.name: tag for tag in Tag.objects.filter(owner=user, name__in=wanted)}
        for name in wanted:
            if name not in known:
                known[name] = create(user=user, name=name)
        conversation.tags.set([known[name] for name in wanted])
        notify(user.id, "list", {})
    return wanted


def put(*, user: User, conversation_id: UUID, tag_id: UUID, on: bool) -> Conversation:
    """Put one tag on the conversation, or take it off. Raises `Http404`."""
    _check_permission(user)
    with transaction.atomic():
        conversation = access.conversation_for(user, conversation_id)
        tag = access.tag_for(user, tag_id)
        (conversation.tags.add if on else conversation.tags.remove)(tag)
        notify(user.id, "list", {})
    return conversation


def _check_permission(user: User) -> None:
    """Raise `PermissionDenied` where the person's role has no bookmarks."""
    if not permissions.may(user, "BOOKMARKS"):
        raise PermissionDenied


def _clean(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", " ").split())
    if not cleaned:
        raise BadTag(_("Enter a name."))
    if not VISIBLE.match(cleaned):
        raise BadTag(str(can_be_seen.message))
    if len(cleaned) > NAME_LIMIT:
        raise BadTag(
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
        raise BadTag(message, "description")
    return cleaned
