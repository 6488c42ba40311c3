"""Access lists of shared objects (`/api/permissions`), for every registered kind."""

from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Grant
from accounts.services import grants, picker
from accounts.services.grants import AccessEntry, Grantee
from accounts.services.resources import SharedKind, SharedObject, kind_of
from api.base.admin import number
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, person, read_body
from api.base.scopes import READ_AND_WRITE
from core.refusal import Refusal

_OBJECT: Final = {200: {"type": "object"}}
_LIST: Final = {200: {"type": "array", "items": {"type": "object"}}}


class PrincipalRequest(ApiRequest):
    """A principal; of what describes it, only `accessRoleId` counts, the rest is what our own lists say."""

    type: str = Field(max_length=16)
    id: str | None = Field(None, max_length=128)
    access_role_id: str = Field("", max_length=64)
    name: str | None = Field(None, max_length=1_000)
    email: str | None = Field(None, max_length=1_000)
    username: str | None = Field(None, max_length=1_000)
    avatar: str | None = Field(None, max_length=10_000)
    description: str | None = Field(None, max_length=10_000)
    source: str | None = Field(None, max_length=64)
    provider: str | None = Field(None, max_length=64)
    id_on_the_source: str | None = Field(None, max_length=1_000)
    is_admin: bool | None = None
    member_count: int | None = None

    def grantee(self) -> Grantee:
        return Grantee(self.type, self.id or "")


class PermissionsRequest(ApiRequest):
    updated: list[PrincipalRequest] = Field([], max_length=grants.MAX_ENTRIES)
    removed: list[PrincipalRequest] = Field([], max_length=grants.MAX_ENTRIES)
    public: bool | None = None
    public_access_role_id: str | None = Field(None, max_length=64)


class PermissionsView(APIView):
    key_scopes = READ_AND_WRITE
    error_key = "error"


class PrincipalsView(PermissionsView):
    @extend_schema(
        operation_id="permissions_search",
        parameters=[OpenApiParameter("q"), OpenApiParameter("limit", int), OpenApiParameter("types")],
        responses=_OBJECT,
    )
    def get(self, request: Request) -> Response:
        user = person(request)
        query = " ".join(request.query_params.get("q", "").split())
        if len(query) < picker.MIN_QUERY_CHARACTERS:
            raise ApiError(400, _("q: enter at least %(least)d characters.") % {"least": picker.MIN_QUERY_CHARACTERS})
        limit = number(request, "limit", 20, least=1, most=picker.MAX_RESULTS)
        wanted = [kind for kind in request.query_params.get("types", "").split(",") if kind]
        if set(wanted) - {"user", "group", "role"}:
            raise ApiError(400, _("types: must be user, group or role."))
        allowed = picker.kinds_for(user)
        if not allowed or set(wanted) - set(allowed):
            raise _forbidden()
        principals = picker.search(asking=user, text=query, kinds=wanted or None, limit=limit)
        results = [_result(principal) for principal in principals]
        return Response(
            {
                "query": query,
                "limit": limit,
                "types": wanted or None,
                "results": results,
                "count": len(results),
                "sources": {"local": len(results), "entra": 0},
            }
        )


class RolesOfKindView(PermissionsView):
    @extend_schema(operation_id="permissions_roles", responses=_LIST)
    def get(self, request: Request, resource: str) -> Response:
        kind = _kind(resource)
        names = {
            "viewer": (_("Viewer"), _("Can view and use it.")),
            "editor": (_("Editor"), _("Can view, use and edit it.")),
            "owner": (_("Owner"), _("Has full control, including deleting and sharing it.")),
        }
        return Response(
            [
                {
                    "accessRoleId": f"{kind.name}_{role}",
                    "name": names[role][0],
                    "description": names[role][1],
                    "permBits": bits,
                }
                for role, bits in grants.ROLES.items()
            ]
        )


class AccessListView(PermissionsView):
    @extend_schema(operation_id="permissions_list", responses=_OBJECT)
    def get(self, request: Request, resource: str, resource_id: UUID) -> Response:
        user = person(request)
        kind, shared = _shared(request, resource, resource_id)
        return Response(
            {
                "resourceType": kind.name,
                "resourceId": str(shared.id),
                **_list(kind, grants.entries(user, kind, shared)),
            }
        )

    @extend_schema(operation_id="permissions_change", request=PermissionsRequest, responses=_OBJECT)
    def put(self, request: Request, resource: str, resource_id: UUID) -> Response:
        kind, _shared_thing = _shared(request, resource, resource_id)
        body = read_body(request, PermissionsRequest)
        give = {update.grantee(): _bits(kind, update.access_role_id) for update in body.updated}
        take = [removal.grantee() for removal in body.removed]
        if body.public:
            give[Grantee("public")] = _bits(kind, body.public_access_role_id or f"{kind.name}_viewer")
        elif body.public is False:
            take.append(Grantee("public"))
        after = grants.change(actor=person(request), kind_name=kind.name, resource_id=resource_id, give=give, take=take)
        return Response({"message": _("Permissions updated successfully"), "results": _list(kind, after)})

    def refusal_body(self, refusal: Refusal) -> dict[str, str]:
        error = _("Forbidden") if refusal.status == 403 else _("Bad Request")
        return {"error": error, "message": refusal.message}


class EffectiveView(PermissionsView):
    @extend_schema(operation_id="permissions_effective", responses=_OBJECT)
    def get(self, request: Request, resource: str, resource_id: UUID) -> Response:
        try:
            _found, _thing, bits = grants.shared_for(person(request), resource, resource_id, needs=Grant.VIEW)
        except Http404:
            raise _not_found() from None
        return Response({"permissionBits": bits})


class AllEffectiveView(PermissionsView):
    @extend_schema(operation_id="permissions_effective_all", responses=_OBJECT)
    def get(self, request: Request, resource: str) -> Response:
        return Response(
            {str(object_id): bits for object_id, bits in grants.all_bits(person(request), _kind(resource)).items()}
        )


def _kind(name: str) -> SharedKind:
    kind = kind_of(name)
    if kind is None:
        raise _not_found()
    return kind


def _shared(request: Request, resource: str, resource_id: UUID) -> tuple[SharedKind, SharedObject]:
    try:
        kind, shared, _bits = grants.shared_for(person(request), resource, resource_id, needs=Grant.SHARE)
    except Http404:
        raise _not_found() from None
    except PermissionDenied:
        raise _forbidden() from None
    return kind, shared


def _not_found() -> ApiError:
    return ApiError(404, {"error": _("Not Found"), "message": _("There is nothing here.")})


def _forbidden() -> ApiError:
    return ApiError(403, {"error": _("Forbidden"), "message": _("You may not do this.")})


def _bits(kind: SharedKind, role_id: str) -> int:
    bits = grants.ROLES.get(role_id.removeprefix(f"{kind.name}_")) if role_id.startswith(f"{kind.name}_") else None
    if bits is None:
        raise ApiError(400, _("accessRoleId: role not found."))
    return bits


def _list(kind: SharedKind, rows: list[AccessEntry]) -> dict[str, Any]:
    principals = [_principal(kind, entry) for entry in rows if entry.grantee.type != "public"]
    everybody = next((entry for entry in rows if entry.grantee.type == "public"), None)
    answer: dict[str, Any] = {"principals": principals, "public": everybody is not None}
    return answer | ({"publicAccessRoleId": _role_id(kind, everybody)} if everybody else {})


def _principal(kind: SharedKind, entry: AccessEntry) -> dict[str, Any]:
    shown = {"name": entry.name, "email": entry.email, "description": entry.description}
    return {
        "type": entry.grantee.type,
        "id": entry.grantee.id,
        **{name: text for name, text in shown.items() if text},
        "source": "local",
        "accessRoleId": _role_id(kind, entry),
    }


def _role_id(kind: SharedKind, entry: AccessEntry) -> str:
    return f"{kind.name}_{entry.role}" if entry.role else ""


def _result(principal: picker.Candidate) -> dict[str, Any]:
    more: dict[str, Any] = {
        "email": principal.email or None,
        "description": principal.description or None,
        "memberCount": principal.member_count,
    }
    kept = {name: value for name, value in more.items() if value is not None}
    return {"id": principal.id, "type": principal.type, "name": principal.name, "source": principal.source, **kept}
