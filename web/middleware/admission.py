"""Refuses banned people and addresses, and people who are unapproved, unverified or have not accepted the terms."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from accounts.models import User
from accounts.services import bans, sessions, terms
from core import quotas
from core.rate_limits import TooOften, address_of
from web.refusals import answer

# Pages for these people, and the ways out.
STILL_OPEN: Final = {
    "account_waiting",
    "account_terms",
    "account_logout",
    "account_delete",
    "account_deleted",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_login",
    "account_inactive",
    "admin:logout",
    "account_verify",
    "account_reset_password_from_key",
    "account_invitation",
    "account_email_verification_sent",
    "favicon",
    "robots",
    "manifest",
}


class Admission:
    """Leads the pages of such a person to the one that says so. The API refuses by itself (`Admitted`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in STILL_OPEN or match.namespaces[:1] == ["api"]:
            return None
        user = request.user
        if not isinstance(user, User):
            return None
        if user.waits_for_approval:
            return _lead(request, "account_waiting")
        if user.must_verify:
            return _lead(request, "account_email_verification_sent")
        if terms.must_accept(user):
            return _lead(request, "account_terms")
        return None


def _lead(request: HttpRequest, name: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=403)
        response.headers["HX-Refresh"] = "true"
        return response
    return redirect(name)


class RefuseBanned:
    """Answers 403 to banned addresses and people; a person's session ends. Static files and probes stay open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if isinstance(request.user, User) else None
        # One address may be that of a whole house: who administers the site is not shut out with it.
        address = "" if user and user.is_admin else address_of(request)
        until = bans.banned_until(user_id=user.id if user else None, address=address)
        if until is None:
            return self.get_response(request)
        if user is not None:
            logout(request)
        if request.path.startswith("/api/"):
            return JsonResponse({"message": bans.words_for(until)}, status=403)
        return render(request, "refused.html", {"message": bans.words_for(until)}, status=403)


class CountWrites:
    """Counts each change that a page makes, and says when it was too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method in quotas.READING or request.path_info.startswith("/api/"):
            return None
        size = str(request.META.get("CONTENT_LENGTH") or "0")
        try:
            quotas.count_write(
                user_id=request.user.pk, address=address_of(request), size=int(size) if size.isdecimal() else 0
            )
        except TooOften as often:
            return answer(request, often)
        return None


class NoteSessions:
    """Notes when a person's sessions were last used, for their list of devices."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            sessions.touch_session(request)
        return self.get_response(request)
