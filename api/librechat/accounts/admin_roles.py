"""Roles for administrators: LibreChat's and MetoGPT's routes share their paths; responses have the fields of both."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey, Role, User
from accounts.services import permissions, roles
from api.base.admin import AdminView, Change, page_of, user_or_404
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, Id, iso, person, read_body
from api.base.scopes import READ_ONLY
from core.refusal import Refusal
from siteconfig import features

_ROLE = {200: {"type": "object"}}
READ: Any = ("read:roles", ("ROLE_MANAGEMENT", "UPDATE"))
CREATE: Any = ("manage:roles", ("ROLE_MANAGEMENT", "CREATE"))
UPDATE: Any = ("manage:roles", ("ROLE_MANAGEMENT", "UPDATE"))
DELETE: Any = ("manage:roles", ("ROLE_MANAGEMENT", "DELETE"))


class NewRoleRequest(ApiRequest):
    name: str = Field(max_length=500)
    description: str = Field("", max_length=2_000)
    permissions: dict[str, Any] | None = None
    model_access: dict[str, Any] | None = None


class RoleRequest(Change):
    name: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=2_000)
    permissions: dict[str, Any] | None = None
    model_access: dict[str, Any] | None = None


class RolePermissionsRequest(ApiRequest):
    permissions: dict[str, Any]


class RoleMemberRequest(ApiRequest):
    user_id: Id


def role_to_wire(role: Role) -> dict[str, Any]:
    return {"_id": role.name, "id": role.name, **roles.to_plain(role), "createdAt": iso(role.created_at)}


def _answer(role: Role) -> dict[str, Any]:
    """Return the role as upstream wraps it, and its fields beside that, as MetoGPT's clients read them."""
    wire = role_to_wire(role)
    return {"role": wire, **wire}


def role_or_404(name: str) -> Role:
    role = Role.objects.filter(name=name).first()
    if role is None:
        raise ApiError(404, _("Role not found."))
    return role


class RolesView(AdminView):
    needs = {"GET": READ, "POST": CREATE}

    @extend_schema(operation_id="admin_roles", responses=_ROLE)
    def get(self, request: Request) -> Response:
        rows, paging = page_of(request, Role.objects.prefetch_related("model_access").order_by("name"))
        return Response({"roles": [role_to_wire(role) for role in rows], **paging})

    @extend_schema(operation_id="admin_role_create", request=NewRoleRequest, responses={201: {"type": "object"}})
    def post(self, request: Request) -> Response:
        body = read_body(request, NewRoleRequest)
        role = roles.create(
            actor=person(request),
            name=body.name,
            description=body.description,
            permissions_=body.permissions,
            model_access=body.model_access,
        )
        return Response(_answer(role), status=201)


class RoleView(AdminView):
    needs = {"GET": READ, "PUT": UPDATE, "PATCH": UPDATE, "DELETE": DELETE}

    @extend_schema(operation_id="admin_role", responses=_ROLE)
    def get(self, request: Request, name: str) -> Response:
        return Response(_answer(role_or_404(name)))

    @extend_schema(operation_id="admin_role_put", request=RoleRequest, responses=_ROLE)
    def put(self, request: Request, name: str) -> Response:
        return self._change(request, name)

    @extend_schema(operation_id="admin_role_patch", request=RoleRequest, responses=_ROLE)
    def patch(self, request: Request, name: str) -> Response:
        return self._change(request, name)

    @extend_schema(operation_id="admin_role_delete", responses=_ROLE)
    def delete(self, request: Request, name: str) -> Response:
        roles.delete(actor=person(request), role=role_or_404(name))
        return Response({"success": True, "message": _("Role deleted.")})

    def _change(self, request: Request, name: str) -> Response:
        body, role = read_body(request, RoleRequest), role_or_404(name)
        role = roles.update(
            actor=person(request),
            role=role,
            description=body.description,
            permissions_=body.permissions,
            model_access=body.model_access,
            name=body.name,
        )
        return Response(_answer(role))


class RolePermissionsView(AdminView):
    needs = {"PATCH": UPDATE}

    @extend_schema(operation_id="admin_role_permissions", request=RolePermissionsRequest, responses=_ROLE)
    def patch(self, request: Request, name: str) -> Response:
        body, role = read_body(request, RolePermissionsRequest), role_or_404(name)
        role = roles.update(actor=person(request), role=role, permissions_=body.permissions)
        return Response(_answer(role))


class RoleMembersView(AdminView):
    needs = {"GET": READ, "POST": UPDATE}

    @extend_schema(operation_id="admin_role_members", responses=_ROLE)
    def get(self, request: Request, name: str) -> Response:
        rows, paging = page_of(request, User.objects.filter(role=role_or_404(name)).order_by("created_at", "id"))
        members = [{"userId": str(user.id), "name": user.name, "email": user.email} for user in rows]
        return Response({"members": members, **paging})

    @extend_schema(operation_id="admin_role_member_add", request=RoleMemberRequest, responses=_ROLE)
    def post(self, request: Request, name: str) -> Response:
        body, role = read_body(request, RoleMemberRequest), role_or_404(name)
        give(request, user_or_404(body.user_id), role.name)
        return Response({"success": True})


class RoleMemberView(AdminView):
    needs = {"DELETE": UPDATE}

    @extend_schema(operation_id="admin_role_member_remove", responses=_ROLE)
    def delete(self, request: Request, name: str, user_id: Any) -> Response:
        user, role = user_or_404(user_id), role_or_404(name)
        if user.role_name != role.name:
            raise ApiError(404, _("This user doesn't have this role."))
        if role.name == Role.USER:
            raise ApiError(403, _("Everyone without another role has this one."))
        give(request, user, Role.USER)
        return Response({"success": True})


def give(request: Request, user: User, role: str) -> User:
    """Give the role. Raises `ApiError`."""
    return roles.give(actor=person(request), user=user, role=role)


class OwnRoleView(APIView):
    """`GET /api/roles/:name`: one's own role, and others for who may read roles.

    What clients show by: nothing is permitted here that is not there. `/api/admin/roles` has what is stored.
    """

    key_scopes = READ_ONLY

    @extend_schema(operation_id="role", responses=_ROLE)
    def get(self, request: Request, name: str) -> Response:
        user = person(request)
        by_key = isinstance(request.auth, ApiKey) and ApiKey.Scope.ADMIN not in request.auth.scopes
        if name != user.role_name and (by_key or not permissions.is_capable(user, "read:roles")):
            raise ApiError(403, _("You're not allowed to read this role."))
        role = role_or_404(name)
        permitted = features.possible(permissions.permissions_of(role))
        return Response({"name": role.name, "description": role.description, "permissions": permitted})


class RoleTypeView(AdminView):
    """`PUT /api/roles/:name/:type`: some bits of one permission type."""

    needs = {"PUT": UPDATE}
    error_key = "message"
    TYPES = {
        "prompts": "PROMPTS",
        "agents": "AGENTS",
        "memories": "MEMORIES",
        "people-picker": "PEOPLE_PICKER",
        "mcp-servers": "MCP_SERVERS",
        "marketplace": "MARKETPLACE",
        "remote-agents": "REMOTE_AGENTS",
        "skills": "SKILLS",
    }

    @extend_schema(operation_id="role_type", request={"application/json": {"type": "object"}}, responses=_ROLE)
    def put(self, request: Request, name: str, kind: str) -> Response:
        if kind not in self.TYPES:
            raise ApiError(404, _("Unknown permission type."))
        if not request.data:
            raise ApiError(400, _("Name the bits to change."))
        role = role_or_404(name)
        role = roles.update(actor=person(request), role=role, permissions_={self.TYPES[kind]: request.data})
        return Response(role_to_wire(role))

    def refusal_body(self, refusal: Refusal) -> dict[str, str]:
        return {"message": refusal.message, "error": refusal.message}
