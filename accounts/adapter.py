"""Where the sign-in pages of allauth meet our services."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services.signup import sign_up

_OBVIOUS = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.ALLOW_REGISTRATION)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        data = form.cleaned_data
        return sign_up(name=data["name"], email=data["email"], password=data["password1"])

    def is_safe_url(self, url: str) -> bool:
        """Return whether to go on to `url` after signing in: only paths of this site, however it is spelt."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Return where signing out leads to: not where somebody would be signed in again at once."""
        if settings.OPENID and settings.OPENID.auto_redirect:
            return "/login?redirect=false"
        usual: str = super().get_logout_redirect_url(request)
        return usual

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say it, unless the page that follows shows it anyway."""
        if message_template not in _OBVIOUS:
            super().add_message(request, level, message_template, *args, **kwargs)
