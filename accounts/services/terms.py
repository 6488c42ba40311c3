"""The terms of use, if the installation has any."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from accounts.models import User


def must_accept(user: User) -> bool:
    return bool(settings.TERMS_TEXT) and user.terms_accepted_at is None


def accept(*, user: User) -> datetime:
    """Note that `user` accepts, the first time; return when that was."""
    if user.terms_accepted_at is None:
        user.terms_accepted_at = timezone.now()
        user.save(update_fields=["terms_accepted_at", "updated_at"])
    return user.terms_accepted_at
