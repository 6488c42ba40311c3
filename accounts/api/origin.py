"""Refusing what another site's page makes a browser send."""

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config import origins


class SameOrigin(BasePermission):
    """Refuses a request whose `Origin` is not this site.

    For the routes that work without a session, where there is no CSRF token to ask for: else a foreign page
    could sign its visitor in as somebody else. Clients that are no browsers send no `Origin`.
    """

    message = _("This request comes from another site.")

    def has_permission(self, request: Request, view: object) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        return origins.is_ours(origin, scheme=request.scheme or "http", host=request.get_host())
