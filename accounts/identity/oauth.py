"""Providers that allauth knows by name, where they need more than their credentials."""

from typing import Any

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google import views as google
from django.conf import settings


class GoogleAdapter(google.GoogleOAuth2Adapter):  # type: ignore[misc]
    """Checks the signature of the ID token also where the way it came could be trusted."""

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = google._verify_and_decode(app, id_token, verify_signature=True)
        return claims


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
