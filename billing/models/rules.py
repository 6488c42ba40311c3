"""The billing rules that administrators set in the browser."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MoneySettings(models.Model):
    """One row at most. What is empty is as the configuration file and the environment say."""

    THE_ONE = 1

    class Unknown(models.TextChoices):
        REFUSE = "refuse", _("refuse models without a price")
        DEFAULT = "default", _("charge the price for unlisted models")

    class Unit(models.TextChoices):
        HOURS = "hours", _("hours")
        DAYS = "days", _("days")
        WEEKS = "weeks", _("weeks")
        MONTHS = "months", _("calendar months")

    id = models.SmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    enforced = models.BooleanField(_("enforce balances"), null=True, blank=True)
    start_credits = models.PositiveBigIntegerField(
        _("starting credits"), null=True, blank=True, help_text=_("1,000,000 credits are 1 USD.")
    )
    refill = models.BooleanField(_("automatic refill"), null=True, blank=True)
    refill_amount = models.PositiveBigIntegerField(_("refill credits"), null=True, blank=True)
    refill_value = models.PositiveIntegerField(
        _("refill every"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    refill_unit = models.CharField(_("unit"), max_length=8, choices=Unit.choices, blank=True)
    unknown = models.CharField(_("models without a price"), max_length=8, choices=Unknown.choices, blank=True)
    default_rate = models.DecimalField(
        _("price for unlisted models"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("USD per million tokens."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="money_settings_once"),
            models.CheckConstraint(
                condition=Q(refill_amount=None, refill_value=None, refill_unit="")
                | (Q(refill_amount__isnull=False, refill_value__gte=1) & ~Q(refill_unit="")),
                name="money_refill_is_whole",
                violation_error_message=_("Set the refill's credits, number and unit, or leave all three empty."),
            ),
        ]
        verbose_name = verbose_name_plural = _("money settings")

    def __str__(self) -> str:
        return str(_("Money settings"))
