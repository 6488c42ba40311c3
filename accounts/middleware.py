"""Keeping out who is banned."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.limits import address_of
from accounts.models import User
from accounts.services import bans


def words_for(until: object) -> str:
    return _("Access is blocked until %(time)s (UTC), because of too many violations.") % {"time": f"{until:%H:%M}"}


class Banned:
    """Answers 403 to banned addresses and people; a person's session ends. Static files and probes stay open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if isinstance(request.user, User) else None
        until = bans.banned_until(user_id=user.id if user else None, address=address_of(request))
        if until is None:
            return self.get_response(request)
        if user is not None:
            logout(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"message": words_for(until)}, status=403)
        return render(request, "refused.html", {"message": words_for(until)}, status=403)
