"""A person's favourite models and specs."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import ngettext

from accounts.models import User
from chat.models import Favourite
from chat.services.notices import notify
from core import quotas
from core.refusal import Refusal
from endpoints.catalog.selection import ModelRef, catalog_for


class TooManyFavourites(Refusal):
    """There are as many favourites as there can be."""

    status = 409


def listed(user: User) -> list[Favourite]:
    """Return the favourites that are offered, in their order. One query."""
    catalog = catalog_for(user)
    rows = Favourite.objects.filter(owner=user).order_by("position", "id")
    return [row for row in rows if catalog.may_use(model_ref_of(row))]


def replace(*, user: User, model_refs: Sequence[ModelRef]) -> list[Favourite]:
    """Make exactly these the favourites, in this order; what is no longer offered is left out.

    Raises `TooManyFavourites`.
    """
    wanted = list(dict.fromkeys(model_refs))
    if len(wanted) > (most := quotas.most("favourites")):
        raise TooManyFavourites(
            ngettext("You can have at most %(limit)d favourite.", "You can have at most %(limit)d favourites.", most)
            % {"limit": most}
        )
    catalog = catalog_for(user)
    kept = [model_ref for model_ref in wanted if catalog.may_use(model_ref)]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        known = {model_ref_of(row): row for row in Favourite.objects.filter(owner=user)}
        Favourite.objects.filter(id__in=[row.id for model_ref, row in known.items() if model_ref not in kept]).delete()
        rows = [known.get(model_ref) or Favourite(owner=user, **model_ref._asdict()) for model_ref in kept]
        for position, row in enumerate(rows, 1):
            row.position = position
        Favourite.objects.bulk_update([row for row in rows if not row._state.adding], ["position"])
        Favourite.objects.bulk_create([row for row in rows if row._state.adding])
        notify(user.id, "list", {})
    return rows


def toggle(*, user: User, model_ref: ModelRef) -> bool:
    """Add it to the favourites, or take it away; return whether it is one now. Raises `TooManyFavourites`."""
    known = [model_ref_of(row) for row in listed(user)]
    is_new = model_ref not in known
    replace(user=user, model_refs=[*known, model_ref] if is_new else [other for other in known if other != model_ref])
    return is_new


def to_wire(favourite: Favourite) -> dict[str, str]:
    """Return it as the REST interface has it, in a list of its own and with the person."""
    return {"spec": favourite.spec} if favourite.spec else {"model": favourite.model, "endpoint": favourite.endpoint}


def model_ref_of(favourite: Favourite) -> ModelRef:
    return ModelRef(favourite.endpoint, favourite.model, favourite.spec)
