"""The body that starts a reply, and which of its many documented fields are supported."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, PrivateAttr, ValidationError
from rest_framework.request import Request

from accounts.models import User
from api.base.errors import ApiError
from api.base.parsers import FormData
from api.base.payloads import OF_A_ROW, ApiRequest, Id, first_fault, person, read
from api.librechat.chat.serializers import NEW, PROTOCOL, ROOT_PARENT
from chat import access
from chat.models import GREETING_LIMIT, ICON_LIMIT, Message, Run
from chat.services.model_settings import ModelSettings, describe_parameters
from chat.services.quotes import MAX_QUOTES, read_quotes
from chat.services.turns.draft import Draft, Shown, StartedTurn
from chat.services.turns.turns import continue_reply, regenerate, start_turn
from core.ids import uuid_of
from endpoints.catalog.selection import catalog_for
from siteconfig.parameters.settings import keys

# Documented, and not here yet. To act as if nothing had been asked would be wrong, so a value is refused.
_NOT_HERE_YET = (
    "files",
    "isTemporary",
    "editedContent",
    "addedConvo",
    "manualSkills",
    "compact",
    "recoverySteerId",
)


class StartRequest(ApiRequest):
    """A message to send. Clients put the row of an earlier message, or of the conversation, around it."""

    model_config = ConfigDict(alias_generator=None, protected_namespaces=(), json_schema_extra=describe_parameters)
    repeated = OF_A_ROW

    text: str = ""
    quotes: list[str] | None = Field(None, max_length=MAX_QUOTES)
    messageId: Id | None = None  # noqa: N815 (the names of the wire)
    parentMessageId: Id | None = None  # noqa: N815
    overrideParentMessageId: Id | None = None  # noqa: N815
    responseMessageId: str | None = Field(None, max_length=128)  # noqa: N815
    conversationId: str | None = Field(None, max_length=64)  # noqa: N815
    chatProjectId: Id | None = None  # noqa: N815
    endpoint: str = Field("", max_length=128)
    model: str | None = Field(None, max_length=256)
    spec: str | None = Field(None, max_length=256)
    iconURL: str | None = None  # noqa: N815
    greeting: str | None = None
    isRegenerate: bool | None = None  # noqa: N815
    isContinued: bool | None = None  # noqa: N815
    agent_id: str | None = Field(None, max_length=128)
    clientRequestId: str | None = None  # noqa: N815
    expectedPredecessorCreatedAt: int | None = None  # noqa: N815

    _settings: ModelSettings = PrivateAttr(default_factory=ModelSettings)

    @property
    def conversation_id(self) -> UUID | None:
        """The conversation to go on with. Raises `ApiError` for what is neither an id nor "new"."""
        if self.conversationId in (None, "", NEW):
            return None
        uuid = uuid_of(self.conversationId)
        if uuid is None:
            raise ApiError(400, "conversationId: this is not an id")
        return uuid

    @property
    def parent_id(self) -> UUID | None:
        parent = self.overrideParentMessageId or self.parentMessageId
        return None if parent == ROOT_PARENT else parent

    @property
    def shown(self) -> Shown:
        """How the client shows the conversation. What is too long to keep is decoration, and is left out."""
        icon = "" if self.iconURL and len(self.iconURL) > ICON_LIMIT else self.iconURL
        greeting = "" if self.greeting and len(self.greeting) > GREETING_LIMIT else self.greeting
        return Shown(icon, greeting)

    @property
    def model_settings(self) -> ModelSettings:
        """What the body sets for the model."""
        return self._settings

    def with_settings(self, values: Mapping[str, Any], *, strict: bool = True) -> "StartRequest":
        """Take the parameters of the model. Raises `ApiError` for a value that no model takes."""
        try:
            self._settings = ModelSettings.read(values, strict=strict)
        except ValidationError as fault:
            raise ApiError(400, first_fault(fault)) from None
        return self


def read_start(request: Request, endpoint: str | None) -> StartRequest:
    """Return the body, its endpoint taken from the path where it stands there. Raises `ApiError`."""
    data: dict[str, Any] = dict(request.data)
    is_form = isinstance(request.data, FormData)
    for name in _NOT_HERE_YET:
        if data.pop(name, None) not in (None, False, "", [], {}):
            raise ApiError(400, _("%(name)s: not available on this server.") % {"name": name})
    chosen = {name: data.pop(name) for name in keys() if name in data}
    body = read(StartRequest, FormData(data) if is_form else data, user=person(request))
    body = body.with_settings(chosen, strict=not is_form)
    if endpoint:
        if body.endpoint and body.endpoint != endpoint:
            raise ApiError(400, _("The endpoints in the path and the body don't match."))
        body = body.model_copy(update={"endpoint": endpoint})
    if not (body.endpoint or body.spec or body.isRegenerate or body.isContinued):
        raise ApiError(400, _("endpoint: name the endpoint to use."))
    if body.agent_id not in (None, "", "ephemeral"):
        raise ApiError(400, _("%(name)s: not available on this server.") % {"name": "agent_id"})
    _check_protocol_fields(body)
    return body


def _check_protocol_fields(body: StartRequest) -> None:
    if body.clientRequestId is not None and not 1 <= len(body.clientRequestId) <= 128:
        raise _protocol_fault("INVALID_CLIENT_REQUEST_ID", _("clientRequestId must have 1 to 128 characters."))
    predecessor = body.expectedPredecessorCreatedAt
    if predecessor is not None and predecessor < 0:
        raise _protocol_fault("INVALID_GENERATION_PREDECESSOR", _("expectedPredecessorCreatedAt must not be negative."))


def _protocol_fault(code: str, message: str) -> ApiError:
    return ApiError(400, {"code": code, "error": message, "generationProtocolVersion": PROTOCOL})


def begin(request: Request, body: StartRequest) -> StartedTurn:
    """Start what the body asks for: a message, another reply, or the rest of one."""
    user = person(request)
    if body.chatProjectId is not None:
        access.project_for(user, body.chatProjectId)
    if body.isContinued:
        return continue_reply(user=user, message_id=_reply_meant(request, body).id)
    if body.isRegenerate:
        reply = _reply_meant(request, body)
        return regenerate(
            user=user, message_id=reply.id, endpoint=body.endpoint or None, model=body.model, spec=body.spec
        )
    draft = Draft(
        text=body.text,
        endpoint=body.endpoint,
        model=body.model or _first_model(user, body),
        spec=body.spec or "",
        parent_id=body.parent_id,
        settings=body.model_settings,
        message_id=body.messageId,
        client_request_id=body.clientRequestId,
        project_id=body.chatProjectId,
        quotes=read_quotes(body.quotes or ()),
        shown=body.shown,
    )
    return start_turn(user=user, conversation_id=body.conversation_id, draft=draft)


def latest_run(conversation_id: UUID) -> Run | None:
    return Run.objects.filter(conversation_id=conversation_id, parent=None).order_by("created_at").last()


def _first_model(user: User, body: StartRequest) -> str:
    models = catalog_for(user).models(body.endpoint) if not body.spec else ()
    return models[0] if models else ""


def _reply_meant(request: Request, body: StartRequest) -> Message:
    """Return the reply to repeat or to go on with: the one named, else the latest reply to the parent."""
    conversation_id = body.conversation_id
    if conversation_id is None:
        raise ApiError(400, _("conversationId: name the conversation of the reply."))
    named = uuid_of(body.responseMessageId)
    message_id = named or body.parent_id or body.messageId
    if message_id is None:
        raise ApiError(400, _("parentMessageId: name the message that the reply answers."))
    for parent_id in (body.parent_id, body.parentMessageId):
        if parent_id is not None and parent_id not in {ROOT_PARENT, message_id}:
            access.message_for(person(request), parent_id, conversation_id=conversation_id, also_deleted=True)
    message = access.message_for(person(request), message_id, conversation_id=conversation_id)
    if not message.is_user:
        return message
    reply = message.children.order_by("created_at").last()
    if reply is None:
        raise ApiError(400, _("parentMessageId: this message has no reply."))
    return reply
