"""Who is signed in and may still not come in: people who wait for approval, or have not accepted the terms."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.services import terms

# Pages for these people, and the ways out.
_OPEN: Final = {
    "account_waiting", "account_terms", "account_logout", "account_delete", "account_deleted", "account_reauthenticate",
    "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_login", "account_inactive", "admin:logout",
    "account_verify", "account_reset_password_from_key", "account_invitation",
}  # fmt: skip


class Admission:
    """Leads the pages of such a person to the one that says so. The API refuses by itself (`Admitted`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in _OPEN or match.namespaces[:1] == ["api"]:
            return None
        user = request.user
        if not isinstance(user, User):
            return None
        if user.waits_for_approval:
            return _lead(request, "account_waiting")
        if terms.must_accept(user):
            return _lead(request, "account_terms")
        return None


def _lead(request: HttpRequest, name: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=403)
        response.headers["HX-Refresh"] = "true"
        return response
    return redirect(name)
