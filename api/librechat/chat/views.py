"""Conversations and messages over the API."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.base.errors import ApiError
from api.base.payloads import person, read_body
from api.base.scopes import READ_AND_WRITE
from api.librechat.chat import reading
from api.librechat.chat.serializers import (
    ConversationPage,
    ConversationResponse,
    DeletedMessages,
    DeleteRequest,
    DeleteResult,
    RenameRequest,
    conversation_to_wire,
    row_of,
)
from chat import access
from chat.models import Conversation
from chat.services.organise import conversations

_text = OpenApiParameter  # shorthand for the query parameters below
_LIST = {200: {"type": "array", "items": {"$ref": "#/components/schemas/MessageResponse"}}}


class ChatView(APIView):
    key_scopes = READ_AND_WRITE
    error_key = "error"


class ConversationsView(ChatView):
    @extend_schema(
        operation_id="conversations_list",
        parameters=[
            _text("cursor"),
            _text("limit", int),
            _text("isArchived", bool),
            _text("pinned", bool),
            _text("tags"),
            _text("search"),
            _text("projectId"),
            _text("sortBy", enum=sorted(conversations.SORTS)),
            _text("sortDirection", enum=["asc", "desc"]),
        ],
        responses=ConversationPage,
    )
    def get(self, request: Request) -> Response:
        query = reading.conversation_query(request)
        page = conversations.page(
            user=person(request),
            cursor=query.cursor,
            limit=query.limit,
            among=query.among,
            sort=query.sort,
            descending=query.descending,
        )
        answer = ConversationPage(conversations=[row_of(row) for row in page.items], next_cursor=page.next_cursor)
        return Response(answer.to_wire())

    @extend_schema(operation_id="conversations_delete", request=DeleteRequest, responses={200: str, 201: DeleteResult})
    def delete(self, request: Request) -> Response:
        arg = read_body(request, DeleteRequest).arg
        if arg.conversation_id is None:
            if arg.source == "button":
                return Response(_("No conversation was named."))
            raise ApiError(400, _("arg.conversationId: name the conversation to delete."))
        messages = conversations.delete(user=person(request), conversation_id=arg.conversation_id)
        return _deleted([str(arg.conversation_id)], messages)


class AllConversationsView(ChatView):
    @extend_schema(operation_id="conversations_delete_all", request=None, responses={201: DeleteResult})
    def delete(self, request: Request) -> Response:
        ids = [
            str(conversation_id)
            for conversation_id in Conversation.objects.visible_to(person(request)).values_list("id", flat=True)
        ]
        return _deleted(ids, conversations.delete_all(user=person(request)))


class ConversationView(ChatView):
    @extend_schema(operation_id="conversations_get", responses=ConversationResponse)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        return Response(conversation_to_wire(access.conversation_for(person(request), conversation_id)))


class RenameView(ChatView):
    @extend_schema(operation_id="conversations_update", request=RenameRequest, responses={201: ConversationResponse})
    def post(self, request: Request) -> Response:
        arg = read_body(request, RenameRequest).arg
        renamed = conversations.rename(user=person(request), conversation_id=arg.conversation_id, title=arg.title)
        return Response(conversation_to_wire(renamed), status=201)


def _deleted(conversation_ids: list[str], messages: int) -> Response:
    answer = DeleteResult(
        deleted_count=len(conversation_ids),
        messages=DeletedMessages(deleted_count=messages),
        conversation_ids=conversation_ids,
    )
    return Response(answer.to_wire(), status=201)
