"""Sign-in with OpenID Connect, with the checks that allauth leaves out."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from accounts.identity import claims, tokens
from accounts.identity.session import NoAnswer
from accounts.models import User
from accounts.services.social import Identity, Refused
from siteconfig.environment.identity import OpenId

T = TypeVar("T")
DISCOVERY_SECONDS = 600
ID_TOKEN = "openid_id_token"  # noqa: S105 (a session's key)
ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint")


class OpenIdFault(OAuth2Error):  # type: ignore[misc]
    """The sign-in cannot be confirmed. Its words are for the log, and hold nothing of a token."""


class OpenIdAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """One sign-in. `state` is what was kept of its beginning; `id_token` is what it ended with."""

    state: Mapping[str, Any] = {}
    id_token: str = ""

    @property
    def rules(self) -> OpenId:
        return current_rules()

    @property
    def openid_config(self) -> dict[str, Any]:
        return description(self.rules.issuer)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        self.id_token = str(kwargs["response"].get("id_token") or "")
        sources = self._sources(app, token.token)
        if why := claims.why_kept_out(sources, self.rules):
            raise PermissionRefused(why)
        identity = identity_from(sources, self.rules)
        account = SocialAccount(provider=identity.provider, uid=identity.subject)
        login = SocialLogin(user=User(), account=account, provider=self.get_provider())
        login.identity = identity
        return login

    def _sources(self, app: SocialApp, access_token: str) -> claims.Sources:
        config, rules = self.openid_config, self.rules
        given = {"issuer": config["issuer"], "leeway": rules.leeway}
        nonce = self.state.get("nonce")

        def read(keys: Mapping[str, Any]) -> claims.Sources:
            sources = {
                "id": tokens.read_id_token(self.id_token, keys=keys, client_id=app.client_id, nonce=nonce, **given)
            }
            if "access" in {
                rules.required_claim.kind,
                rules.admin_claim.kind,
                rules.role_claim.kind,
                rules.groups_claim.kind,
            }:
                sources["access"] = tokens.read_access_token(access_token, keys=keys, **given)
            return sources

        sources = dict(read_with_keys(rules.keys_url or config["jwks_uri"], rules.keys_seconds, read))
        if config.get("userinfo_endpoint"):
            userinfo = self._fetch_user_info(access_token)
            if not isinstance(userinfo, dict) or userinfo.get("sub") != sources["id"]["sub"]:
                raise OpenIdFault("userinfo is about somebody else")
            sources["userinfo"] = userinfo
        return sources


class PermissionRefused(OpenIdFault, Refused):
    """Who it is is certain, and they may not come in."""


def current_rules() -> OpenId:
    if settings.OPENID is None:  # a provider without its issuer is not made
        raise OpenIdFault("OpenID Connect is not configured")
    return settings.OPENID


def description(issuer: str) -> dict[str, Any]:
    """Return what the provider says of itself. Raises `OpenIdFault` when it says it is another, or sends us astray."""
    home, _slash, _rest = issuer.partition("/.well-known/")
    document = _document(f"{home}/.well-known/openid-configuration" if home == issuer else issuer, DISCOVERY_SECONDS)
    if str(document.get("issuer", "")).rstrip("/") != home:
        raise OpenIdFault("the provider describes another issuer")
    for name in ADDRESSES:
        if name in document and urlsplit(str(document[name])).scheme not in {"https", urlsplit(home).scheme}:
            raise OpenIdFault(f"the provider's {name} is no address to go to")
    return document


def read_with_keys(address: str, seconds: int, read: Callable[[Mapping[str, Any]], T]) -> T:
    """Return what `read` makes of the keys that a provider publishes at `address`, which are kept for `seconds`.

    Raises `OpenIdFault` for a token that is not to be believed.
    """
    try:
        try:
            return read(_document(address, seconds))
        except tokens.UnknownKey:  # there is a new one
            return read(_document(address, seconds, anew=True))
    except tokens.BadIdToken as error:
        raise OpenIdFault(f"id token: {error}") from None


def way_out(request: HttpRequest) -> str | None:
    """Return where to go, after signing out here, to sign out at the provider; None: nowhere."""
    token = request.session.get(ID_TOKEN)
    if not token or not settings.OPENID or not settings.OPENID.end_session:
        return None
    try:
        return logout_address(token, settings.IDENTITY_PROVIDERS["openid"].client_id)
    except (OAuth2Error, NoAnswer, ValueError, KeyError):
        return None


def logout_address(id_token: str, client_id: str) -> str | None:
    """Return where to go to end the session at the provider too, or None where it has no such address."""
    rules = current_rules()
    where = description(rules.issuer).get("end_session_endpoint")
    if not where:
        return None
    query = {"client_id": client_id, "post_logout_redirect_uri": rules.after_logout}
    address = f"{where}?{urlencode(query | {'id_token_hint': id_token})}"
    return address if len(address) <= rules.longest_logout else f"{where}?{urlencode(query)}"


def identity_from(sources: claims.Sources, rules: OpenId) -> Identity:
    """Return who the claims are about. The userinfo answer is believed before the ID token: it is newer."""
    merged_claims = {**sources["id"], **sources.get("userinfo", {})}
    email = claims.text(merged_claims, rules.email_claim, "email", "preferred_username", "upn")
    verified = merged_claims.get("email_verified") if email == claims.text(merged_claims, "email") else None
    name = claims.text(merged_claims, rules.name_claim, "name")
    both = f"{claims.text(merged_claims, 'given_name')} {claims.text(merged_claims, 'family_name')}".strip()
    is_admin = claims.is_administrator(sources, rules)
    return Identity(
        provider="openid",
        subject=subject_key(str(sources["id"]["iss"]), str(sources["id"]["sub"])),
        email=email if "@" in email else "",
        email_verified=None if verified is None else verified in {True, "true"},
        name=name or both,
        username=claims.text(merged_claims, rules.username_claim, "preferred_username", "username"),
        is_admin=is_admin,
        may_be_first=bool(is_admin or not rules.admin_role),
        roles=claims.roles_in_order(sources, rules),
        first_roles=claims.first_roles(rules),
        groups=claims.groups(sources, rules),
    )


def subject_key(issuer: str, subject: str) -> str:
    """Return the key of a person: a subject means something only together with who named it so."""
    key = f"{issuer} {subject}"
    return key if len(key) <= 190 else sha256(key.encode()).hexdigest()


def _document(address: str, seconds: int, *, anew: bool = False) -> dict[str, Any]:
    key = f"openid:{sha256(address.encode()).hexdigest()}"
    kept = None if anew or not seconds else cache.get(key)
    if isinstance(kept, dict):
        return kept
    with get_adapter().get_requests_session() as session:
        answer = session.get(address)
        answer.raise_for_status()
        if answer.is_redirect:
            raise OpenIdFault("the provider leads elsewhere")
        document = answer.json()
    if not isinstance(document, dict):
        raise OpenIdFault("the provider's answer makes no sense")
    if seconds:
        cache.set(key, document, seconds)
    return document
