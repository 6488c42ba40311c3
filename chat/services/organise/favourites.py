"""Models and specs that a person keeps at hand."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Favourite
from chat.services.notices import notify
from core import quotas
from core.refusal import Refusal
from endpoints.catalog.selection import Pick, offer_for


class TooManyFavourites(Refusal):
    """There are as many favourites as there can be."""

    status = 409


def listed(user: User) -> list[Favourite]:
    """Return the favourites that are offered, in their order. One query."""
    offered = offer_for(user)
    rows = Favourite.objects.filter(owner=user).order_by("position", "id")
    return [each for each in rows if offered.may_use(pick_of(each))]


def replace(*, user: User, picks: Sequence[Pick]) -> list[Favourite]:
    """Make exactly these the favourites, in this order; what is no longer offered is left out.

    Raises `TooManyFavourites`.
    """
    wanted = list(dict.fromkeys(picks))
    if len(wanted) > (most := quotas.most("favourites")):
        raise TooManyFavourites(_("At most %(limit)d favourites can be kept.") % {"limit": most})
    offered = offer_for(user)
    kept = [pick for pick in wanted if offered.may_use(pick)]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        known = {pick_of(each): each for each in Favourite.objects.filter(owner=user)}
        Favourite.objects.filter(id__in=[each.id for pick, each in known.items() if pick not in kept]).delete()
        rows = [known.get(pick) or Favourite(owner=user, **pick._asdict()) for pick in kept]
        for position, row in enumerate(rows, 1):
            row.position = position
        Favourite.objects.bulk_update([row for row in rows if not row._state.adding], ["position"])
        Favourite.objects.bulk_create([row for row in rows if row._state.adding])
        notify(user.id, "list", {})
    return rows


def toggle(*, user: User, pick: Pick) -> bool:
    """Add it to the favourites, or take it away; return whether it is one now. Raises `TooManyFavourites`."""
    known = [pick_of(each) for each in listed(user)]
    is_new = pick not in known
    replace(user=user, picks=[*known, pick] if is_new else [each for each in known if each != pick])
    return is_new


def to_wire(favourite: Favourite) -> dict[str, str]:
    """Return it as the REST interface has it, in a list of its own and with the person."""
    return {"spec": favourite.spec} if favourite.spec else {"model": favourite.model, "endpoint": favourite.endpoint}


def pick_of(favourite: Favourite) -> Pick:
    return Pick(favourite.endpoint, favourite.model, favourite.spec)
