"""Verifying an address and resetting a password (`/api/user/verify`, `/api/auth/…PasswordReset`)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.services import bans, domains, recovery
from api.base.errors import ApiError
from api.base.origin import SameOrigin
from api.base.payloads import read_body
from api.base.scopes import CLOSED
from api.librechat.accounts.serializers import AddressRequest, ResetRequest, Said, Verified, VerifyRequest, said
from core.ids import uuid_of
from core.rate_limits import address_of


class ByLink(APIView):
    """For people who are not signed in."""

    key_scopes = CLOSED
    authentication_classes = ()
    permission_classes = (SameOrigin,)

    def limit(self, request: Request, name: str) -> None:
        bans.count_mailed(name, address_of(request._request))


class VerifyEmailView(ByLink):
    @extend_schema(operation_id="user_verify", request=VerifyRequest, responses=Verified, auth=[])
    def post(self, request: Request) -> Response:
        self.limit(request, "verify_email_submission")
        body = read_body(request, VerifyRequest)
        recovery.verify(email=body.email, token=body.token)
        return Response(Verified(message=_("Your email address is verified.")).to_wire())


class ResendView(ByLink):
    @extend_schema(operation_id="user_verify_resend", request=AddressRequest, responses=Said, auth=[])
    def post(self, request: Request) -> Response:
        self.limit(request, "verify_email")
        recovery.request_verification(email=read_body(request, AddressRequest).email)
        return Response(said(_("If the address still needs verifying, another link is on its way.")))


class RequestResetView(ByLink):
    @extend_schema(operation_id="auth_request_password_reset", request=AddressRequest, responses=Said, auth=[])
    def post(self, request: Request) -> Response:
        self.limit(request, "reset_password")
        body = read_body(request, AddressRequest)
        if not domains.is_allowed(body.email):
            raise ApiError(400, _("Addresses from this domain can't have an account here."))
        recovery.request_reset(email=body.email)
        return Response(said(_("If there's an account with this address, a link is on its way.")))


class ResetView(ByLink):
    @extend_schema(operation_id="auth_reset_password", request=ResetRequest, responses=Said, auth=[])
    def post(self, request: Request) -> Response:
        self.limit(request, "reset_password_submission")
        body = read_body(request, ResetRequest)
        try:
            recovery.reset(user_id=uuid_of(body.user_id), token=body.token, password=body.password)
        except ValidationError as fault:
            raise ApiError(400, fault.messages[0]) from None
        return Response(said(_("Your password was changed. Sign in with the new one.")))
