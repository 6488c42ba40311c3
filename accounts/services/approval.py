"""Letting in people who registered while `REGISTRATION_APPROVAL` is on."""

from accounts.models import User
from accounts.services import mails


def let_in(*, user: User) -> None:
    """Let `user` use the site, and tell them."""
    user.waits_for_approval = False
    user.save(update_fields=["waits_for_approval", "updated_at"])
    approved(user=user)


def approved(*, user: User) -> None:
    """Tell `user` that the wait is over."""
    mails.queue("send_notice", str(user.pk), "approved")
