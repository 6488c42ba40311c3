"""Refusing what another site's page makes a browser send."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config import origins


def is_own(request: HttpRequest) -> bool:
    """Whether the request comes from a page of this site, or from no page at all: then it has no `Origin`."""
    origin = request.headers.get("Origin")
    return origin is None or origins.is_ours(origin, scheme=request.scheme or "http", host=request.get_host())


class SameOrigin(BasePermission):
    """Refuses a request whose `Origin` is not this site, nor one that may use the API (`accounts.cors`).

    For the routes that work without a session, where there is no CSRF token to ask for: else a foreign page
    could sign its visitor in as somebody else. The pages that are allowed cannot: no cookie is set for them.
    """

    message = _("This request comes from another site.")

    def has_permission(self, request: Request, view: object) -> bool:
        return hasattr(request._request, "foreign_origin") or is_own(request._request)
