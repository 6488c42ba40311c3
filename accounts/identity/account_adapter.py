"""Connects allauth's sign-in pages to our services."""

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import attempts, domains, signin, site
from accounts.services.signup import sign_up
from accounts.services.social import Refused
from core import secrets
from core.rate_limits import address_of

_OBVIOUS = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return site.current().allow_registration

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        data = form.cleaned_data
        return sign_up(
            name=data["name"], email=data["email"], password=data["password1"], username=data.get("username", "")
        )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return who it is, or None. Raises `TooManyAttempts`, for the library's own limits are off, and `Refused`."""
        account = str(credentials.get("email") or credentials.get("username") or "")
        with attempts.attempt(request, account) as this:
            user = super().authenticate(request, **credentials)
            this.succeeded = user is not None or hasattr(request, "refused")
            if user is None:
                signin.raise_noted(request)
        return user if isinstance(user, User) else None

    def reauthenticate(self, user: User, password: str) -> bool:
        try:
            return bool(super().reauthenticate(user, password))
        except Refused:
            return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code.endswith("_password_mismatch"):
            return ValidationError(signin.mismatch(context.request), code=code)
        error: ValidationError = super().validation_error(code, *args)
        return error

    def get_client_ip(self, request: HttpRequest) -> str:
        """The sign-in limits go by the same address as all others."""
        return address_of(request)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Return what to answer instead of signing in."""
        refusal: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refusal is None and not domains.admits(user):
            message = _("Email addresses from your domain can't be used to sign in here.")
            return render(request, "account/not_let_in.html", {"message": message}, status=403)
        if refusal is None and user.must_verify:
            return redirect("account_email_verification_sent")
        return refusal

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


class TwoFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of the second factor are encrypted, and named after this site."""

    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def build_totp_url(self, user: User, secret: str) -> str:
        issuer = quote(site.current().app_title.replace(" ", ""))
        return f"otpauth://totp/{issuer}:{quote(user.email, safe='@')}?secret={secret}&issuer={issuer}"

    def build_totp_svg(self, url: str) -> str:
        """Return the picture without its XML declaration, to stand within a page."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def _get_site_name(self) -> str:
        return site.current().app_title
