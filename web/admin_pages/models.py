"""The admin page of all models and their prices."""

from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.services import policy
from endpoints.catalog import registry
from endpoints.catalog.facts import ModelFacts, facts
from endpoints.catalog.model_lists import describe_left_out
from endpoints.catalog.prices import PriceInForce, price_in_force


@dataclass(frozen=True, slots=True)
class ModelRow:
    endpoint: str
    model: str
    price: PriceInForce
    facts: ModelFacts


@require_GET
def prices(request: HttpRequest) -> HttpResponse:
    """Show what each model costs and why; those whose price nobody knows come first."""
    current = registry.current()
    rows = [
        ModelRow(endpoint.name, model, price_in_force(endpoint, model), facts(endpoint.for_model(model), model))
        for endpoint in current.endpoints
        for model in current.models(endpoint.name)
    ]
    rows.sort(key=lambda row: row.price.is_known)
    context = {
        **admin.site.each_context(request),
        "title": _("Current prices"),
        "rows": rows,
        "rules": policy.current(),
        "left_out": [
            (endpoint.name, description)
            for endpoint in current.endpoints
            if (description := describe_left_out(endpoint))
        ],
        "unknown": sum(not row.price.is_known for row in rows),
    }
    return TemplateResponse(request, "admin/endpoints/prices.html", context)


urlpatterns: list[URLPattern] = [path("prices/", admin.site.admin_view(prices), name="model_prices")]
