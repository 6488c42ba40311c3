"""Groups of people, managed here or synced from a directory."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.ids import uuid7


class Group(models.Model):
    """People who share rights and budgets. `external_id` is the name that `source` knows a synced group by."""

    class Source(models.TextChoices):
        LOCAL = "local"
        OPENID = "openid"
        SAML = "saml"
        LDAP = "ldap"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=500)
    description = models.CharField(max_length=2000, blank=True)
    email = models.EmailField(blank=True, default="", db_default="")  # of the group, for clients to show
    avatar = models.CharField(max_length=2000, blank=True, default="", db_default="")  # likewise; never loaded here
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.LOCAL)
    external_id = models.CharField(max_length=500, blank=True)
    retention_days = models.PositiveIntegerField(null=True, blank=True)  # as `Role.retention_days`
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="joined_groups")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="group_external_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a group. A manager sees and sets the budgets of the group's people."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    is_manager = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
