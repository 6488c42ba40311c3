"""Banners at the top of every page."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from core.ids import uuid7


class Banner(models.Model):
    """A line above every page, from a time to a time. The latest that counts now is shown, one at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.CharField(max_length=500)
    display_from = models.DateTimeField(default=timezone.now)
    display_to = models.DateTimeField(null=True, blank=True)
    is_public = models.BooleanField(default=False)  # shown to people who are not signed in, too
    is_persistent = models.BooleanField(default=False)  # cannot be put away
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(display_to=None) | Q(display_to__gt=F("display_from")), name="banner_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.message[:60]
