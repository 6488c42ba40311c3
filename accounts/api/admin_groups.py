"""Groups for administrators."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.admin import AdminView, Change, page_of, user_or_404
from accounts.api.errors import WireError
from accounts.api.wire import Id, In, iso, person, read_body
from accounts.models import Group
from accounts.services import groups
from accounts.services.groups import GroupRefused

_GROUP = {200: {"type": "object"}}


class NewGroupIn(In):
    name: str = Field(max_length=500)
    description: str = Field("", max_length=2_000)
    member_ids: list[Id] = Field([], max_length=500)


class GroupIn(Change):
    name: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=2_000)


class MemberIn(In):
    user_id: Id
    is_manager: bool | None = None


def group_to_wire(group: Group) -> dict[str, Any]:
    counted = getattr(group, "member_count", None)
    return {
        "_id": str(group.id), "id": str(group.id), "name": group.name, "description": group.description,
        "source": group.source, "idOnTheSource": group.external_id or None,
        "memberCount": group.memberships.count() if counted is None else counted,
        "createdAt": iso(group.created_at), "updatedAt": iso(group.updated_at),
    }  # fmt: skip


def group_or_404(group_id: UUID) -> Group:
    group = Group.objects.filter(id=group_id).first()
    if group is None:
        raise WireError(404, _("There is no such group."))
    return group


class GroupsView(AdminView):
    needs = {"GET": ("read:groups",), "POST": ("manage:groups",)}

    @extend_schema(operation_id="admin_groups", responses=_GROUP)
    def get(self, request: Request) -> Response:
        search, source = request.query_params.get("search", ""), request.query_params.get("source", "")
        if len(search) > 200 or (source and source not in Group.Source.values):
            raise WireError(400, _("search has at most 200 characters, and source is one that groups have."))
        rows = Group.objects.annotate(member_count=Count("memberships")).order_by("name", "id")
        if search:
            rows = rows.filter(name__icontains=search)
        if source:
            rows = rows.filter(source=source)
        found, paging = page_of(request, rows)
        return Response({"groups": [group_to_wire(each) for each in found], **paging})

    @extend_schema(operation_id="admin_group_create", request=NewGroupIn, responses={201: {"type": "object"}})
    def post(self, request: Request) -> Response:
        body = read_body(request, NewGroupIn)
        try:
            group = groups.create(
                actor=person(request), name=body.name, description=body.description, member_ids=body.member_ids
            )
        except GroupRefused as refused:
            raise WireError(refused.status, refused.message) from None
        return Response({"group": group_to_wire(group)}, status=201)


class GroupView(AdminView):
    needs = {"GET": ("read:groups",), "PATCH": ("manage:groups",), "DELETE": ("manage:groups",)}

    @extend_schema(operation_id="admin_group", responses=_GROUP)
    def get(self, request: Request, group_id: UUID) -> Response:
        return Response({"group": group_to_wire(group_or_404(group_id))})

    @extend_schema(operation_id="admin_group_patch", request=GroupIn, responses=_GROUP)
    def patch(self, request: Request, group_id: UUID) -> Response:
        body, group = read_body(request, GroupIn), group_or_404(group_id)
        try:
            group = groups.update(actor=person(request), group=group, name=body.name, description=body.description)
        except GroupRefused as refused:
            raise WireError(refused.status, refused.message) from None
        return Response({"group": group_to_wire(group)})

    @extend_schema(operation_id="admin_group_delete", responses=_GROUP)
    def delete(self, request: Request, group_id: UUID) -> Response:
        try:
            groups.delete(actor=person(request), group=group_or_404(group_id))
        except GroupRefused as refused:
            raise WireError(refused.status, refused.message) from None
        return Response({"success": True, "id": str(group_id)})


class GroupMembersView(AdminView):
    needs = {"GET": ("read:groups",), "POST": ("manage:groups",)}

    @extend_schema(operation_id="admin_group_members", responses=_GROUP)
    def get(self, request: Request, group_id: UUID) -> Response:
        memberships = group_or_404(group_id).memberships.select_related("user").order_by("joined_at", "id")
        rows, paging = page_of(request, memberships)
        members = [
            {
                "userId": str(each.user_id), "name": each.user.name, "email": each.user.email,
                "isManager": each.is_manager, "joinedAt": iso(each.joined_at),
            }
            for each in rows
        ]  # fmt: skip
        return Response({"members": members, **paging})

    @extend_schema(operation_id="admin_group_member_add", request=MemberIn, responses=_GROUP)
    def post(self, request: Request, group_id: UUID) -> Response:
        body, group = read_body(request, MemberIn), group_or_404(group_id)
        try:
            groups.add_member(
                actor=person(request), group=group, user=user_or_404(body.user_id), is_manager=body.is_manager
            )
        except GroupRefused as refused:
            raise WireError(refused.status, refused.message) from None
        return Response({"group": group_to_wire(group)})


class GroupMemberView(AdminView):
    needs = {"DELETE": ("manage:groups",)}

    @extend_schema(operation_id="admin_group_member_remove", responses=_GROUP)
    def delete(self, request: Request, group_id: UUID, user_id: UUID) -> Response:
        try:
            removed = groups.remove_member(
                actor=person(request), group=group_or_404(group_id), user=user_or_404(user_id)
            )
        except GroupRefused as refused:
            raise WireError(refused.status, refused.message) from None
        if not removed:
            raise WireError(404, _("This person is not in the group."))
        return Response({"success": True})
