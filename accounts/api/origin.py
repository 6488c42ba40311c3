"""Refusing what another site's page makes a browser send."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


def is_own(request: HttpRequest) -> bool:
    """Whether the request comes from a page of this site, or from no page at all: then it has no `Origin`."""
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and host in {request.get_host(), urlsplit(settings.DOMAIN).netloc}


class SameOrigin(BasePermission):
    """Refuses a request whose `Origin` is not this site, nor one that may use the API (`accounts.cors`).

    For the routes that work without a session, where there is no CSRF token to ask for: else a foreign page
    could sign its visitor in as somebody else. The pages that are allowed cannot: no cookie is set for them.
    """

    message = _("This request comes from another site.")

    def has_permission(self, request: Request, view: object) -> bool:
        return hasattr(request._request, "foreign_origin") or is_own(request._request)
