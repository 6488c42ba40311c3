"""The site settings that administrators change in the browser."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SiteSettings(models.Model):
    """One row at most. What is empty is as the configuration file and the environment say."""

    THE_ONE = 1

    id = models.SmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    app_title = models.CharField(_("site name"), max_length=60, blank=True)
    welcome = models.CharField(
        _("greeting"),
        max_length=200,
        blank=True,
        help_text=_("Shown above the message box of a new chat. {{user.name}} is replaced with the person's name."),
    )
    footer = models.CharField(
        _("footer text"), max_length=300, blank=True, help_text=_("Shown below the sign-in form and the chat.")
    )
    allow_registration = models.BooleanField(_("people can sign up"), null=True, blank=True)
    require_approval = models.BooleanField(_("new accounts need approval"), null=True, blank=True)
    allowed_domains = models.CharField(
        _("allowed domains"),
        max_length=2_000,
        blank=True,
        help_text=_(
            "Email domains, separated by commas, in addition to those in the configuration file and the environment."
        ),
    )
    allow_password_reset = models.BooleanField(_("people can reset their password by email"), null=True, blank=True)
    allow_account_deletion = models.BooleanField(_("people can delete their account"), null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="site_settings_once")]
        verbose_name = verbose_name_plural = _("site settings")

    def __str__(self) -> str:
        return str(_("Site settings"))
