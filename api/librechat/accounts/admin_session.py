"""Sign-in of external administration panels (`/api/admin/login`, `verify`, `oauth`)."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.services import permissions, sign_in_options
from api.base.admin import AdminView
from api.base.authentication import OptionalBearer
from api.base.errors import ApiError
from api.base.origin import SameOrigin
from api.base.payloads import person, user_to_wire
from api.librechat.accounts.serializers import LoginRequest, LoginResponse
from api.librechat.accounts.views import LoginView

_OBJECT = {200: {"type": "object"}}


class Visitor(BasePermission):
    """Lets in who is nobody yet; somebody who administers nothing hears here what they hear everywhere below."""

    def has_permission(self, request: Request, view: object) -> bool:
        return not isinstance(request.user, User) or permissions.is_capable(request.user, "access:admin")


class AdminLoginView(LoginView):
    """Signing in with a password, for people who have powers of administration."""

    authentication_classes = (OptionalBearer, SessionAuthentication)
    permission_classes = (SameOrigin, Visitor)
    fault_status = 401

    @extend_schema(operation_id="admin_login", request=LoginRequest, responses=LoginResponse, auth=[])
    def post(self, request: Request) -> Response:
        return super().post(request)

    def admit(self, user: User) -> None:
        super().admit(user)
        if not permissions.is_capable(user, "access:admin"):
            raise ApiError(403, _("You're not an administrator of this site."))


class AdminVerifyView(AdminView):
    needs = {"GET": ("access:admin",)}

    @extend_schema(operation_id="admin_verify", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        return Response({"user": user_to_wire(person(request))})


class OpenIdCheckView(AdminView):
    """Whether people sign in here through OpenID Connect. Signing in that way gives no token to other sites."""

    needs = {"GET": ("access:admin",)}

    @extend_schema(operation_id="admin_openid_check", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        if "openid" not in {provider.key for provider in sign_in_options.providers()}:
            message = _("OpenID Connect sign-in is turned off here.")
            raise ApiError(404, {"error": message, "error_code": "OPENID_NOT_CONFIGURED"})
        return Response({"message": _("Sign in through OpenID Connect here.")})
