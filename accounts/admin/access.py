"""Admin rights: they can be granted and revoked, not edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.panel import Panel, actor_of
from accounts.models import CapabilityGrant
from accounts.models.access import Principal
from accounts.services import capabilities, permissions


class PowerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CapabilityGrant
        fields = ("capability", "principal", "user", "group", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("user", "group", "role"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("user", "group", "role"):
            if bool(data.get(name)) != (data.get("principal") == name):
                self.add_error(name, gettext("Choose exactly one user, group or role."))
        return data


@admin.register(CapabilityGrant)
class PowerAdmin(Panel):
    form = PowerForm
    list_display = ("capability", "principal", "user", "group", "role", "granted_by", "created_at")
    list_filter = ("capability", "principal")
    list_select_related = ("user", "group", "role", "granted_by")
    search_fields = ("capability", "user__email", "group__name", "role__name")
    autocomplete_fields = ("user", "group", "role")
    ordering = ("capability", "id")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "capability":
            choices = [(capability, capability) for capability in permissions.CAPABILITIES]
            return forms.ChoiceField(choices=choices, label=_("Right"), widget=_select())
        if db_field.name == "principal":
            choices = [choice for choice in Principal.choices if choice[0] != Principal.PUBLIC]
            return forms.ChoiceField(choices=choices, label=_("Principal"), widget=_select())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: CapabilityGrant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CapabilityGrant, form: Any, change: bool) -> None:
        made = capabilities.assign(
            actor=actor_of(request),
            principal=obj.principal,
            principal_id=capabilities.principal_id(obj),
            capability=obj.capability,
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: CapabilityGrant) -> None:
        capabilities.remove(
            actor=actor_of(request),
            principal=obj.principal,
            principal_id=capabilities.principal_id(obj),
            capability=obj.capability,
        )


def _select() -> forms.Select:
    widget: forms.Select = UnfoldAdminSelectWidget()
    return widget
