"""Bans, and the audit log."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.panel import Panel, ReadOnly, actor_of, as_csv
from accounts.models import AuditEntry, Ban
from accounts.services import bans
from core.rate_limits import address_of

MAX_EXPORTED_ROWS = 50_000


class BanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Ban
        fields = ("user", "address", "until", "reason")

    actor_id: Any = None
    own_address = ""

    def clean_address(self) -> str | None:
        return self.cleaned_data["address"] or None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("user")) == bool(data.get("address")):
            raise ValidationError(gettext("Enter either a person or an address."))
        if data.get("user") and data["user"].pk == self.actor_id:
            raise ValidationError(gettext("You can't ban yourself."))
        if data.get("address") and data["address"] == self.own_address:
            raise ValidationError(gettext("This is your own address."))
        if data.get("until") and data["until"] <= timezone.now():
            raise ValidationError({"until": gettext("This time is in the past.")})
        return data


@admin.register(Ban)
class BanAdmin(Panel):
    form = BanForm
    list_display = ("target", "until", "reason", "created_by", "created_at")
    list_select_related = ("user", "created_by")
    search_fields = ("user__email", "address", "reason")
    autocomplete_fields = ("user",)
    ordering = ("-until",)
    actions = ("lift",)

    def get_form(self, request: HttpRequest, obj: Ban | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor_id = actor_of(request).pk  # type: ignore[attr-defined]
        form.own_address = address_of(request)  # type: ignore[attr-defined]
        return form

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        """A ban is lifted, not changed: what happened stays in sight."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False

    @admin.display(description=_("Who"))
    def target(self, ban: Ban) -> str:
        return str(ban.user or ban.address)

    def save_model(self, request: HttpRequest, obj: Ban, form: Any, change: bool) -> None:
        minutes = (obj.until - timezone.now()).total_seconds() / 60
        [made] = bans.ban(
            actor=actor_of(request), user=obj.user, address=obj.address or "", minutes=minutes, reason=obj.reason
        )
        obj.pk = made.pk

    @admin.action(description=_("Lift these bans"), permissions=["view"])
    def lift(self, request: HttpRequest, chosen: QuerySet[Ban]) -> None:
        for ban in chosen:
            bans.lift(actor=actor_of(request), user=ban.user, address=ban.address or "")
        self.message_user(request, gettext("Ban lifted."))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("seq", "at", "actor_name", "action", "target_type", "target_name", "address")
    list_filter = ("action", "actor_name", "target_type")
    search_fields = ("actor_name", "action", "target_name", "target_id", "address")
    date_hierarchy = "at"
    ordering = ("-seq",)
    fields = (
        "seq",
        "at",
        "actor_name",
        "actor_id",
        "action",
        "target_type",
        "target_id",
        "target_name",
        "was",
        "became",
        "address",
        "previous_hash",
        "hash",
    )
    readonly_fields = ("was", "became")
    actions = ("export",)

    @admin.display(description=_("Before"))
    def was(self, entry: AuditEntry) -> str:
        return json.dumps(entry.before, ensure_ascii=False, indent=1)

    @admin.display(description=_("After"))
    def became(self, entry: AuditEntry) -> str:
        return json.dumps(entry.after, ensure_ascii=False, indent=1)

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, chosen: QuerySet[AuditEntry]) -> HttpResponse:
        head = ("seq", "at", "actor", "action", "type", "id", "target", "before", "after", "address")
        rows = (
            (
                entry.seq,
                entry.at.isoformat(),
                entry.actor_name,
                entry.action,
                entry.target_type,
                entry.target_id,
                entry.target_name,
                json.dumps(entry.before),
                json.dumps(entry.after),
                entry.address,
            )
            for entry in chosen[:MAX_EXPORTED_ROWS]
        )
        return as_csv("audit-log", head, rows)
