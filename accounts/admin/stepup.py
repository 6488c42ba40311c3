"""Changes in the administration need a fresh sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import freshness


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Return what leads to showing again that it is them; None for who has lately, or sends a form opened in time."""
    actor = cast("User", request.user)
    if freshness.of_page(request, actor):
        return None
    if request.method == "POST":
        if freshness.was_opened_in_time(request, actor):
            return None
        messages.warning(request, _("Nothing was changed because you had to confirm it's you first. Try again now."))
    address = f"{reverse('account_reauthenticate')}?{urlencode({'next': _way_back(request)})}"
    if request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def fresh_sign_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show the view to whoever has signed in lately. Under the decorator that says who may use it at all."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refusal(request) or view(request, *args, **kwargs)

    return guarded


class FreshSignIn:
    """Asks for a fresh sign-in before anything is sent to any page of the administration."""

    OPEN = ("admin:login", "admin:logout")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not match.route.startswith("admin/") or match.view_name in self.OPEN:
            return None
        is_read = request.method in {"GET", "HEAD", "OPTIONS"}
        return None if is_read or not getattr(request.user, "is_staff", False) else refusal(request)


def _way_back(request: HttpRequest) -> str:
    """Return where to go on: after a POST to the page that it came from."""
    if request.method == "POST" and (referer := request.headers.get("Referer", "")):
        parts = urlsplit(referer)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        same_site = parts.netloc == request.get_host()
        if same_site and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
            return path
    return request.get_full_path()
