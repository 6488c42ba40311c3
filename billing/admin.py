"""The books, to be read. What changes them are the services, never a form."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from billing.models import Balance, Hold, LedgerEntry


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False  # a count of the whole ledger costs more than the page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Balance)
class BalanceAdmin(ReadOnly):
    list_display = ("user", "credits", "held", "updated_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    ordering = ("user_id",)


@admin.register(Hold)
class HoldAdmin(ReadOnly):
    list_display = ("id", "user", "state", "amount", "limited", "created_at", "closed_at")
    list_filter = ("state", "limited")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-id",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly):
    list_display = (
        "created_at",
        "user",
        "reason",
        "credits",
        "balance_after",
        "endpoint",
        "model",
        "input_tokens",
        "output_tokens",
        "estimated",
    )
    list_filter = ("reason", "estimated", "endpoint")
    list_select_related = ("user",)
    search_fields = ("user__email", "model", "key")
    date_hierarchy = "created_at"
    ordering = ("-id",)
