"""The ledger, balances and holds."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class Balance(models.Model):
    """A person's credits (1,000,000 = 1 USD): the running sum of their ledger, and what open holds reserve of it.

    Both numbers change only in single conditional updates of this row, which is the lock; *available* is
    ``credits - held``.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="balance"
    )
    credits = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    last_refill_at = models.DateTimeField(default=timezone.now, db_default=Now())
    # Opened while balances were off: the start credit is still to come, and what was used until then is no debt.
    awaits_start = models.BooleanField(default=False, db_default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(held__gte=0), name="balance_held_not_negative")]

    def __str__(self) -> str:
        return f"{self.credits} credits, {self.held} held"

    def credits_with(self, start_credits: int) -> int:
        """Return the credits that there are once the person's balance counts."""
        return start_credits if self.awaits_start and self.credits <= 0 else self.credits


class Hold(models.Model):
    """Credit reserved before a provider is called. Settling or releasing it closes it, once."""

    class State(models.TextChoices):
        OPEN = "open"
        SETTLED = "settled"
        RELEASED = "released"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="holds")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    amount = models.BigIntegerField()  # credits reserved of the balance now; 0 where balances are off
    reply_tokens = models.IntegerField(default=1_000, db_default=1_000)  # of the reply, that it paid for at first
    on_balance = models.BooleanField(
        default=False, db_default=False
    )  # whether the balance counts: balances were on when it was placed
    limited = models.BooleanField(default=False)  # whether anything limits it: the balance, or a budget
    coefficient = models.DecimalField(
        max_digits=8, decimal_places=4, default=1, db_default=1
    )  # of the role, when it was placed
    key_id = models.UUIDField(null=True)  # the API key that the call was begun with
    # What the estimate of a call goes by that is lost with its process. Tokens, by the estimator of `endpoints`.
    prompt_tokens = models.IntegerField(default=0, db_default=0)  # of the call at hand; 0: not known
    written_tokens = models.BigIntegerField(default=0, db_default=0)  # that calls wrote which are charged already
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="hold_amount_not_negative")]
        indexes = [models.Index("user", condition=Q(state="open"), name="hold_open")]

    def __str__(self) -> str:
        return f"{self.amount} credits, {self.state}"


class LedgerEntry(models.Model):
    """One signed change of a balance. Append-only: the database refuses update and delete."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    key = models.CharField(max_length=160, unique=True)  # idempotency key
    reason = models.CharField(max_length=32)  # message, tool, title, test, adjustment, refill, start
    note = models.CharField(max_length=500, blank=True, db_default="")  # an adjustment's reason
    credits = models.BigIntegerField()  # negative: spent
    balance_after = models.BigIntegerField()
    endpoint = models.CharField(max_length=128, blank=True)
    model = models.CharField(max_length=256, blank=True)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    cache_write_1h_tokens = models.BigIntegerField(default=0, db_default=0)  # of them: kept for an hour
    estimated = models.BooleanField(default=False)  # the provider reported no usage
    rates = models.JSONField(default=dict, blank=True)  # USD per million tokens by kind, as charged
    coefficient = models.DecimalField(max_digits=8, decimal_places=4, default=1)
    hold_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)  # who did it, when not the person themself
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("ledger entry"), _("ledger entries")
        indexes = [
            models.Index("user", models.F("created_at").desc(), name="ledger_user_recent"),
            BrinIndex(fields=["created_at"], name="ledger_by_day"),  # rows are appended in this order
        ]

    def __str__(self) -> str:
        return f"{self.credits:+} {self.reason}"


class Reconciliation(models.Model):
    """One proof that the ledger and the balances agree. `drift` lists what does not; empty when all is well."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    people = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    drift = models.JSONField(default=list)  # of `billing.services.reconcile.Drift`, as objects

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}: {len(self.drift)} wrong"
