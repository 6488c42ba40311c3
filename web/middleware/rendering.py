"""Tells the renderer for whom a request renders."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.rate_limits import address_of
from web.rendering.results import Reader, on_behalf


class RenderingFor:
    """Says on whose behalf texts are rendered: what takes long is shared out among people, and limited per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with on_behalf(Reader(person=lambda: str(request.user.pk or address_of(request)))):
            return self.get_response(request)
