"""Shared by all routes under /api/admin: permissions and paging."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from pydantic import model_validator
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiKey, User
from accounts.services import permissions
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, person
from api.base.permissions import Admitted
from api.base.scopes import ADMINISTER
from api.base.stepup import signed_in_lately

Row = TypeVar("Row", bound=Model)
# A capability, or a permission type and bit of MetoGPT's: one of them is enough.
Needs = str | tuple[str, str]
MAX_PAGE_SIZE = 200


class Capable(BasePermission):
    """Lets in who has one of the powers that the view's `needs` name for the method. Nobody hears what exists."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = person(request)
        if user.is_admin:
            return True
        capabilities = permissions.capabilities_of(user)
        if "access:admin" not in capabilities:
            return False
        return any(
            need in capabilities if isinstance(need, str) else permissions.may(user, *need)
            for need in view.needs[request.method if request.method != "HEAD" else "GET"]
        )


class Fresh(BasePermission):
    """Refuses changes by who has not signed in lately. A client signs in again, and has a session that is fresh.

    A key with the scope `admin` passes: making it took a fresh sign-in, and programs cannot be asked for one.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        is_asked = request.method not in SAFE_METHODS and not isinstance(request.auth, ApiKey)
        if not is_asked or signed_in_lately(request, person(request), lone=True):
            return True
        message = _("Sign in again first.")
        raise ApiError(403, {"error": message, "message": message, "code": "REAUTHENTICATION_REQUIRED"})


class AdminView(APIView):
    """A route for administrators. `needs` has the powers by method; a method that is not there is answered with 405."""

    permission_classes = (Admitted, Capable, Fresh)
    key_scopes = ADMINISTER
    error_key = "error"
    needs: ClassVar[Mapping[str, tuple[Needs, ...]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if (request.method or "") not in self.needs and request.method not in {"HEAD", "OPTIONS"}:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)


class Change(ApiRequest):
    """A body of which every field is optional, and at least one is there."""

    @model_validator(mode="after")
    def _something(self) -> "Change":
        if not self.model_fields_set:
            raise ValueError(_("say what to change"))
        return self


def page_of(request: Request, rows: QuerySet[Row]) -> tuple[list[Row], dict[str, int]]:
    """Return one page, and its `total`, `limit` and `offset`. Raises `ApiError` for numbers that are none."""
    limit = number(request, "limit", 50, least=1, most=MAX_PAGE_SIZE)
    offset = number(request, "offset", 0, least=0, most=10_000_000)
    return list(rows[offset : offset + limit]), {"total": rows.count(), "limit": limit, "offset": offset}


def number(request: Request, name: str, fallback: int, *, least: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return fallback
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        message = _("%(name)s must be a number from %(least)d to %(most)d.")
        raise ApiError(400, message % {"name": name, "least": least, "most": most})
    return int(text)


def user_or_404(user_id: UUID) -> User:
    user = User.objects.select_related("role").filter(id=user_id).first()
    if user is None:
        raise ApiError(404, _("User not found."))
    return user
