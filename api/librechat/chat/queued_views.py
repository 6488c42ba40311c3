"""The queue of a conversation: messages that are sent when the reply before them has ended well."""

from typing import Literal
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.errors import ApiError
from api.base.payloads import ApiRequest, ApiResponse, Id, iso, milliseconds, person, read_body
from api.librechat.chat.reading import id_in_path
from api.librechat.chat.serializers import ROOT_PARENT
from api.librechat.chat.start import latest_run
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import QueuedTurn
from chat.services.quotes import MAX_QUOTES, read_quotes
from chat.services.turns import queued_turns
from chat.services.turns.draft import Draft

MAX_ASKED = 100  # ids of requests in one question
Status = Literal["queued", "admitted", "cancelled", "dead"]
_STATUS: dict[str, Status] = {
    QueuedTurn.State.QUEUED: "queued",
    QueuedTurn.State.SENT: "admitted",
    QueuedTurn.State.CANCELLED: "cancelled",
    QueuedTurn.State.REFUSED: "dead",
}


class QueueRequest(ApiRequest):
    """A message that waits for the reply in progress. `files` and `manualSkills` are not available yet."""

    conversation_id: Id
    parent_message_id: Id
    client_request_id: str = Field(min_length=1, max_length=128)
    text: str
    files: list[dict[str, object]] = []
    quotes: list[str] = Field([], max_length=MAX_QUOTES)
    manual_skills: list[str] = []
    priority: bool = False
    expected_predecessor_created_at: int | None = Field(None, ge=0)


class Failure(ApiResponse):
    code: str
    message: str


class Receipt(ApiResponse):
    """A message of the queue, and what has become of it. `position` counts from 0 and is of what waits."""

    queued_turn_id: UUID
    conversation_id: UUID
    parent_message_id: UUID
    client_request_id: str
    text: str
    quotes: list[str]
    priority: bool
    status: Status
    position: int | None = None
    revision: int
    failure: Failure | None = None
    created_at: str
    updated_at: str


class QueueCapability(ApiResponse):
    supported: bool = True
    durability: str = "durable"


class QueuedTurnAdded(ApiResponse):
    receipt: Receipt
    capability: QueueCapability = QueueCapability()


class QueuedTurnList(ApiResponse):
    queued_turns: list[Receipt]
    capability: QueueCapability = QueueCapability()
    revision: int


class QueuedTurnRemoved(ApiResponse):
    receipt: Receipt


class QueuedTurnsView(ChatView):
    @extend_schema(
        operation_id="chat_queued_turns",
        parameters=[
            OpenApiParameter("conversationId", str, required=True),
            OpenApiParameter("clientRequestIds", str, many=True),
        ],
        responses=QueuedTurnList,
    )
    def get(self, request: Request) -> Response:
        """List what waits in a conversation, and what has become of the requests that are named."""
        user = person(request)
        conversation = access.conversation_for(user, id_in_path(request.query_params.get("conversationId", "")))
        named = set(_named(request))
        if len(named) > MAX_ASKED:
            raise ApiError(400, _("clientRequestIds: name at most %(limit)d.") % {"limit": MAX_ASKED})
        waiting = queued_turns.waiting_in(conversation.id)
        known = {item.id for item in waiting}
        ended = conversation.queued_turns.filter(client_request_id__in=named - {""}).order_by("created_at")
        receipts = [receipt(item, position) for position, item in enumerate(waiting)]
        receipts += [receipt(item) for item in ended if item.id not in known]
        revision = max((milliseconds(item.updated_at) for item in waiting), default=0)
        return Response(QueuedTurnList(queued_turns=receipts, revision=revision).to_wire())

    @extend_schema(operation_id="chat_queued_turns_add", request=QueueRequest, responses={201: QueuedTurnAdded})
    def post(self, request: Request) -> Response:
        body = read_body(request, QueueRequest)
        for name, value in (("files", body.files), ("manualSkills", body.manual_skills)):
            if value:
                raise ApiError(400, _("%(name)s: not available on this server.") % {"name": name})
        user = person(request)
        access.conversation_for(user, body.conversation_id)
        expected, run = body.expected_predecessor_created_at, latest_run(body.conversation_id)
        if expected is not None and (run is None or milliseconds(run.created_at) != expected):
            message = _("This run was replaced by a newer one.")
            raise ApiError(409, {"code": "RUN_REPLACED", "error": message})
        parent = body.parent_message_id
        draft = Draft(
            text=body.text,
            parent_id=None if parent == ROOT_PARENT else parent,
            quotes=read_quotes(body.quotes),
            client_request_id=body.client_request_id,
        )
        item = queued_turns.add(user=user, conversation_id=body.conversation_id, draft=draft, is_first=body.priority)
        return Response(QueuedTurnAdded(receipt=receipt(item)).to_wire(), status=201)


class QueuedTurnView(ChatView):
    @extend_schema(operation_id="chat_queued_turn_delete", responses=QueuedTurnRemoved)
    def delete(self, request: Request, turn_id: str) -> Response:
        item = queued_turns.remove(user=person(request), item_id=id_in_path(turn_id))
        return Response(QueuedTurnRemoved(receipt=receipt(item)).to_wire())


def receipt(item: QueuedTurn, position: int | None = None) -> Receipt:
    is_refused = item.state == QueuedTurn.State.REFUSED
    return Receipt(
        queued_turn_id=item.id,
        conversation_id=item.conversation_id,
        parent_message_id=UUID(item.draft["parent"]) if "parent" in item.draft else ROOT_PARENT,
        client_request_id=item.client_request_id or str(item.id),
        text=item.text,
        quotes=[quote["text"] for quote in item.draft.get("quotes", ())],
        priority=item.is_first,
        status=_STATUS[item.state],
        position=position,
        revision=milliseconds(item.created_at),
        failure=Failure(code=item.refusal_code or "refused", message=item.refusal) if is_refused else None,
        created_at=iso(item.created_at),
        updated_at=iso(item.updated_at),
    )


def _named(request: Request) -> list[str]:
    return [*request.query_params.getlist("clientRequestIds"), *request.query_params.getlist("clientRequestIds[]")]
