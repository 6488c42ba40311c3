"""Site settings, for administrators."""

from collections.abc import Mapping

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.panel import TheOne
from accounts.models import SiteSettings
from accounts.services import site


@admin.register(SiteSettings)
class SiteSettingsAdmin(TheOne):
    fieldsets = (
        (_("Appearance"), {"fields": ("app_title", "welcome", "footer")}),
        (_("Sign-up"), {"fields": ("allow_registration", "require_approval", "allowed_domains")}),
        (_("What people can do"), {"fields": ("allow_password_reset", "allow_account_deletion")}),
    )

    def elsewhere(self) -> Mapping[str, object]:
        return site.defaults()

    def after_change(self) -> None:
        site.stored.invalidate()
