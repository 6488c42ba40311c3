"""Budgets: how much may be spent, by whom and in which period."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, Group, Role
from core.ids import uuid7


class Budget(models.Model):
    """A limit on what is spent in a day, a week (from Monday) or a month, all in UTC.

    It binds those whom `scope` names, for the calls that `endpoint` and `model` name (empty: all). With `per_person`
    each of them has the amount for themself, else they share it. A hard budget refuses, the other one warns.
    """

    class Scope(models.TextChoices):
        EVERYONE = "everyone"
        USER = "user"
        GROUP = "group"
        ROLE = "role"
        KEY = "key"  # what a person's program spends with one API key

    class Unit(models.TextChoices):
        CREDITS = "credits"  # 1,000,000 = 1 USD
        TOKENS = "tokens"

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    role = models.ForeignKey(Role, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets")
    api_key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.CASCADE, related_name="budgets", verbose_name=_("API key")
    )
    endpoint = models.CharField(max_length=128, blank=True)
    model = models.CharField(max_length=256, blank=True)
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.CREDITS)
    amount = models.BigIntegerField()
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.MONTH)
    per_person = models.BooleanField(default=True)
    is_hard = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="budget_not_negative"),
            models.CheckConstraint(
                condition=Q(scope="everyone", user=None, group=None, role=None, api_key=None)
                | Q(scope="user", user__isnull=False, group=None, role=None, api_key=None)
                | Q(scope="group", user=None, group__isnull=False, role=None, api_key=None)
                | Q(scope="role", user=None, group=None, role__isnull=False, api_key=None)
                | Q(scope="key", user=None, group=None, role=None, api_key__isnull=False),
                name="budget_names_its_scope",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BudgetUsage(models.Model):
    """What was spent of a budget in one period, and what open holds reserve. The row is the lock.

    `subject` is the person's id, or the nil UUID where people share the budget.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="usages")
    subject = models.UUIDField()
    period_start = models.DateField()
    spent = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "subject", "period_start"], name="budget_usage_once"),
            models.CheckConstraint(condition=Q(held__gte=0), name="budget_held_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.spent} of {self.budget_id} since {self.period_start}"


class HoldShare(models.Model):
    """What a hold reserves of a budget, in the budget's unit."""

    hold = models.ForeignKey("billing.Hold", on_delete=models.CASCADE, related_name="shares")
    usage = models.ForeignKey(BudgetUsage, on_delete=models.CASCADE, related_name="shares")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "usage"], name="hold_share_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="hold_share_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.usage_id}"
