"""Models that a person keeps at hand."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Favourite
from chat.services.notices import notify
from endpoints.offer import offer_for

MOST = 50

Pair = tuple[str, str]  # endpoint, model


class TooMany(ValueError):
    """There are as many favourites as there can be."""


def listed(user: User) -> list[Favourite]:
    """Return the favourites that are offered, in their order. One query."""
    offered = offer_for(user)
    rows = Favourite.objects.filter(owner=user).order_by("position", "id")
    return [each for each in rows if offered.allows(each.endpoint, each.model)]


def replace(*, user: User, pairs: Sequence[Pair]) -> list[Favourite]:
    """Make exactly these the favourites, in this order; what is no longer offered is left out. Raises `TooMany`."""
    wanted = list(dict.fromkeys(pairs))
    if len(wanted) > MOST:
        raise TooMany(_("At most %(limit)d favourites can be kept.") % {"limit": MOST})
    offered = offer_for(user)
    kept = [pair for pair in wanted if offered.allows(*pair)]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        known = {(each.endpoint, each.model): each for each in Favourite.objects.filter(owner=user)}
        Favourite.objects.filter(id__in=[each.id for pair, each in known.items() if pair not in kept]).delete()
        rows = [known.get(pair) or Favourite(owner=user, endpoint=pair[0], model=pair[1]) for pair in kept]
        for position, row in enumerate(rows, 1):
            row.position = position
        Favourite.objects.bulk_update([row for row in rows if not row._state.adding], ["position"])
        Favourite.objects.bulk_create([row for row in rows if row._state.adding])
        notify(user.id, "list", {})
    return rows


def toggle(*, user: User, endpoint: str, model: str) -> bool:
    """Add the model to the favourites, or take it away; return whether it is one now. Raises `TooMany`."""
    known = [(each.endpoint, each.model) for each in listed(user)]
    pair = (endpoint, model)
    is_new = pair not in known
    replace(user=user, pairs=[*known, pair] if is_new else [each for each in known if each != pair])
    return is_new
