"""The sign-in page, with the identity providers beside the password, and signing out."""

from typing import Final

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import bans, sign_in_options, site
from accounts.services.signup import is_first_start
from core import rate_limits
from web.views.accounts import identity as identity_views

ERRORS: Final = {
    "auth_failed": _("We couldn't confirm your sign-in. Try again."),
    "cancelled": _("The sign-in was cancelled."),
}


class SignInView(allauth_views.LoginView):  # type: ignore[misc]
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if self._leads_on(request):
            query = {"next": request.GET["next"]} if "next" in request.GET else {}
            return redirect(f"/oauth/openid{'?' if query else ''}{urlencode(query)}")
        if self._begins():
            kept = f"?{self.request.GET.urlencode()}" if self.request.GET else ""
            return redirect(f"{reverse('account_signup')}{kept}")
        answer: HttpResponseBase = super().get(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not settings.ALLOW_EMAIL_LOGIN:
            message = _("Password sign-in is turned off here.")
            return render(request, "account/not_let_in.html", {"message": message}, status=403)
        answer: HttpResponseBase = super().post(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        code = self.request.GET.get("error")
        wrong = ERRORS.get(code, ERRORS["auth_failed"]) if code else ""
        return context | {
            "offers": sign_in_options.providers(),
            "wrong": wrong,
            "by_password": settings.ALLOW_EMAIL_LOGIN,
            "is_first": is_first_start(),
        }

    @staticmethod
    def _begins() -> bool:
        """Whether nobody can sign in yet, and whoever is here can make the first account."""
        by_password_only = settings.ALLOW_EMAIL_LOGIN and not settings.DIRECTORY and not sign_in_options.providers()
        return by_password_only and site.current().allow_registration and is_first_start()

    @staticmethod
    def _leads_on(request: HttpRequest) -> bool:
        wanted = settings.OPENID is not None and settings.OPENID.auto_redirect
        kept_here = request.GET.get("redirect") == "false" or "error" in request.GET
        return wanted and not kept_here and any(provider.key == "openid" for provider in sign_in_options.providers())


class SignupView(allauth_views.SignupView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        return context | {"is_first": is_first_start()}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Count every try: it may tell whose address has an account. Raises `TooOften`, a violation."""
        address = rate_limits.address_of(request)
        try:
            rate_limits.count_named("register", address)
        except rate_limits.TooOften:
            bans.record_violation("registrations", address=address)
            raise
        answer: HttpResponseBase = super().post(request, *args, **kwargs)
        return answer


@login_required
def password_set(request: HttpRequest) -> HttpResponseBase:
    """Choose a first password; not beside the word of somebody who vouches for the person, which it would outlive."""
    if isinstance(request.user, User) and request.user.provider != "local":
        raise Http404
    answer: HttpResponseBase = allauth_views.password_set(request)
    return answer


def logout(request: HttpRequest) -> HttpResponseBase:
    answer = identity_views.sign_out(request) if request.method == "POST" else None
    return answer or allauth_views.logout(request)


login = SignInView.as_view()
signup = SignupView.as_view()
