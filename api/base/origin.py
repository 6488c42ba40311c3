"""Refuses cross-site requests, which another site's page makes a browser send."""

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.http.origins import is_own


class SameOrigin(BasePermission):
    """Refuses a request whose `Origin` is not this site, nor one that may use the API (`web.middleware.cors`).

    For the routes that work without a session, where there is no CSRF token to ask for: else a foreign page
    could sign its visitor in as somebody else. The pages that are allowed cannot: no cookie is set for them.
    """

    message = _("This request comes from another site.")

    def has_permission(self, request: Request, view: object) -> bool:
        return hasattr(request._request, "foreign_origin") or is_own(request._request)
