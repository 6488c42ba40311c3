"""The end of an account. Apps that keep something of a person register how to remove it."""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import sessions

_erasers: list[Callable[[User], None]] = []


class LastAdministrator(Exception):
    """Nobody else could administer the site."""

    def __init__(self) -> None:
        super().__init__(_("This is the only administrator. Make somebody else one first."))


def on_erase(eraser: Callable[[User], None]) -> None:
    """Have `eraser` called with the person, in the transaction that ends their account and before their row goes.

    For what a foreign key with `CASCADE` does not remove by itself: files, other services, large tables.
    """
    _erasers.append(eraser)


def erase_person(*, user: User) -> None:
    """Delete the account with everything that is the person's own; what they cost stays in the ledger.

    Locks the rows of the administrators, so that two of them cannot leave at once. Raises `LastAdministrator`.
    """
    with transaction.atomic():
        if user.is_admin:
            left = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("id")
            if not [each for each in left if each.pk != user.pk]:
                raise LastAdministrator
        sessions.end_all(user=user)
        for eraser in _erasers:
            eraser(user)
        User.objects.get(pk=user.pk).delete()
