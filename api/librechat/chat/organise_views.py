"""Archiving, pinning, copying and bookmarking conversations over the API."""

from typing import cast
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.errors import ApiError
from api.base.payloads import person, read_body
from api.librechat.chat import reading
from api.librechat.chat.organise_serializers import (
    ArchivedAll,
    ArchiveRequest,
    ConversationTag,
    CopiedResponse,
    DuplicateRequest,
    ForkRequest,
    NewTagRequest,
    PinnedOrderRequest,
    PinRequest,
    TagRequest,
    TagsRequest,
    tag_to_wire,
)
from api.librechat.chat.serializers import ConversationResponse, conversation_to_wire, message_to_wire
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import Bookmark, Conversation
from chat.services import results
from chat.services.organise import bookmarks, conversations, pins
from chat.services.tree import forking
from core import rate_limits

_TAGS = {200: {"type": "array", "items": {"$ref": "#/components/schemas/ConversationTag"}}}
_NAMES = {200: {"type": "array", "items": {"type": "string"}}}


class ArchiveView(ChatView):
    @extend_schema(operation_id="conversations_archive", request=ArchiveRequest, responses=ConversationResponse)
    def post(self, request: Request) -> Response:
        arg = read_body(request, ArchiveRequest).arg
        ids = [arg.conversation_id]
        (conversation,) = conversations.archive(user=person(request), conversation_ids=ids, archived=arg.is_archived)
        return Response(conversation_to_wire(conversation))


class ArchiveAllView(ChatView):
    @extend_schema(operation_id="conversations_archive_all", request=None, responses=ArchivedAll)
    def post(self, request: Request) -> Response:
        return Response(ArchivedAll(archived_count=conversations.archive_all(user=person(request))).to_wire())


class PinView(ChatView):
    @extend_schema(operation_id="conversations_pin", request=PinRequest, responses=ConversationResponse)
    def post(self, request: Request) -> Response:
        arg = read_body(request, PinRequest).arg
        conversation = pins.set_pinned(user=person(request), conversation_id=arg.conversation_id, pinned=arg.pinned)
        return Response(conversation_to_wire(conversation))


class PinnedOrderView(ChatView):
    error_key = "message"

    @extend_schema(operation_id="pinned_order", responses=_NAMES)
    def get(self, request: Request) -> Response:
        return Response(pins.named_order(person(request)))

    @extend_schema(operation_id="pinned_order_set", request=PinnedOrderRequest, responses=_NAMES)
    def post(self, request: Request) -> Response:
        wanted = read_body(request, PinnedOrderRequest).pinned_order
        return Response(pins.set_named_order(user=person(request), names=wanted))


class ForkView(ChatView):
    limit_key = "message"

    @extend_schema(operation_id="conversations_fork", request=ForkRequest, responses=CopiedResponse)
    def post(self, request: Request) -> Response:
        body = read_body(request, ForkRequest)
        option = forking.DEFAULT if body.option in {None, "", "default"} else cast("forking.Option", body.option)
        made = forking.fork(
            user=person(request),
            conversation_id=body.conversation_id,
            message_id=body.message_id,
            option=option,
            split=body.split_at_target,
            latest_message_id=body.latest_message_id,
            address=rate_limits.address_of(request),
        )
        return Response(_copied(made))


class DuplicateView(ChatView):
    limit_key = "message"

    @extend_schema(operation_id="conversations_duplicate", request=DuplicateRequest, responses={201: CopiedResponse})
    def post(self, request: Request) -> Response:
        body = read_body(request, DuplicateRequest)
        title = " ".join((body.title or "").replace("\x00", " ").split())[: conversations.TITLE_LIMIT]
        address = rate_limits.address_of(request)
        made = forking.duplicate(
            user=person(request), conversation_id=body.conversation_id, title=title or None, address=address
        )
        return Response(_copied(made), status=201)


class TagsView(ChatView):
    field_names = {"name": "tag"}

    @extend_schema(operation_id="tags_list", responses=_TAGS)
    def get(self, request: Request) -> Response:
        return Response([tag_to_wire(tag) for tag in bookmarks.listed(person(request))])

    @extend_schema(operation_id="tags_create", request=NewTagRequest, responses=ConversationTag)
    def post(self, request: Request) -> Response:
        """Return the tag of that name, which may have been there before."""
        user, body = person(request), read_body(request, NewTagRequest)
        if body.conversation_id is not None:
            access.conversation_for(user, body.conversation_id)
        conversation_id = body.conversation_id if body.add_to_conversation else None
        tag = bookmarks.named(user, body.tag)
        if tag is None:
            tag = bookmarks.create(
                user=user, name=body.tag, description=body.description or "", conversation_id=conversation_id
            )
        elif conversation_id:
            bookmarks.put(user=user, conversation_id=conversation_id, bookmark_id=tag.id, on=True)
        return Response(tag_to_wire(bookmarks.listed(user).get(id=tag.id)))


class TagView(ChatView):
    field_names = {"name": "tag"}

    @extend_schema(operation_id="tags_change", request=TagRequest, responses=ConversationTag)
    def put(self, request: Request, name: str) -> Response:
        user, tag = person(request), _tag(request, name)
        body = read_body(request, TagRequest)
        if not body.model_fields_set:
            raise ApiError(400, _("tag, description or position: say what to change."))
        bookmarks.change(user=user, bookmark_id=tag.id, name=body.tag, description=body.description)
        if body.position is not None:
            bookmarks.move(user=user, bookmark_id=tag.id, position=body.position)
        return Response(tag_to_wire(bookmarks.listed(user).get(id=tag.id)))

    @extend_schema(operation_id="tags_delete", responses={200: ConversationTag})
    def delete(self, request: Request, name: str) -> Response:
        tag = _tag(request, name)
        bookmarks.delete(user=person(request), bookmark_id=tag.id)
        return Response(tag_to_wire(tag))


class ConversationTagsView(ChatView):
    field_names = {"name": "tags", "description": "tags"}

    @extend_schema(operation_id="tags_of_conversation", request=TagsRequest, responses=_NAMES)
    def put(self, request: Request, conversation_id: UUID) -> Response:
        access.conversation_for(person(request), conversation_id)
        body = read_body(request, TagsRequest)
        return Response(bookmarks.set_bookmarks(user=person(request), conversation_id=conversation_id, names=body.tags))


def _tag(request: Request, name: str) -> Bookmark:
    tag = bookmarks.listed(person(request)).filter(name=name).first() if "\x00" not in name else None
    if tag is None:
        raise ApiError(404, _("No matching bookmarks."))
    return tag


def _copied(made: Conversation) -> dict[str, object]:
    rows = reading.messages_of(made).order_by("created_at", "id")
    results.put_back_in(rows)
    return {"conversation": conversation_to_wire(made), "messages": [message_to_wire(row) for row in rows]}
