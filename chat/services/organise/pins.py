"""Pinned conversations: kept at the top of the list, in the person's own order."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.http import Http404

from accounts.models import User
from accounts.services.preferences import preferences_of, set_preferences
from chat import access
from chat.models import Conversation
from chat.services.notices import notify
from core.ids import uuid_of


def pinned(user: User) -> list[UUID]:
    """Return the ids of the pinned conversations, in their order."""
    rows = Conversation.objects.listed().visible_to(user).filter(pin_position__isnull=False)
    return list(rows.order_by("pin_position", "id").values_list("id", flat=True))


def set_pinned(*, user: User, conversation_id: UUID, pinned: bool) -> Conversation:
    """Pin the conversation below those that are, or unpin it. Raises `Http404`, also for pinning an archived one."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)  # two pins at once get two places
        (conversation,) = access.conversations_for(user, [conversation_id])
        if pinned and conversation.is_archived:
            raise Http404("An archived conversation is in no list.")
        if pinned != conversation.is_pinned:
            last = Conversation.objects.visible_to(user).aggregate(last=Max("pin_position"))["last"]
            conversation.pin_position = (last or 0) + 1 if pinned else None
            conversation.save(update_fields=["pin_position"])
            notify(user.id, "list", {})
    return conversation


def named_order(user: User) -> list[str]:
    """Return what is kept at the top, in a client's order: pinned conversations by their ids, the rest by its names."""
    ids = [str(conversation) for conversation in pinned(user)]
    waiting = iter(ids)
    order = []
    for name in preferences_of(user).pinned_order:
        if uuid_of(name) is None:
            order.append(name)
        elif name in ids:  # the places of conversations; which stands where may have changed on a page
            order.append(next(waiting))
    return [*order, *waiting]


def set_named_order(*, user: User, names: Sequence[str]) -> list[str]:
    """Keep the order: ids of pinned conversations, and names that are no ids and say nothing here.

    One's own conversations that are not pinned (any more) are left out. Raises `Http404` for other ids.
    """
    wanted = list(dict.fromkeys(names))
    ids = {conversation_id for name in wanted if (conversation_id := uuid_of(name))}
    if Conversation.objects.visible_to(user).filter(id__in=ids).count() < len(ids):
        raise Http404("There is no such conversation.")
    mine = {str(conversation): conversation for conversation in pinned(user)}
    reorder(user=user, conversation_ids=[mine[name] for name in wanted if name in mine])
    kept = [name for name in wanted if name in mine or uuid_of(name) is None]
    set_preferences(user=user, changes={"pinned_order": kept})
    return named_order(user)


def reorder(*, user: User, conversation_ids: Sequence[UUID]) -> list[UUID]:
    """Put the pinned conversations into this order; those not named follow. Raises `Http404` for any other."""
    with transaction.atomic():
        rows = Conversation.objects.visible_to(user).filter(pin_position__isnull=False).select_for_update()
        known = {conversation.id: conversation for conversation in rows.order_by("pin_position", "id")}
        wanted = list(dict.fromkeys(conversation_ids))
        if not set(wanted) <= set(known):
            raise Http404("There is no such pinned conversation.")
        order = wanted + [conversation_id for conversation_id in known if conversation_id not in set(wanted)]
        for position, conversation_id in enumerate(order, 1):
            known[conversation_id].pin_position = position
        Conversation.objects.bulk_update(known.values(), ["pin_position"])
        notify(user.id, "list", {})
    return order
