"""Authentication of API requests, by the token or key in their headers."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.services import api_keys, bans, signin, tokens
from accounts.services.bans import words_for
from api.base.scopes import CLOSED, Scopes
from core import rate_limits


class BannedOut(PermissionDenied):
    """The person is kept out for a while. Said under the same key everywhere."""

    wire_key = "message"


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer`` with an access token or an API key, or ``X-Api-Key``. Never read from anywhere else."""

    def authenticate(self, request: Request) -> tuple[User, str | ApiKey] | None:
        """Return the person and the token or key, or None where none was sent. One query, for the person.

        Raises `AuthenticationFailed` for what opens nothing, and `PermissionDenied` for a person who may not come
        in, or a key that may not do this.
        """
        words = get_authorization_header(request).split()
        if words and words[0].lower() == b"bearer":
            token = words[1] if len(words) == 2 else b""
        elif not words and "X-Api-Key" in request.headers:
            token = request.headers["X-Api-Key"].encode()
            if not token.startswith(api_keys.PREFIX.encode()):
                raise AuthenticationFailed(_NOT_SIGNED_IN)
        else:
            return None
        try:
            text = token.decode("ascii")
        except UnicodeError:
            raise AuthenticationFailed(_NOT_SIGNED_IN) from None
        if text.startswith(api_keys.PREFIX):
            return self._by_key(request, text)
        user = _by_token(text)
        _refuse_kept_out(user)
        return user, text

    def _by_key(self, request: Request, text: str) -> tuple[User, ApiKey]:
        key = api_keys.find(text)
        if key is None:
            rate_limits.count(rate_limits.named("wrong_keys"), rate_limits.address_of(request._request))
            raise AuthenticationFailed(_NOT_SIGNED_IN)
        _refuse_kept_out(key.user)
        if not api_keys.may_make(key.user):
            raise PermissionDenied(_("Your role doesn't allow API keys."))
        scope = _needed_scope(request)
        if scope is None:
            raise PermissionDenied(_("An API key can't do this. Sign in instead."))
        if scope not in key.scopes:
            raise PermissionDenied(_("This key isn't allowed to do this."))
        api_keys.in_use.set(key.id)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


_NOT_SIGNED_IN = gettext_lazy("You are not signed in, or your sign-in has expired.")


def _needed_scope(request: Request) -> str | None:
    """Return the scope that a key needs for this request, as the view declares it; None: it is closed to keys."""
    view = (request.parser_context or {}).get("view")
    scopes: Scopes = getattr(view, "key_scopes", CLOSED)
    return scopes.get(request.method or "")


def _by_token(text: str) -> User:
    try:
        user = tokens.person_of(text)
    except tokens.BadToken:
        raise AuthenticationFailed(_NOT_SIGNED_IN) from None
    if user is None:
        raise AuthenticationFailed(_NOT_SIGNED_IN)
    return user


def _refuse_kept_out(user: User) -> None:
    if why := signin.why_kept_out(user):
        raise PermissionDenied(why)
    if until := bans.banned_until(user_id=user.id):
        raise BannedOut(words_for(until))


class OptionalBearer(BearerAuthentication):
    """For what anybody may read: a token that opens nothing, or nothing any more, is no token."""

    def authenticate(self, request: Request) -> tuple[User, str | ApiKey] | None:
        try:
            return super().authenticate(request)
        except (AuthenticationFailed, PermissionDenied):
            return None


class OptionalBearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = OptionalBearer
    name = "optionalBearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        scheme: dict[str, str] = build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
        return scheme


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        scheme: dict[str, str] = build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
        return scheme
