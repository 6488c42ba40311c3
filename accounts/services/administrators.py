"""Makes sure that the site always has an administrator."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User

IS_LAST: Final = _("This is the only administrator. Make someone else an administrator first.")


def is_last(user: User) -> bool:
    """Return whether nobody else administers the site: `user` has to stay, as they are.

    In a transaction. Locks all administrators' rows until its end, so that two who step down at once cannot leave the
    site without one.
    """
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("id")
    others = [admin for admin in admins if admin.id != user.id]
    return user.is_admin and not others
