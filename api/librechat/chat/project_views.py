"""Projects and favourites over the API."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.errors import ApiError
from api.base.payloads import OF_A_ROW, ApiRequest, ApiResponse, Id, iso, person, read_body
from api.librechat.chat import reading
from api.librechat.chat.serializers import conversation_to_wire
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import Project
from chat.services.organise import favourites, projects
from core import quotas
from endpoints.catalog.selection import ModelRef

_FAVOURITES = {200: {"type": "array", "items": {"$ref": "#/components/schemas/Favorite"}}}


class ChatProject(ApiResponse):
    model_config = ConfigDict(alias_generator=lambda name: "_id" if name == "id_" else to_camel(name))

    id_: str
    name: str
    description: str
    user: str
    conversation_count: int
    last_conversation_at: str | None
    last_conversation_id: str | None
    created_at: str
    updated_at: str

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class ProjectPage(ApiResponse):
    projects: list[ChatProject]
    next_cursor: str | None

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class NewProjectRequest(ApiRequest):
    name: str = Field(max_length=10_000)
    description: str = Field("", max_length=100_000)


class ProjectRequest(ApiRequest):
    repeated = OF_A_ROW
    name: str | None = Field(None, max_length=10_000)
    description: str | None = Field(None, max_length=100_000)


class MoveRequest(ApiRequest):
    project_id: Id | None


class Moved(ApiResponse):
    conversation: dict[str, Any]
    previous_project_id: str | None
    project_id: str | None

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class DeletedProject(ApiResponse):
    deleted_count: int
    modified_count: int


class Favorite(ApiRequest):
    """Exactly one kind: a model at an endpoint, or a model spec. Agents do not exist on this server yet."""

    model: str | None = Field(None, min_length=1, max_length=256)
    endpoint: str | None = Field(None, min_length=1, max_length=256)
    agent_id: str | None = Field(None, max_length=256)
    spec: str | None = Field(None, max_length=256)


class FavoritesRequest(ApiRequest):
    favorites: list[Favorite] = Field(max_length=1_000)


class ProjectsView(ChatView):
    @extend_schema(
        operation_id="projects_list",
        parameters=[
            OpenApiParameter("cursor"),
            OpenApiParameter("limit", int),
            OpenApiParameter("search"),
            OpenApiParameter("sortBy", enum=sorted(projects.SORTS)),
            OpenApiParameter("sortDirection", enum=["asc", "desc"]),
        ],
        responses=ProjectPage,
    )
    def get(self, request: Request) -> Response:
        sort, descending = reading.order(request, projects.SORTS, default="lastConversationAt")
        page = projects.page(
            user=person(request),
            search=reading.search_text(request, "search"),
            sort=sort,
            descending=descending,
            cursor=request.query_params.get("cursor"),
            limit=reading.size(request, "limit"),
        )
        return Response(ProjectPage(projects=list(map(_project, page.items)), next_cursor=page.next_cursor).to_wire())

    @extend_schema(operation_id="projects_create", request=NewProjectRequest, responses={201: ChatProject})
    def post(self, request: Request) -> Response:
        body = read_body(request, NewProjectRequest)
        made = projects.create(user=person(request), name=body.name, description=body.description)
        return Response(_shown(request, made.id), status=201)


class ProjectView(ChatView):
    @extend_schema(operation_id="projects_get", responses=ChatProject)
    def get(self, request: Request, project_id: UUID) -> Response:
        return Response(_shown(request, project_id))

    @extend_schema(operation_id="projects_change", request=ProjectRequest, responses=ChatProject)
    def patch(self, request: Request, project_id: UUID) -> Response:
        access.project_for_editor(person(request), project_id)
        fields = read_body(request, ProjectRequest).model_dump(exclude_none=True)
        if not fields:
            raise ApiError(400, _("name or description: say what to change."))
        projects.change(user=person(request), project_id=project_id, **fields)
        return Response(_shown(request, project_id))

    @extend_schema(operation_id="projects_delete", responses={200: DeletedProject})
    def delete(self, request: Request, project_id: UUID) -> Response:
        freed = projects.delete(user=person(request), project_id=project_id)
        return Response(DeletedProject(deleted_count=1, modified_count=freed).to_wire())


class MoveView(ChatView):
    @extend_schema(operation_id="projects_move", request=MoveRequest, responses=Moved)
    def put(self, request: Request, conversation_id: UUID) -> Response:
        user = person(request)
        previous = access.conversation_for(user, conversation_id).project_id
        wanted = read_body(request, MoveRequest).project_id
        (moved,) = projects.put(user=user, conversation_ids=[conversation_id], project_id=wanted)
        answer = Moved(
            conversation=conversation_to_wire(moved),
            previous_project_id=str(previous) if previous else None,
            project_id=str(wanted) if wanted else None,
        )
        return Response(answer.to_wire())


class FavoritesView(ChatView):
    error_key = "message"

    @extend_schema(operation_id="favorites_list", responses=_FAVOURITES)
    def get(self, request: Request) -> Response:
        return Response(list(map(favourites.to_wire, favourites.listed(person(request)))))

    @extend_schema(operation_id="favorites_set", request=FavoritesRequest, responses=_FAVOURITES)
    def post(self, request: Request) -> Response:
        wanted = read_body(request, FavoritesRequest).favorites
        if len(wanted) > (most := quotas.most("favourites")):
            message = ngettext(
                "You can have at most %(limit)d favourite.", "You can have at most %(limit)d favourites.", most
            ) % {"limit": most}
            raise ApiError(400, {"message": message, "code": "MAX_FAVORITES_EXCEEDED", "limit": most})
        model_refs = [_model_ref(item) for item in wanted]
        return Response(list(map(favourites.to_wire, favourites.replace(user=person(request), model_refs=model_refs))))


def _shown(request: Request, project_id: UUID) -> dict[str, Any]:
    access.project_for(person(request), project_id)
    return _project(projects.counted(person(request)).get(id=project_id)).to_wire()


def _project(project: Project) -> ChatProject:
    counted: Any = project  # what `projects.counted` adds
    return ChatProject(
        id_=str(project.id),
        name=project.name,
        description=project.description,
        user=str(project.owner_id),
        conversation_count=counted.conversation_count,
        last_conversation_at=iso(counted.last_conversation_at) if counted.last_conversation_at else None,
        last_conversation_id=str(counted.last_conversation_id) if counted.last_conversation_id else None,
        created_at=iso(project.created_at),
        updated_at=iso(project.updated_at),
    )


def _model_ref(wanted: Favorite) -> ModelRef:
    model_ref = ModelRef(wanted.endpoint or "", wanted.model or "", wanted.spec or "")
    is_one_kind = not any(model_ref[:2]) if model_ref.spec else all(model_ref[:2])
    if wanted.agent_id is not None or not is_one_kind:
        raise ApiError(400, _("favorites: name a model and its endpoint, or a spec. Nothing else is supported."))
    return model_ref
