"""Providers supported by allauth that need more than their credentials."""

import json
from collections.abc import Mapping
from typing import Any, Final

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.apple.apple_session import get_apple_session
from allauth.socialaccount.providers.apple.views import AppleOAuth2Adapter
from allauth.socialaccount.providers.discord.views import DiscordOAuth2Adapter
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.http import HttpRequest

from accounts.identity import openid, tokens

LEEWAY: Final = 300  # seconds that the clocks may differ
KEYS_SECONDS: Final = 600
MAX_NAME_LENGTH: Final = 80


class SignedWord:
    """One sign-in at a provider that says who somebody is in an ID token; the library would believe more than that.

    `state` is what was kept of its beginning.
    """

    issuer: str
    keys_url: str
    state: Mapping[str, Any] = {}

    def claims(self, app: SocialApp, response: Mapping[str, Any]) -> tokens.Claims:
        """Return what the token says. Raises `openid.OpenIdFault` unless it was made for this very sign-in."""

        def read(keys: Mapping[str, Any]) -> tokens.Claims:
            return tokens.read_id_token(
                str(response.get("id_token") or ""),
                keys=keys,
                issuer=self.issuer,
                client_id=app.client_id,
                nonce=str(self.state["nonce"]),
                leeway=LEEWAY,
            )

        claims = openid.read_with_keys(self.keys_url, KEYS_SECONDS, read)
        return claims | {"email_verified": claims.get("email_verified") in (True, "true")}


class GoogleAdapter(SignedWord, GoogleOAuth2Adapter):  # type: ignore[misc]
    issuer = "https://accounts.google.com"
    keys_url = "https://www.googleapis.com/oauth2/v3/certs"

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        return self.get_provider().sociallogin_from_response(request, self.claims(app, kwargs["response"]))


class AppleAdapter(SignedWord, AppleOAuth2Adapter):  # type: ignore[misc]
    """Apple, of whose answer the browser brings a part: it is believed about the name alone."""

    issuer = "https://appleid.apple.com"
    keys_url = AppleOAuth2Adapter.public_key_url
    login_cancelled_error = "user_cancelled_authorize"

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        token_data: dict[str, Any] = client.get_access_token(request.GET["code"], pkce_code_verifier=pkce_code_verifier)
        return token_data

    def parse_token(self, data: Mapping[str, Any]) -> SocialToken:
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        posted = get_apple_session(request)
        claims = {**self.claims(app, kwargs["response"]), "name": _name_in(posted.store.get("user", ""))}
        posted.delete()
        return self.get_provider().sociallogin_from_response(request, claims)


def _name_in(posted: str) -> dict[str, str]:
    """Return the name that somebody chose at Apple's, which only their browser is told, and only the first time."""
    try:
        name = json.loads(posted)["name"]
        return {part: str(name.get(part) or "")[:MAX_NAME_LENGTH] for part in ("firstName", "lastName")}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


class DiscordAdapter(DiscordOAuth2Adapter):  # type: ignore[misc]
    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        login: SocialLogin = super().complete_login(request, app, token, **kwargs)
        if not login.account.uid.isdecimal():  # the library makes a text of whatever stands there
            raise OAuth2Error("Discord does not say who it is")
        return login


class GitHubAdapter(GitHubOAuth2Adapter):  # type: ignore[misc]
    """GitHub, or a GitHub Enterprise Server of the operator's own."""

    @property
    def _web_url(self) -> str:
        return str(settings.IDENTITY_PROVIDERS["github"].settings.get("web_url") or GitHubOAuth2Adapter.web_url)

    @property
    def _api_url(self) -> str:
        at_github = self._web_url == GitHubOAuth2Adapter.web_url
        return GitHubOAuth2Adapter.api_url if at_github else f"{self._web_url}/api/v3"

    @property
    def access_token_url(self) -> str:
        return f"{self._web_url}/login/oauth/access_token"

    @property
    def authorize_url(self) -> str:
        return f"{self._web_url}/login/oauth/authorize"

    @property
    def profile_url(self) -> str:
        return f"{self._api_url}/user"

    @property
    def emails_url(self) -> str:
        return f"{self._api_url}/user/emails"
