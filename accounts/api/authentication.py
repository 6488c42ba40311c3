"""Who an API request comes from, by the token in its `Authorization` header."""

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.middleware import words_for
from accounts.models import User
from accounts.services import bans, tokens


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``; one query, for the person. Never read from anywhere else."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """Return the person and the token, or None where no bearer token was sent.

        Raises `AuthenticationFailed` for a token that opens nothing, and `PermissionDenied` for a person who
        was switched off.
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        try:
            token = words[1].decode("ascii") if len(words) == 2 else ""
            access = tokens.read_access(token)
            people = User.objects.filter(id=access.user_id)
            if access.session_id is not None:
                people = people.filter(refresh_sessions=access.session_id)
            user = people.first()
        except (tokens.BadToken, UnicodeError):
            user = None
        if user is None:
            raise AuthenticationFailed(_("You are not signed in, or your sign-in has expired."))
        if not user.is_active:
            raise PermissionDenied(_("This account is switched off."))
        if until := bans.banned_until(user_id=user.id):
            raise PermissionDenied(words_for(until))
        if user.waits_for_approval:
            raise PermissionDenied(_("An administrator has not let you in yet."))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        scheme: dict[str, str] = build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
        return scheme
