"""Answers health checks before any other middleware looks at the host, the language, the session or the user."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from deploy import views

PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health": views.alive,
    "/livez": views.alive,
    "/readyz": views.ready,
}


class Probes:
    """Answers the probes. A probe may name the machine by any address, so `ALLOWED_HOSTS` does not hold for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, self.get_response)(request)
