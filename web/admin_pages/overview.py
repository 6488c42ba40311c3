"""Admin pages that need data from several apps: the overview, and one person's page.

None shows what anybody wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.admin.panel import as_csv
from accounts.models import Membership, User
from accounts.services import permission_labels, permissions
from accounts.services.model_access import access_of
from billing.models import Balance
from billing.services import budgets
from chat.services import insights
from endpoints.catalog.selection import catalog_for
from web.plot import Plot, PlotDay, PlotRow, plot_of, rows_of


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the administration's first page."""
    days = _span(request)
    tables = [(table, figures_of(table)) for table in insights.tables(days=days)]
    return {**context, "title": _("Overview"), "days": days, "spans": insights.SPANS, "tables": tables}


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of a table: a plot of the days, or else rows."""

    name: str
    plot: Plot | None = None
    rows: Sequence[PlotRow] = ()


def figures_of(table: insights.InsightTable) -> list[Figure]:
    """Return a figure for each column of numbers that has any."""
    if not table.rows:
        return []
    return [_figure(table, column) for column in range(1, len(table.head))]


def _figure(table: insights.InsightTable, column: int) -> Figure:
    name = str(table.head[column])
    if not table.by_day:
        return Figure(name, rows=rows_of([(str(row[0]), row[column]) for row in table.rows]))
    days = [PlotDay(row[0], {"all": row[column]}, intcomma(row[column])) for row in table.rows]
    return Figure(name, plot=plot_of(days))


@require_GET
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Return one table of the first page as a file."""
    try:
        table = insights.table(slug, days=_span(request))
    except KeyError:
        raise Http404 from None
    return as_csv(f"{slug}-{_span(request)}-days", table.head, table.rows)


def _span(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return next((span for span in insights.SPANS if str(span) == asked), insights.SPANS[1])


@require_GET
def see_as(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Show what a person may do and use, and how far their budgets are used."""
    user = User.objects.select_related("role").filter(pk=user_id).first()
    if user is None:
        raise Http404
    offer, access = catalog_for(user), access_of(user.role_name)
    context = {
        **admin.site.each_context(request),
        "title": _("As %(person)s sees it") % {"person": user.email},
        "person": user,
        "memberships": Membership.objects.filter(user=user).select_related("group").order_by("group__name"),
        "permissions": permission_labels.in_words(permissions.permissions_of(user.role)),
        "capabilities": sorted(permissions.capabilities_of(user)),
        "models": [
            (endpoint.name, model, access.coefficient(endpoint.name, model))
            for endpoint in offer.endpoints
            for model in offer.models(endpoint.name)
        ],
        "meters": budgets.meters_of(user),
        "balance": Balance.objects.filter(user=user).first(),
    }
    return TemplateResponse(request, "admin/see_as.html", context)


urlpatterns: list[URLPattern] = [
    path("insights/<slug:slug>.csv", admin.site.admin_view(export), name="insights_csv"),
    path("users/<uuid:user_id>/seen/", admin.site.admin_view(see_as), name="see_as"),
]
