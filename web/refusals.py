"""How pages show a refusal: as a toast for htmx, in the submitted form, or as a page of its own.

`web.shell.signed_in` handles it on pages of signed-in people, `Refusals` on all others: a view calls its service and
catches no refusal, except to keep what was typed (`AsFormError`).
"""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.refusal import Refusal

_ABOUT_MONEY = {"over_budget", "token_balance"}
_ABOUT_KEYS = {"no_user_key", "expired_user_key", "no_base_url", "invalid_base_url"}


class Refusals:
    """Middleware: answers what a page refuses. The API, and the pages in `web.shell`, do so by themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer(request, exception) if isinstance(exception, Refusal) else None


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer whoever asks, signed in or not, also with when to try again."""
    page = "refused.html" if request.user.is_authenticated else "account/not_let_in.html"
    response = show(request, refusal, toast=request.headers.get("HX-Request") == "true", page=page)
    for name, value in refusal.headers.items():
        response.headers[name] = value
    return response


def show(
    request: HttpRequest,
    refusal: Refusal,
    *,
    toast: bool,
    page: str = "refused.html",
    link: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Say `refusal` in a toast, or on `page`, with a link that leads on where there is one."""
    context = {"message": refusal.message, "kind": "bad", **(link or {})}
    response = render(request, "components/toast.html" if toast else page, context, status=refusal.status)
    if toast:
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
    return response


def way_out(refusal: Refusal, user: User) -> dict[str, str]:
    """Return the link that stands beside a refusal: to the balance, the person's keys or the prices."""
    if refusal.code == "unpriced" and user.is_admin:
        return {"link": reverse("admin:billing_price_add"), "link_label": _("Set a price")}
    if refusal.code in _ABOUT_MONEY:
        return {"link": reverse("chat:balance"), "link_label": _("See your balance")}
    if refusal.code in _ABOUT_KEYS:
        return {"link": reverse("chat:settings_keys"), "link_label": _("Add your key")}
    return {}
