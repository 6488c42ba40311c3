"""The audit log of administrators' actions."""

from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """One act of an administrator. Append-only, and each row's hash covers the one before it.

    The database refuses update and delete; who goes round it breaks the chain, which
    `accounts.services.audit.verify` finds.
    """

    seq = models.BigIntegerField(primary_key=True)  # 1, 2, 3 …, without a gap
    at = models.DateTimeField(default=timezone.now)
    actor_id = models.UUIDField(null=True)  # None: the system itself, or a command
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=64)  # such as "role.updated"
    target_type = models.CharField(max_length=64, blank=True)
    target_id = models.CharField(max_length=128, blank=True)
    target_name = models.CharField(max_length=254, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    address = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            models.Index("action", models.F("seq").desc(), name="audit_action"),
            models.Index("target_type", "target_id", name="audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"
