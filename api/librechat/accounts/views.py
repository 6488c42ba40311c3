"""Sign-up, sign-in, sign-out, and the current user."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.identity import openid
from accounts.models import User
from accounts.services import banners, bans, sessions, tokens, twofactor
from accounts.services.bans import words_for
from accounts.services.sessions import REFRESH_COOKIE
from accounts.services.signin import check_password
from accounts.services.signup import EmailTaken, sign_up
from api.base.authentication import BannedOut, OptionalBearer
from api.base.errors import ApiError
from api.base.origin import SameOrigin
from api.base.payloads import UserResponse, iso, person, read_body, user_to_wire
from api.base.scopes import CLOSED, READ_ONLY
from api.librechat.accounts.serializers import (
    LoginRequest,
    LoginResponse,
    PendingResponse,
    RegisterRequest,
    Said,
    SignedIn,
    SignedOut,
    said,
)
from core.rate_limits import TooOften, address_of, count_named

PROVIDER_COOKIE = "token_provider"


class LoginView(APIView):
    key_scopes = CLOSED
    fault_status = 404  # of a body that names nobody
    authentication_classes: tuple[type[BaseAuthentication], ...] = ()
    permission_classes: tuple[type[BasePermission], ...] = (SameOrigin,)

    @extend_schema(operation_id="auth_login", request=LoginRequest, responses=LoginResponse, auth=[])
    def post(self, request: Request) -> Response:
        # 404 is what the wire format answers to bad credentials, whatever is wrong with them.
        body = read_body(request, LoginRequest, status=self.fault_status)
        user = check_password(request=request._request, email=body.email, password=body.password)
        self.admit(user)
        if twofactor.is_on(user):
            return Response(PendingResponse(temp_token=tokens.challenge(user)).to_wire())
        return signed_in(open_session(request, user))

    def admit(self, user: User) -> None:
        """Refuse who showed the right password and may not come in all the same."""
        if user.waits_for_approval:
            raise ApiError(403, _("An administrator hasn't approved your account yet."))
        if user.must_verify:
            raise ApiError(422, _("Your email address isn't verified yet. Open the link we sent you."))
        refuse_banned(user)


class RegisterView(APIView):
    key_scopes = CLOSED
    authentication_classes = ()
    permission_classes = (SameOrigin,)

    @extend_schema(operation_id="auth_register", request=RegisterRequest, responses=Said, auth=[])
    def post(self, request: Request) -> Response:
        body = read_body(request, RegisterRequest, status=404)
        address = address_of(request._request)
        try:
            count_named("register", address)
        except TooOften:
            bans.record_violation("registrations", address=address)
            raise
        try:
            # A taken address is answered like a new one: nobody learns here who has an account.
            with suppress(EmailTaken):
                sign_up(
                    name=body.name,
                    email=body.email,
                    password=body.password,
                    username=body.username or "",
                    invitation=body.token or "",
                )
        except ValidationError as fault:
            raise ApiError(404, fault.messages[0]) from None
        return Response(said(_("Your account is ready. You can sign in now. If you already had one, nothing changed.")))


# Published clients rely on texts here.
_REFRESHED: Any = {200: SignedIn, (200, "text/plain"): str, (401, "text/plain"): str, (403, "text/plain"): str}


class RefreshView(APIView):
    key_scopes = CLOSED
    authentication_classes = ()
    permission_classes = (SameOrigin,)

    @extend_schema(operation_id="auth_refresh", request=None, responses=_REFRESHED, auth=[])
    def post(self, request: Request) -> HttpResponseBase:
        token = request.COOKIES.get(REFRESH_COOKIE)
        if not token:
            # Clients rely on a 200 without a token here: it means "signed out".
            return HttpResponse(_("The refresh token is missing."), content_type="text/plain")
        try:
            refresh = tokens.rotate(token=token)
            refuse_banned(refresh.user)
            return signed_in(refresh)
        except tokens.SessionGone:
            status = 403 if request.query_params.get("retry") else 401
        except tokens.BadToken:
            status = 403
        return without_cookies(HttpResponse(_("This sign-in has ended."), status=status, content_type="text/plain"))


class LogoutView(APIView):
    key_scopes = CLOSED
    permission_classes = (IsAuthenticated, SameOrigin)  # also for people who may not come in

    @extend_schema(operation_id="auth_logout", request=None, responses=SignedOut)
    def post(self, request: Request) -> HttpResponseBase:
        following = openid.way_out(request._request)
        sessions.end_here(request=request._request, user=person(request))
        answer = SignedOut(message=_("You're signed out."), redirect=following).to_wire()
        return without_cookies(Response({name: value for name, value in answer.items() if value is not None}))


class UserView(APIView):
    key_scopes = READ_ONLY
    before_terms = True

    @extend_schema(operation_id="user", responses=UserResponse)
    def get(self, request: Request) -> Response:
        return Response(user_to_wire(person(request)))


def refuse_banned(user: User) -> None:
    """Let nobody sign in who is kept out. Raises `BannedOut`."""
    if until := bans.banned_until(user_id=user.id):
        raise BannedOut(words_for(until))


def open_session(request: Request, user: User) -> tokens.Refresh:
    agent = request.headers.get("User-Agent", "")
    return tokens.open_session(user=user, ip=address_of(request._request), user_agent=agent)


def signed_in(refresh: tokens.Refresh) -> Response:
    response = Response(
        {"token": tokens.access_token(refresh.user, refresh.session_id), "user": user_to_wire(refresh.user)}
    )
    seconds = max(int((refresh.expires_at - timezone.now()).total_seconds()), 0)
    for name, value in ((REFRESH_COOKIE, refresh.token), (PROVIDER_COOKIE, "librechat")):
        response.set_cookie(
            name, value, max_age=seconds, httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


def without_cookies(response: HttpResponse) -> HttpResponse:
    for name in (REFRESH_COOKIE, PROVIDER_COOKIE):
        response.delete_cookie(name, samesite="Strict")
    return response


class BannerView(APIView):
    """What everybody is told; nothing, where there is nothing to tell."""

    key_scopes = READ_ONLY
    authentication_classes = (OptionalBearer, SessionAuthentication)
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="banner", responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        banner = banners.current(signed_in=isinstance(request.user, User))
        if banner is None:
            return Response(None)
        until = {"displayTo": iso(banner.display_to)} if banner.display_to else {}
        return Response(
            {
                "bannerId": str(banner.id),
                "message": banner.message,
                "displayFrom": iso(banner.display_from),
                "type": "banner",
                **until,
                "isPublic": banner.is_public,
                "persistable": banner.is_persistent,
                "createdAt": iso(banner.created_at),
                "updatedAt": iso(banner.updated_at),
            }
        )
