"""Groups and who is in them. All changes go through `accounts.services.groups`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.panel import InlineTable, Panel, actor_of
from accounts.models import Group, Membership
from accounts.services import groups


class MemberTable(InlineTable):
    model = Membership
    autocomplete_fields = ("user",)
    fields = ("user", "is_manager")
    verbose_name_plural = _("Members")

    def _may(self, group: Group | None) -> bool:
        """Who is in a group that a directory brings along is changed there."""
        return group is None or group.source == Group.Source.LOCAL

    def has_add_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self._may(obj)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self._may(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return self._may(obj)


@admin.register(Group)
class GroupAdmin(Panel):
    list_display = ("name", "source", "members", "retention_days", "created_at")
    list_filter = ("source",)
    search_fields = ("name", "description")
    fields = ("name", "description", "retention_days", "source", "external_id")
    readonly_fields = ("source", "external_id")
    inlines = (MemberTable,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        queryset: QuerySet[Group] = super().get_queryset(request)
        return queryset.annotate(number=Count("memberships"))

    @admin.display(description=_("Members"), ordering="number")
    def members(self, group: Any) -> int:
        return int(group.number)

    def save_model(self, request: HttpRequest, obj: Group, form: "forms.ModelForm[Group]", change: bool) -> None:
        actor, days = actor_of(request), form.cleaned_data["retention_days"]
        if change:
            name, description = obj.name, obj.description
            group = Group.objects.get(pk=obj.pk)
            groups.update(actor=actor, group=group, name=name, description=description, retention_days=days)
            return
        made = groups.create(actor=actor, name=obj.name, description=obj.description)
        if days is not None:
            groups.update(actor=actor, group=made, retention_days=days)
        obj.id = made.id
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Sequence[Any], change: bool) -> None:
        """Move people by the service, one by one."""
        actor, group = actor_of(request), form.instance
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            for row in formset.forms:
                data = row.cleaned_data
                before = Membership.objects.filter(pk=row.instance.pk).select_related("user").first()
                if before and (data.get("DELETE") or before.user != data["user"]):
                    groups.remove_member(actor=actor, group=group, user=before.user)
                if data and not data.get("DELETE") and row.has_changed():
                    groups.add_member(actor=actor, group=group, user=data["user"], is_manager=data["is_manager"])

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        groups.delete(actor=actor_of(request), group=obj)
