"""Admin pages of stored endpoints, and testing them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin import stepup
from accounts.admin.panel import Panel, actor_of
from core.rate_limits import TooOften
from core.refusal import AsFormError
from endpoints.catalog import registry, stored_endpoints
from endpoints.models import OperatorEndpoint
from endpoints.services import connection_test


class OperatorEndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """The stored key is never sent to the browser: only its end is told."""

    api_key = forms.CharField(label=_("Key"), required=False, strip=True, widget=UnfoldAdminPasswordWidget())
    model_names = forms.CharField(
        label=_("Models"),
        required=False,
        widget=UnfoldAdminTextareaWidget(),
        help_text=_("One per line. New chats start with the first one."),
    )

    class Meta:
        model = OperatorEndpoint
        fields = ("kind", "provider", "name", "base_url", "key_from_user", "fetch_models", "is_enabled", "order")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["api_key"].widget.attrs["autocomplete"] = "off"
        if self.instance.api_key:
            self.initial["api_key"] = ""
            stored = gettext("A key is stored. Leave this empty to keep it.")
            if self.instance.key_end:
                stored = gettext("The stored key ends with %s. Leave this empty to keep it.") % self.instance.key_end
            self.fields["api_key"].help_text = stored
        self.initial["model_names"] = "\n".join(self.instance.model_names)

    def clean_model_names(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["model_names"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            stored = OperatorEndpoint.objects.filter(pk=self.instance.pk).first()
            try:
                stored_endpoints.apply(self.entry(), stored or OperatorEndpoint())
            except ValidationError as faults:
                self.add_error(None, faults)
        return data

    def entry(self) -> stored_endpoints.Entry:
        return stored_endpoints.Entry(**{**self.cleaned_data, "model_names": tuple(self.cleaned_data["model_names"])})


@admin.register(OperatorEndpoint)
class OperatorEndpointAdmin(Panel):
    form = OperatorEndpointForm
    list_display = ("name", "kind", "base_url", "key_state", "is_enabled", "order", "testing")
    list_filter = ("kind", "is_enabled")
    search_fields = ("name", "base_url")
    list_before_template = "admin/endpoints/from_elsewhere.html"
    empty_words = _("No endpoints added here yet.")
    ordering = ("order", "name")
    fieldsets = (
        (None, {"fields": ("name", "kind", "provider", "base_url", "is_enabled", "order")}),
        (_("Key"), {"fields": ("api_key", "key_from_user")}),
        (_("Models"), {"fields": ("model_names", "fetch_models")}),
    )

    @property
    def from_elsewhere(self) -> list[str]:
        """The endpoints in force that are not in this table."""
        here = set(OperatorEndpoint.objects.values_list("name", flat=True))
        return [endpoint.display.label for endpoint in registry.current().endpoints if endpoint.name not in here]

    @admin.display(description=_("Key"))
    def key_state(self, row: OperatorEndpoint) -> str:
        if row.key_from_user:
            return gettext("each person's own")
        return f"…{row.key_end}" if row.api_key else gettext("none")

    @admin.display(description=_("Test"))
    def testing(self, row: OperatorEndpoint) -> str:
        address = reverse("admin:endpoints_operatorendpoint_test", args=[row.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("Test this endpoint"))

    def save_model(self, request: HttpRequest, obj: OperatorEndpoint, form: Any, change: bool) -> None:
        stored = OperatorEndpoint.objects.get(pk=obj.pk) if change else None
        obj.pk = stored_endpoints.save(actor=actor_of(request), entry=form.entry(), row=stored).pk

    def delete_model(self, request: HttpRequest, obj: OperatorEndpoint) -> None:
        stored_endpoints.remove(actor=actor_of(request), row=obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.test)
        return [path("<uuid:row_id>/test/", view, name="endpoints_operatorendpoint_test"), *super().get_urls()]

    def test(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Ask which model to call; call it, and say what came of it."""
        row = OperatorEndpoint.objects.filter(pk=row_id).first()
        if row is None:
            raise Http404
        if again := stepup.refusal(request):
            return again
        endpoint = stored_endpoints.to_endpoint(row)
        form = ConnectionTestForm(request.POST or None, initial={"model": next(iter(endpoint.models.names), "")})
        result: connection_test.ConnectionTestResult | None = None
        if form.is_valid():
            data = form.cleaned_data
            with AsFormError(form, TooOften, connection_test.ConnectionTestRefused):
                result = connection_test.run_connection_test_with_key(
                    endpoint, data["model"], own_key=data["api_key"], by=actor_of(request)
                )
        if not endpoint.connection.key_from_user:
            del form.fields["api_key"]
        context = {**self.admin_site.each_context(request), "title": gettext("Test “%s”") % row.name, "form": form}
        return TemplateResponse(
            request, "admin/endpoints/test.html", {**context, "row": row, "connection_test": result}
        )


class ConnectionTestForm(forms.Form):
    model = forms.CharField(label=_("Model"), max_length=256, widget=UnfoldAdminTextInputWidget())
    api_key = forms.CharField(
        label=_("Key for this test"), required=False, max_length=16_384, widget=UnfoldAdminPasswordWidget()
    )
