"""Every address under /api; what is none of them answers in JSON too."""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView

from accounts.api.scopes import READ_ONLY


@csrf_exempt
def nothing_here(request: HttpRequest, **rest: str) -> JsonResponse:
    return JsonResponse({"message": _("There is nothing here.")}, status=404)


class Document(SpectacularJSONAPIView):  # type: ignore[misc]
    """The description of the API."""

    key_scopes = READ_ONLY


app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("accounts.api.urls")),
    path("", include("billing.api.urls")),
    path("", include("endpoints.api.urls")),
    path("", include("chat.api.urls")),
    path("openapi.json", Document.as_view(), name="openapi"),
    re_path(r"^.*$", nothing_here),
]
