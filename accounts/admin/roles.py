"""Roles, what they permit, and the models they may use. All changes go through `accounts.services.roles`."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import stepup
from accounts.admin.matrix import Matrix
from accounts.admin.panel import InlineTable, Panel, Rows, actor_of
from accounts.models import ModelAccess, Role
from accounts.services import roles
from core.refusal import Refusal


class AccessRows(Rows):
    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            name = form.cleaned_data.get("endpoint", "") if hasattr(form, "cleaned_data") else ""
            if name and not form.cleaned_data.get("DELETE") and not roles.is_endpoint(name):
                form.add_error("endpoint", gettext("No endpoint has this name."))

    def to_plain(self) -> dict[str, dict[str, Any]]:
        """Return the rows as `roles.update` takes them."""
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        return {
            f"{row['endpoint']}/{row['model']}" if row["endpoint"] else row["model"]: {
                "enabled": row["enabled"],
                "coefficient": row["coefficient"],
            }
            for row in kept
        }


class AccessTable(InlineTable):
    model = ModelAccess
    formset = AccessRows
    fields = ("endpoint", "model", "enabled", "coefficient")
    verbose_name_plural = _("Models (if none are listed, every model at ×1)")


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Role
        fields = ("name", "description", "retention_days")


@admin.register(Role)
class RoleAdmin(Panel):
    form = RoleForm
    list_display = ("name", "description", "retention_days", "created_at")
    search_fields = ("name", "description")
    inlines = (AccessTable,)
    actions = ()
    readonly_fields = ("permission_list",)
    fields = ("name", "description", "retention_days", "permission_list")

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name", *self.readonly_fields) if obj else tuple(self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        """The two roles that always exist cannot be deleted, nor any in a list that may hold them."""
        return obj is not None and obj.name not in roles.SYSTEM

    @admin.display(description=_("Permissions"))
    def permission_list(self, role: Role) -> str:
        return Matrix([role]).permissions_html()

    def save_model(self, request: HttpRequest, obj: Role, form: "forms.ModelForm[Role]", change: bool) -> None:
        """Make a role here; a changed one is saved with its models, in `save_related`."""
        if not change:
            made = roles.create(actor=actor_of(request), name=obj.name, description=obj.description)
            obj.name, obj.created_at = made.name, made.created_at
        obj._state.adding = False

    def save_related(self, request: HttpRequest, form: Any, formsets: Sequence[Any], change: bool) -> None:
        rows = next((formset.to_plain() for formset in formsets if isinstance(formset, AccessRows)), None)
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        roles.update(
            actor=actor_of(request),
            role=form.instance,
            description=form.cleaned_data["description"],
            retention_days=form.cleaned_data["retention_days"],
            permissions_=_ticked(request, form.instance),
            model_access=rows,
        )

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        roles.delete(actor=actor_of(request), role=obj)

    def get_urls(self) -> list[URLPattern]:
        matrix = path("matrix/", self.admin_site.admin_view(self.matrix), name="accounts_role_matrix")
        return [matrix, *super().get_urls()]

    def matrix(self, request: HttpRequest) -> HttpResponse:
        """Show all roles side by side; save what was ticked otherwise."""
        if again := stepup.refusal(request):
            return again
        all_roles = list(Role.objects.order_by("name"))
        if request.method == "POST":
            try:
                changed = Matrix(all_roles).save(request.POST, actor=actor_of(request))
            except Refusal as refusal:
                messages.error(request, refusal.message)
            else:
                message = ngettext("%d role changed.", "%d roles changed.", changed) % changed
                messages.success(request, message)
            return HttpResponseRedirect(request.path)
        context = {**self.admin_site.each_context(request), "title": gettext("Permission matrix")}
        context["matrix"] = Matrix(all_roles)
        return TemplateResponse(request, "admin/accounts/matrix.html", context)


def _ticked(request: HttpRequest, role: Role) -> dict[str, dict[str, bool]] | None:
    """Return the permissions that the role's form was sent with; None when it had none (a new role)."""
    if role.name not in request.POST.getlist("matrix"):
        return None
    return Matrix([role]).permissions_in(request.POST, role)
