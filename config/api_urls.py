"""Every URL under /api; unknown ones answer in JSON, too."""

from inspect import iscoroutinefunction

from asgiref.sync import async_to_sync
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path, resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView

from api.base.scopes import READ_ONLY


@csrf_exempt
def nothing_here(request: HttpRequest, **rest: str) -> HttpResponseBase:
    """Answer what is no address. One with a slash too many at its end is answered as without it."""
    shorter = request.path_info.removesuffix("/")
    if shorter not in {request.path_info, "/api"}:
        match = resolve(shorter)
        if match.func is not nothing_here:
            request.resolver_match = match
            view = async_to_sync(match.func) if iscoroutinefunction(match.func) else match.func
            answer: HttpResponseBase = view(request, *match.args, **match.kwargs)
            return answer
    return JsonResponse({"message": _("There is nothing here.")}, status=404)


class DocumentView(SpectacularJSONAPIView):
    """The description of the API."""

    key_scopes = READ_ONLY


app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("api.librechat.accounts.urls")),
    path("", include("api.librechat.billing.urls")),
    path("", include("api.librechat.endpoints.urls")),
    path("", include("api.librechat.chat.urls")),
    path("openapi.json", DocumentView.as_view(), name="openapi"),
    re_path(r"^.*$", nothing_here),
]
