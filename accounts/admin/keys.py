"""API keys: administrators can list and revoke them, never see their text."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.panel import Panel
from accounts.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(Panel):
    list_display = ("name", "prefix", "user", "scopes", "expires_at", "last_used_at", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__email")
    ordering = ("-created_at",)
    fields = ("name", "prefix", "user", "scopes", "expires_at", "last_used_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A key is shown once, to whom it belongs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False
