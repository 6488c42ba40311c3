"""Mails to people who registered while `REGISTRATION_APPROVAL` is on."""

from accounts.models import User
from accounts.services import mails


def approved(*, user: User) -> None:
    """Tell `user` that the wait is over."""
    mails.queue("send_notice", str(user.pk), "approved")
