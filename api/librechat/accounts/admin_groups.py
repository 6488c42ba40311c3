"""Groups for administrators."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Group
from accounts.services import groups
from api.base.admin import AdminView, Change, page_of, user_or_404
from api.base.errors import ApiError
from api.base.payloads import OF_A_ROW, ApiRequest, Id, iso, person, read_body

_GROUP = {200: {"type": "object"}}


class NewGroupRequest(ApiRequest):
    name: str = Field(max_length=500)
    description: str | None = Field(None, max_length=2_000)
    email: str | None = Field(None, max_length=254)
    avatar: str | None = Field(None, max_length=2_000)
    source: str | None = Field(None, max_length=8)
    id_on_the_source: str | None = Field(None, max_length=500)
    member_ids: list[Id] = Field([], max_length=500)


class GroupRequest(Change):
    repeated = OF_A_ROW
    name: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=2_000)
    email: str | None = Field(None, max_length=254)
    avatar: str | None = Field(None, max_length=2_000)


class MemberRequest(ApiRequest):
    user_id: Id
    is_manager: bool | None = None


def group_to_wire(group: Group) -> dict[str, Any]:
    """Return the group with the ids of its people. A list has both of them annotated."""
    ids = getattr(group, "member_ids", None)
    if ids is None:
        ids = group.memberships.order_by("joined_at", "id").values_list("user_id", flat=True)
    members = [str(user_id) for user_id in ids]
    return {
        "_id": str(group.id),
        "id": str(group.id),
        "name": group.name,
        "description": group.description,
        "email": group.email,
        "avatar": group.avatar,
        "source": group.source,
        "idOnTheSource": group.external_id or None,
        "memberIds": members,
        "memberCount": len(members),
        "createdAt": iso(group.created_at),
        "updatedAt": iso(group.updated_at),
    }


def group_or_404(group_id: UUID) -> Group:
    group = Group.objects.filter(id=group_id).first()
    if group is None:
        raise ApiError(404, _("Group not found."))
    return group


class GroupsView(AdminView):
    needs = {"GET": ("read:groups",), "POST": ("manage:groups",)}

    @extend_schema(operation_id="admin_groups", responses=_GROUP)
    def get(self, request: Request) -> Response:
        search, source = request.query_params.get("search", ""), request.query_params.get("source", "")
        if len(search) > 200 or (source and source not in Group.Source.values):
            raise ApiError(400, _("search can have at most 200 characters, and source must be one that groups have."))
        people = ArrayAgg(
            "memberships__user_id",
            filter=Q(memberships__isnull=False),
            order_by=("memberships__joined_at",),
            default=[],
        )
        rows = Group.objects.annotate(member_ids=people).order_by("name", "id")
        if search:
            rows = rows.filter(name__icontains=search)
        if source:
            rows = rows.filter(source=source)
        groups, paging = page_of(request, rows)
        return Response({"groups": [group_to_wire(group) for group in groups], **paging})

    @extend_schema(operation_id="admin_group_create", request=NewGroupRequest, responses={201: {"type": "object"}})
    def post(self, request: Request) -> Response:
        body = read_body(request, NewGroupRequest)
        if body.source not in (None, "", Group.Source.LOCAL):
            raise ApiError(400, _("source: directory groups are added when their members sign in. Leave it out."))
        group = groups.create(
            actor=person(request),
            name=body.name,
            description=body.description or "",
            email=body.email or "",
            avatar=body.avatar or "",
            external_id=body.id_on_the_source or "",
            member_ids=body.member_ids,
        )
        return Response({"group": group_to_wire(group)}, status=201)


class GroupView(AdminView):
    needs = {"GET": ("read:groups",), "PATCH": ("manage:groups",), "DELETE": ("manage:groups",)}

    @extend_schema(operation_id="admin_group", responses=_GROUP)
    def get(self, request: Request, group_id: UUID) -> Response:
        return Response({"group": group_to_wire(group_or_404(group_id))})

    @extend_schema(operation_id="admin_group_patch", request=GroupRequest, responses=_GROUP)
    def patch(self, request: Request, group_id: UUID) -> Response:
        body, group = read_body(request, GroupRequest), group_or_404(group_id)
        group = groups.update(
            actor=person(request),
            group=group,
            name=body.name,
            description=body.description,
            email=body.email,
            avatar=body.avatar,
        )
        return Response({"group": group_to_wire(group)})

    @extend_schema(operation_id="admin_group_delete", responses=_GROUP)
    def delete(self, request: Request, group_id: UUID) -> Response:
        groups.delete(actor=person(request), group=group_or_404(group_id))
        return Response({"success": True, "id": str(group_id)})


class GroupMembersView(AdminView):
    needs = {"GET": ("read:groups",), "POST": ("manage:groups",)}

    @extend_schema(operation_id="admin_group_members", responses=_GROUP)
    def get(self, request: Request, group_id: UUID) -> Response:
        memberships = group_or_404(group_id).memberships.select_related("user").order_by("joined_at", "id")
        rows, paging = page_of(request, memberships)
        members = [
            {
                "userId": str(membership.user_id),
                "name": membership.user.name,
                "email": membership.user.email,
                "isManager": membership.is_manager,
                "joinedAt": iso(membership.joined_at),
            }
            for membership in rows
        ]
        return Response({"members": members, **paging})

    @extend_schema(operation_id="admin_group_member_add", request=MemberRequest, responses=_GROUP)
    def post(self, request: Request, group_id: UUID) -> Response:
        body, group = read_body(request, MemberRequest), group_or_404(group_id)
        groups.add_member(
            actor=person(request), group=group, user=user_or_404(body.user_id), is_manager=body.is_manager
        )
        return Response({"group": group_to_wire(group)})


class GroupMemberView(AdminView):
    needs = {"DELETE": ("manage:groups",)}

    @extend_schema(operation_id="admin_group_member_remove", responses=_GROUP)
    def delete(self, request: Request, group_id: UUID, user_id: UUID) -> Response:
        removed = groups.remove_member(actor=person(request), group=group_or_404(group_id), user=user_or_404(user_id))
        if not removed:
            raise ApiError(404, _("This user is not in the group."))
        return Response({"success": True})
