"""Conversations, messages and the bodies of the chat routes, in the wire format."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.base.payloads import OF_A_ROW, ApiRequest, ApiResponse, Id, iso
from api.librechat.chat.content import attachments_of, content_of
from api.librechat.endpoints.serializers import type_on_the_wire
from chat.models import Conversation, Message
from chat.services.model_settings import describe_parameters
from endpoints.catalog import registry
from endpoints.catalog.facts import vocabulary_of
from endpoints.services.tokens import estimate

ROOT_PARENT = UUID(int=0)  # stands for "no parent"
NEW = "new"  # stands for a conversation that does not exist yet
PROTOCOL = 1


def _wire_name(name: str) -> str:
    """Camel case, but for `_id` and the names of model parameters, which are spelt as providers spell them."""
    if name == "id_":
        return "_id"
    if name == "icon_url":
        return "iconURL"
    return name if name in _SPELT_WITH_UNDERSCORE else to_camel(name)


_SPELT_WITH_UNDERSCORE = {"finish_reason", "agent_id", "thread_id"}


class ConversationResponse(ApiResponse):
    """A conversation. A parameter of its model is there when it was set."""

    model_config = ConfigDict(
        alias_generator=_wire_name, protected_namespaces=(), extra="allow", json_schema_extra=describe_parameters
    )

    id_: str
    conversation_id: str
    title: str
    user: str
    endpoint: str
    endpoint_type: str | None = None
    model: str
    spec: str | None = None
    icon_url: str | None = None
    greeting: str | None = None
    tags: list[str] = []
    is_archived: bool
    archived_at: str | None = None
    pinned: bool
    is_temporary: bool
    chat_project_id: str | None = None
    expired_at: str | None = None
    created_at: str
    updated_at: str


class ConversationRow(ApiResponse):
    """A conversation in a list."""

    model_config = ConfigDict(alias_generator=_wire_name, protected_namespaces=())

    id_: str
    conversation_id: str
    endpoint: str
    title: str
    user: str
    model: str
    spec: str | None = None
    icon_url: str | None = None
    pinned: bool
    archived_at: str | None = None
    chat_project_id: str | None = None
    created_at: str
    updated_at: str


class ConversationPage(ApiResponse):
    conversations: list[ConversationRow]
    next_cursor: str | None

    def to_wire(self) -> dict[str, Any]:
        return super().to_wire() | {"nextCursor": self.next_cursor}


class MessageResponse(ApiResponse):
    """A message. `content` is there for replies; a question has its `text` alone."""

    model_config = ConfigDict(alias_generator=_wire_name, protected_namespaces=())

    id_: str | None = None
    user: str | None = None
    message_id: str
    conversation_id: str
    parent_message_id: str
    sender: str
    text: str
    content: list[dict[str, Any]] | None = None
    attachments: list[dict[str, Any]] | None = None
    is_created_by_user: bool
    model: str | None = None
    endpoint: str | None = None
    icon_url: str | None = None
    finish_reason: str | None = None
    token_count: int | None = None
    unfinished: bool = False
    error: bool = False
    metadata: dict[str, Any] | None = None
    quotes: list[str] | None = None
    feedback: dict[str, Any] | None = None
    created_at: str
    updated_at: str


class MessagePage(ApiResponse):
    messages: list[MessageResponse]
    next_cursor: str | None


class DeletedMessages(ApiResponse):
    acknowledged: bool = True
    deleted_count: int


class DeleteResult(ApiResponse):
    acknowledged: bool = True
    deleted_count: int
    messages: DeletedMessages
    conversation_ids: list[str] | None = None


class Title(ApiResponse):
    title: str


class StartedResponse(ApiResponse):
    """`streamId` is the conversation's id; `generationCreatedAt` tells its runs apart."""

    stream_id: str
    conversation_id: str
    generation_created_at: int
    status: Literal["started", "resumed"]
    generation_protocol_version: int = PROTOCOL


class ActiveResponse(ApiResponse):
    active_job_ids: list[str]


class StatusResponse(ApiResponse):
    """`active` alone when nothing is being written."""

    active: bool
    stream_id: str | None = None
    status: str | None = None
    aggregated_content: list[dict[str, Any]] | None = None
    created_at: int | None = None
    resume_state: dict[str, Any] | None = None
    pending_action: dict[str, Any] | None = None
    generation_protocol_version: int | None = None


class AbortResponse(ApiResponse):
    """What became of the run: stopped now (`aborted`), or over already (`settled`)."""

    success: bool
    aborted: str | None = None
    settled: bool | None = None
    code: str | None = None
    stream_id: str | None = None
    terminal_status: str | None = None


class RenameArg(ApiRequest):
    repeated = OF_A_ROW
    conversation_id: Id
    title: str = Field(max_length=100_000)


class RenameRequest(ApiRequest):
    arg: RenameArg


class DeleteArg(ApiRequest):
    model_config = ConfigDict(alias_generator=_wire_name)

    conversation_id: Id | None = None
    source: str | None = Field(None, max_length=64)
    thread_id: str | None = Field(None, max_length=256)
    endpoint: str | None = Field(None, max_length=128)


class DeleteRequest(ApiRequest):
    arg: DeleteArg


class AbortRequest(ApiRequest):
    stream_id: str | None = Field(None, max_length=512)
    conversation_id: str | None = Field(None, max_length=512)
    abort_key: str | None = Field(None, max_length=512)
    generation_created_at: int | None = Field(None, ge=0)
    generation_protocol_version: int | None = None


def conversation_to_wire(conversation: Conversation) -> dict[str, Any]:
    return ConversationResponse(
        id_=str(conversation.id),
        conversation_id=str(conversation.id),
        title=conversation.title,
        user=str(conversation.owner_id),
        endpoint=conversation.endpoint,
        model=conversation.model,
        endpoint_type=type_on_the_wire(conversation.endpoint),
        icon_url=icon_of(conversation) or None,
        greeting=conversation.greeting or None,
        spec=conversation.spec or None,
        tags=[tag.name for tag in conversation.bookmarks.all()],
        chat_project_id=str(conversation.project_id) if conversation.project_id else None,
        archived_at=iso(conversation.archived_at) if conversation.archived_at else None,
        is_archived=conversation.is_archived,
        pinned=conversation.is_pinned,
        is_temporary=conversation.is_temporary,
        expired_at=iso(conversation.expires_at) if conversation.expires_at else None,
        created_at=iso(conversation.created_at),
        updated_at=iso(conversation.updated_at),
        **conversation.settings,
    ).to_wire()


def icon_of(conversation: Conversation) -> str:
    """Return the icon that a client gave the conversation, else that of its model spec."""
    spec = registry.current().spec(conversation.spec) if conversation.spec and not conversation.icon_url else None
    return conversation.icon_url or (spec and (spec.iconURL or spec.preset.iconURL)) or ""


def row_of(conversation: Conversation) -> ConversationRow:
    return ConversationRow(
        id_=str(conversation.id),
        conversation_id=str(conversation.id),
        endpoint=conversation.endpoint,
        title=conversation.title,
        user=str(conversation.owner_id),
        model=conversation.model,
        spec=conversation.spec or None,
        icon_url=icon_of(conversation) or None,
        pinned=conversation.is_pinned,
        archived_at=iso(conversation.archived_at) if conversation.archived_at else None,
        chat_project_id=str(conversation.project_id) if conversation.project_id else None,
        created_at=iso(conversation.created_at),
        updated_at=iso(conversation.updated_at),
    )


def message_out(message: Message) -> MessageResponse:
    """Return the message without the fields that a conversation's own list leaves out. It knows its conversation."""
    conversation, content = message.conversation, message.content
    ids = {"message_id": str(message.id), "conversation_id": str(message.conversation_id)}
    return MessageResponse(
        **ids,
        parent_message_id=str(message.parent_id or ROOT_PARENT),
        sender="User" if message.is_user else message.sender,
        text=message.text,
        content=None if message.is_user else content_of(content, message_id=ids["message_id"]),
        attachments=attachments_of(content, **ids) or None,
        is_created_by_user=message.is_user,
        model=message.model or None,
        endpoint=message.endpoint or conversation.endpoint or None,
        icon_url=None if message.is_user else icon_of(conversation) or None,
        finish_reason=message.finish_reason or None,
        token_count=_tokens(message),
        unfinished=message.state in UNFINISHED,
        error=message.state == Message.State.FAILED,
        metadata=_metadata(message) or None,
        quotes=[quote["text"] for quote in message.quotes] or None,
        feedback=message.feedback,
        created_at=iso(message.created_at),
        updated_at=iso(message.updated_at),
    )


def _tokens(message: Message) -> int | None:
    """Return how many tokens the text is: as the provider counted them, else about; of what is being written, none."""
    if message.state == Message.State.STREAMING:
        return None
    if not (message.is_user or message.edited_at) and "output_tokens" in message.usage:
        counted: int = message.usage["output_tokens"]
        return counted
    return estimate(message.text, vocabulary_of(message.model))


UNFINISHED = {Message.State.STREAMING, Message.State.STOPPED, Message.State.INTERRUPTED}


def message_to_wire(message: Message) -> dict[str, Any]:
    return message_out(message).to_wire()


def _metadata(message: Message) -> dict[str, Any]:
    """Return what a reply cost in tokens, and how many earlier messages did not fit into its prompt."""
    metadata: dict[str, Any] = {"usage": _usage(message.usage)} if message.usage else {}
    return metadata | ({"leftOut": message.left_out} if message.left_out else {})


def _usage(usage: dict[str, Any]) -> dict[str, int]:
    return {
        "input": usage.get("input_tokens", 0),
        "output": usage.get("output_tokens", 0),
        "cacheWrite": usage.get("cache_write_tokens", 0),
        "cacheRead": usage.get("cache_read_tokens", 0),
    }
