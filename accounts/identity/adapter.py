"""Connects allauth's sign-in through providers to our services.

The providers are in the settings, never in the database. allauth only runs the redirects to the provider and back;
`accounts.services.social` decides what an account may do.
"""

import logging
from functools import cache
from typing import Any, Final, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.identity.oauth import AppleAdapter, DiscordAdapter, GitHubAdapter, GoogleAdapter
from accounts.identity.openid import OpenIdAdapter, OpenIdFault
from accounts.identity.session import OperatorSession
from accounts.models import User
from accounts.services import social
from siteconfig.environment.identity import IdentityProvider

log = logging.getLogger(__name__)
ADAPTERS: Final = {
    "apple": AppleAdapter,
    "discord": DiscordAdapter,
    "github": GitHubAdapter,
    "google": GoogleAdapter,
    "openid_connect": OpenIdAdapter,
}
SILENT: Final = {"facebook"}  # on whether an address is confirmed: it passes on no other


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        return [
            _app(identity_provider)
            for identity_provider in settings.IDENTITY_PROVIDERS.values()
            if provider in {None, identity_provider.key, identity_provider.kind}
            and client_id in {None, identity_provider.client_id}
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        instance = super().get_provider(request, provider, client_id)
        if hasattr(instance, "oauth2_adapter_class"):
            instance.oauth2_adapter_class = called_back_here(ADAPTERS.get(instance.id, instance.oauth2_adapter_class))
        instance.extract_extra_data = _nothing
        return instance

    def get_requests_session(self) -> OperatorSession:
        return OperatorSession()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        both = f"{data.get('first_name') or ''} {data.get('last_name') or ''}"
        user.name = str(data.get("name") or both).strip()
        user.username = str(data.get("username") or "")
        user.email = str(data.get("email") or "")
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        identity = getattr(sociallogin, "identity", None) or identity_of(sociallogin)
        try:
            sociallogin.user = social.sign_in_external(identity=identity)
        except social.Refused as refusal:
            refuse(request, refusal.message, status=403)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("/login?redirect=false&error=cancelled"))
        why = str(exception) if isinstance(exception, OpenIdFault) else type(exception).__name__  # others quote answers
        log.warning("a sign-in through %s failed: %s", provider.sub_id, why if exception else error)
        if isinstance(exception, social.Refused):
            refuse(request, exception.message, status=403)
        if "state_id" in (extra_context or {}) and exception is None:
            refuse(request, _("This sign-in has expired or was started in another browser."), status=403)
        refuse(request, _("We couldn't confirm your sign-in."), status=401)


def refuse(request: HttpRequest, message: str, *, status: int) -> NoReturn:
    """Answer with a page that says why, and a way back to the sign-in page."""
    answer: HttpResponseBase = render(request, "account/not_let_in.html", {"message": message}, status=status)
    raise ImmediateHttpResponse(answer)


def identity_of(login: SocialLogin) -> social.Identity:
    """Return who a provider says somebody is, where allauth has read its answer."""
    address = next((email_address for email_address in login.email_addresses if email_address.primary), None) or next(
        iter(login.email_addresses), None
    )
    return social.Identity(
        provider=login.account.provider,
        subject=login.account.uid,
        email=address.email if address else "",
        email_verified=bool(address.verified) if address and login.account.provider not in SILENT else None,
        name=login.user.name,
        username=login.user.username,
    )


def _nothing(data: Any) -> dict[str, Any]:
    """Return what to keep of a provider's answer beside the name, the address and the subject."""
    return {}


def _app(provider: IdentityProvider) -> SocialApp:
    return SocialApp(
        provider=provider.kind,
        provider_id=provider.key if provider.key != provider.kind else "",
        name=str(provider.label),
        client_id=provider.client_id,
        secret=provider.secret,
        key=provider.team,
        settings={
            "scope": list(provider.scope) or None,
            "oauth_pkce_enabled": provider.pkce,
            **provider.settings,
        },
    )


@cache
def called_back_here(adapter: type) -> type:
    """Return the adapter of an OAuth provider with our address of return, which no header of a request changes."""

    def get_callback_url(self: Any, request: HttpRequest, app: SocialApp) -> str:
        provider = settings.IDENTITY_PROVIDERS[app.provider_id or app.provider]
        return f"{settings.DOMAIN}{provider.callback}"

    return type(adapter.__name__, (adapter,), {"get_callback_url": get_callback_url})
