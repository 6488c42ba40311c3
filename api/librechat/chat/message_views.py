"""Changing, adding, deleting and searching messages over the API."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.errors import ApiError
from api.base.payloads import OF_A_ROW, ApiRequest, ApiResponse, Id, person, read_body
from api.librechat.chat import reading
from api.librechat.chat.serializers import (
    NEW,
    ROOT_PARENT,
    MessagePage,
    MessageResponse,
    icon_of,
    message_out,
    message_to_wire,
)
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import Message
from chat.services import results
from chat.services.search import search
from chat.services.search.query import parse
from chat.services.search.snippets import marked
from chat.services.turns import editing
from messages.parts import Text

MAX_HITS = 100
_LIST = {200: {"type": "array", "items": {"$ref": "#/components/schemas/MessageResponse"}}}


class EditRequest(ApiRequest):
    """A new text. Clients name the message once more, or send its whole row."""

    repeated = OF_A_ROW
    message_id: Id | None = None
    conversation_id: Id | None = None
    parent_message_id: Id | None = None  # not read: a message stays where it is
    text: str = Field(max_length=10_000_000)
    index: int | None = Field(None, ge=0, le=10_000)
    model: str | None = Field(None, max_length=256)


class EditedResponse(ApiResponse):
    message_id: str
    conversation_id: str
    parent_message_id: str
    sender: str
    text: str
    is_created_by_user: bool
    token_count: int | None = None
    feedback: dict[str, Any] | None = None
    endpoint: str | None = None


class NewMessageRequest(ApiRequest):
    """A message to store as it is; nothing is sent to a model. It may be one that was read here before."""

    repeated = OF_A_ROW
    text: str = Field(max_length=10_000_000)
    is_created_by_user: bool
    parent_message_id: Id | None = None
    message_id: Id | None = None
    conversation_id: Id | None = None
    sender: str | None = Field(None, max_length=256)
    endpoint: str | None = Field(None, max_length=128)
    model: str | None = Field(None, max_length=256)


class BranchRequest(ApiRequest):
    message_id: Id
    agent_id: str = Field(min_length=1, max_length=512)


class HitResponse(ApiResponse):
    model_config = ConfigDict(
        alias_generator=lambda name: {"formatted": "_formatted", "icon_url": "iconURL"}.get(name, to_camel(name))
    )

    message_id: str
    conversation_id: str
    parent_message_id: str
    text: str
    sender: str
    user: str
    title: str
    model: str | None = None
    endpoint: str | None = None
    icon_url: str | None = None
    is_created_by_user: bool
    formatted: dict[str, str]


class MessagesView(ChatView):
    @extend_schema(
        operation_id="messages_list",
        parameters=[
            OpenApiParameter("conversationId"),
            OpenApiParameter("messageId"),
            OpenApiParameter("search"),
            OpenApiParameter("cursor"),
            OpenApiParameter("pageSize", int),
            OpenApiParameter("sortBy", enum=sorted(reading.MESSAGE_ORDERS)),
            OpenApiParameter("sortDirection", enum=["asc", "desc"]),
        ],
        responses=MessagePage,
    )
    def get(self, request: Request) -> Response:
        if text := reading.search_text(request, "search"):
            return _hits(request, text)
        messages, cursor = reading.message_page(request)
        owner = str(person(request).id)
        results.put_back_in(messages)
        rows = [message_out(message).model_copy(update={"id_": str(message.id), "user": owner}) for message in messages]
        return Response({"messages": [row.to_wire() for row in rows], "nextCursor": cursor})


class ConversationMessagesView(ChatView):
    invalid_status = 400

    @extend_schema(operation_id="messages_of_conversation", responses=_LIST)
    def get(self, request: Request, conversation_id: str) -> Response:
        if conversation_id == NEW:
            return Response([])
        conversation = access.conversation_for(person(request), reading.id_in_path(conversation_id))
        messages = reading.messages_of(conversation).order_by("created_at", "id")
        results.put_back_in(messages)
        return Response([message_to_wire(message) for message in messages])

    @extend_schema(operation_id="messages_add", request=NewMessageRequest, responses={201: MessageResponse})
    def post(self, request: Request, conversation_id: str) -> Response:
        """Store a message as it is; no model is asked."""
        conversation = access.conversation_for(person(request), reading.id_in_path(conversation_id))
        return _add(request, conversation.id)


class MessageDetailView(ChatView):
    @extend_schema(operation_id="messages_get", responses=_LIST)
    def get(self, request: Request, conversation_id: UUID, message_id: UUID) -> Response:
        message = access.message_for(person(request), message_id, conversation_id=conversation_id)
        results.put_back_in([message])
        return Response([message_to_wire(message)])

    @extend_schema(operation_id="messages_edit", request=EditRequest, responses=EditedResponse)
    def put(self, request: Request, conversation_id: UUID, message_id: UUID) -> Response:
        user = person(request)
        message = access.message_for(user, message_id, conversation_id=conversation_id)
        body = read_body(request, EditRequest)
        if body.message_id not in (None, message_id) or body.conversation_id not in (None, conversation_id):
            raise ApiError(400, _("The ids in the body and the URL don't match."))
        index = body.index if body.index is not None else _first_text(message)
        saved = editing.save(
            user=user, message_id=message_id, texts={index: body.text}, conversation_id=conversation_id
        )
        return Response(_edited(saved).to_wire())

    @extend_schema(operation_id="messages_delete", responses={204: None})
    def delete(self, request: Request, conversation_id: UUID, message_id: UUID) -> Response:
        """Delete this message alone; what follows from it keeps its `parentMessageId`."""
        editing.delete(user=person(request), message_id=message_id, conversation_id=conversation_id)
        return Response(status=204)


class BranchView(ChatView):
    @extend_schema(operation_id="messages_branch", request=BranchRequest, responses={201: MessageResponse})
    def post(self, request: Request) -> Response:
        body = read_body(request, BranchRequest)
        made = editing.branch(user=person(request), message_id=body.message_id, agent_id=body.agent_id)
        return Response(message_to_wire(made), status=201)


class SearchEnabledView(ChatView):
    @extend_schema(operation_id="search_enable", responses={200: {"type": "boolean"}})
    def get(self, request: Request) -> Response:
        """Search is part of the database: it is always there."""
        return Response(data=True)


def _add(request: Request, conversation_id: UUID) -> Response:
    body = read_body(request, NewMessageRequest)
    if body.conversation_id not in (None, conversation_id):
        raise ApiError(400, _("conversationId: the body and the URL name different conversations."))
    parent = None if body.parent_message_id == ROOT_PARENT else body.parent_message_id
    made = editing.add(
        user=person(request),
        conversation_id=conversation_id,
        text=body.text,
        parent_id=parent,
        is_user=body.is_created_by_user,
        message_id=body.message_id,
        sender=body.sender or "",
        endpoint=body.endpoint or "",
        model=body.model or "",
    )
    return Response(message_to_wire(made), status=201)


def _hits(request: Request, text: str) -> Response:
    """Return the messages in which all of `text` was said, newest first."""
    query = parse(text)
    if query.faults:
        raise ApiError(400, f"search: {query.faults[0]}")
    page = search.search(user=person(request), query=query, limit=MAX_HITS)
    by_id = Message.objects.select_related("conversation").in_bulk([hit.message_id for hit in page.hits])
    rows = [
        _hit(hit, page.terms, str(person(request).id), by_id[hit.message_id])
        for hit in page.hits
        if hit.message_id in by_id
    ]
    return Response({"messages": [row.to_wire() for row in rows], "nextCursor": None})


def _hit(hit: search.Hit, terms: tuple[str, ...], user: str, message: Message) -> HitResponse:
    shown = message_out(message)
    return HitResponse(
        message_id=str(hit.message_id),
        conversation_id=str(hit.conversation_id),
        text=hit.text,
        user=user,
        parent_message_id=shown.parent_message_id,
        sender="User" if hit.is_user else hit.sender,
        title=hit.title,
        model=hit.model or None,
        endpoint=shown.endpoint,
        icon_url=icon_of(message.conversation) or None,
        is_created_by_user=hit.is_user,
        formatted={"text": marked(hit.text, terms)},
    )


def _first_text(message: Message) -> int:
    index = next((index for index, part in enumerate(message.content) if isinstance(part, Text)), None)
    if index is None:
        raise Http404("There is no text in this message.")
    return index


def _edited(message: Message) -> EditedResponse:
    whole = message_out(message)
    return EditedResponse(
        message_id=whole.message_id,
        conversation_id=whole.conversation_id,
        sender=whole.sender,
        text=whole.text,
        parent_message_id=whole.parent_message_id,
        is_created_by_user=whole.is_created_by_user,
        token_count=whole.token_count,
        feedback=message.feedback,
        endpoint=whole.endpoint,
    )
