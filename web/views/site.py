"""Files that browsers and robots request from every site."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.services import site

_DAY = 86_400


@require_safe
@cache_control(public=True, max_age=_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who ask without having read the page that names the picture."""
    return redirect(static("favicon.svg"))


@require_safe
@cache_control(public=True, max_age=_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines are let in where the operator has said so (`NO_INDEX=false`)."""
    rule = "Disallow: /" if settings.NO_INDEX else "Disallow:"
    return HttpResponse(f"User-agent: *\n{rule}\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=_DAY)
def manifest(request: HttpRequest) -> HttpResponse:
    """How the site is called and looks on a home screen."""
    name = site.current().app_title
    fields = {
        "id": "/",
        "name": name,
        "short_name": name,
        "description": _("Chat with AI models on your own server."),
        "start_url": reverse("chat:new"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#4a4cc4",
        "icons": [{"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
    }
    return JsonResponse(fields, content_type="application/manifest+json")
