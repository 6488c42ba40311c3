"""The administration's pages that need to know of every app: the overview, and what one person sees.

None shows what anybody wrote.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import permissions
from accounts.access import access_of
from accounts.models import Membership, User
from billing.models import Balance
from billing.services import budgets
from endpoints.offer import offer_for


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the administration's first page."""
    return context


@require_GET
def see_as(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Show what a person may do and use, and how far their budgets are used."""
    user = User.objects.select_related("role").filter(pk=user_id).first()
    if user is None:
        raise Http404
    offer, access = offer_for(user), access_of(user.role_name)
    context = {
        **admin.site.each_context(request),
        "title": _("As %(person)s sees it") % {"person": user.email},
        "person": user,
        "memberships": Membership.objects.filter(user=user).select_related("group").order_by("group__name"),
        "permissions": permissions.permissions_of(user.role),
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
    path("users/<uuid:user_id>/seen/", admin.site.admin_view(see_as), name="see_as"),
]
