"""Two-factor authentication over the API (`/api/auth/2fa/…`), with the same rows as the pages."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.services import mails, sessions, tokens, twofactor
from api.base.errors import ApiError
from api.base.origin import SameOrigin
from api.base.payloads import person, read_body
from api.base.scopes import CLOSED
from api.base.stepup import require_code, require_fresh
from api.librechat.accounts.serializers import (
    BackupCodesResponse,
    CodeRequest,
    EnrolmentResponse,
    FreshRequest,
    HashedCode,
    SignedIn,
    TempRequest,
    TokenRequest,
)
from api.librechat.accounts.views import open_session, refuse_banned, signed_in
from core.rate_limits import address_of, count_named


class EnableView(APIView):
    key_scopes = CLOSED

    @extend_schema(operation_id="twofactor_enable", request=FreshRequest, responses=EnrolmentResponse)
    def post(self, request: Request) -> Response:
        """Begin. Somebody who has a second factor shows it; somebody else the password, or has signed in lately."""
        user, body = person(request), read_body(request, FreshRequest)
        if twofactor.is_on(user):
            require_code(user, body.token, body.backup_code)
        else:
            require_fresh(request, user, body.password)
        begun = twofactor.begin(user=user)
        return Response(EnrolmentResponse(otpauth_url=begun.url, backup_codes=begun.backup_codes).to_wire())


class ConfirmView(APIView):
    key_scopes = CLOSED

    @extend_schema(operation_id="twofactor_confirm", request=TokenRequest, responses={200: None})
    def post(self, request: Request) -> HttpResponseBase:
        user, body = person(request), read_body(request, TokenRequest)
        twofactor.confirm(user=user, code=body.token)
        return _changed(request, user)


class VerifyCodeView(APIView):
    key_scopes = CLOSED

    @extend_schema(operation_id="twofactor_verify", request=CodeRequest, responses={200: None})
    def post(self, request: Request) -> HttpResponseBase:
        """Check a code: of the app that is being set up, else of the one that is on, which uses it up."""
        user, body = person(request), read_body(request, CodeRequest)
        code = body.token or body.backup_code or ""
        twofactor.verify(user=user, code=code)
        return HttpResponse(status=200)


class DisableView(APIView):
    key_scopes = CLOSED

    @extend_schema(operation_id="twofactor_disable", request=CodeRequest, responses={200: None})
    def post(self, request: Request) -> HttpResponseBase:
        user, body = person(request), read_body(request, CodeRequest)
        if not twofactor.has_app(user):
            raise twofactor.NotSetUp
        require_code(user, body.token, body.backup_code)
        twofactor.turn_off(user=user)
        return _changed(request, user)


class RegenerateView(APIView):
    key_scopes = CLOSED

    @extend_schema(operation_id="twofactor_backup_regenerate", request=CodeRequest, responses=BackupCodesResponse)
    def post(self, request: Request) -> Response:
        user, body = person(request), read_body(request, CodeRequest)
        if not twofactor.is_on(user):
            raise twofactor.NotSetUp(status=404)
        require_code(user, body.token, body.backup_code)
        codes = twofactor.new_backup_codes(user=user)
        _changed(request, user)
        hashes = [HashedCode(code_hash=twofactor.hash_of(code)) for code in codes]
        return Response(BackupCodesResponse(backup_codes=codes, backup_codes_hash=hashes).model_dump(by_alias=True))


class VerifyTempView(APIView):
    """The second step of signing in."""

    key_scopes = CLOSED
    authentication_classes = ()
    permission_classes = (SameOrigin,)

    @extend_schema(operation_id="twofactor_verify_temp", request=TempRequest, responses=SignedIn, auth=[])
    def post(self, request: Request) -> Response:
        of_address = count_named("two_factor_temp", address_of(request._request))
        body = read_body(request, TempRequest)
        if not body.temp_token:
            raise ApiError(400, _("The token from the first step is missing."))
        user = tokens.answer_challenge(body.temp_token)
        if not twofactor.is_on(user):
            raise twofactor.NotSetUp
        of_person = count_named("two_factor_temp", str(user.id))
        require_code(user, body.token, body.backup_code)
        for counted in (of_address, of_person):  # only what fails counts
            counted.take_back()
        refuse_banned(user)
        return signed_in(open_session(request, user))


def _changed(request: Request, user: User) -> HttpResponse:
    """End the other sessions of `user`, tell them by mail, and answer with nothing."""
    sessions.end_others(request=request._request, user=user)
    mails.queue("send_notice", str(user.id), "twofactor")
    return HttpResponse(status=200)
