"""Banners, for administrators."""

from django.contrib import admin

from accounts.admin.panel import Panel
from accounts.models import Banner
from accounts.services import banners


@admin.register(Banner)
class BannerAdmin(Panel):
    list_display = ("message", "display_from", "display_to", "is_public", "is_persistent")
    list_filter = ("is_public", "is_persistent")
    search_fields = ("message",)
    ordering = ("-display_from", "-id")

    def after_change(self) -> None:
        banners.latest.invalidate()
