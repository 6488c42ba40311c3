"""What a client does to a run in progress, beside following and stopping it: steering it, deciding what it asks."""

import json
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from pydantic import ConfigDict, Field
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from agents.tools.arguments import BadArguments
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, ApiResponse, milliseconds, person, read_body
from api.librechat.chat.pending import DECISIONS
from api.librechat.chat.reading import id_in_path
from api.librechat.chat.serializers import StartedResponse
from api.librechat.chat.start import latest_run
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import ApprovalRequest, Conversation, InboxItem, Run
from chat.services.turns import waiting
from core.ids import uuid_of


class SteerRequest(ApiRequest):
    """What a person says to a run in progress. `files`, `quotes` and `preempt` are not supported here."""

    conversation_id: str = Field("", max_length=512)
    text: str = ""
    client_steer_id: str | None = None
    generation_created_at: int | None = None


class SteerTarget(ApiRequest):
    conversation_id: str = Field("", max_length=512)
    steer_id: str = Field("", max_length=128)
    generation_created_at: int | None = None


class Steered(ApiResponse):
    status: str = "queued"
    steer_id: str
    client_steer_id: str | None = None


class SteerRemoved(ApiResponse):
    removed: bool


class SteerArmed(ApiResponse):
    """Nothing said to a run makes it stop in mid-sentence."""

    armed: bool = False
    code: str = "PREEMPT_UNSUPPORTED"


class Decision(ApiRequest):
    """What a person decides about one call. It holds for that call alone, whatever `scope` a client offers."""

    model_config = ConfigDict(extra="ignore", alias_generator=None)

    tool_call_id: str = Field(max_length=256)
    decision: str = Field(max_length=32)
    reason: str | None = None
    edited_arguments: dict[str, Any] | str | None = Field(None, alias="editedArguments")  # an object, or its JSON
    response_text: str | None = Field(None, alias="responseText")
    scope: Literal["once", "session", "always"] | None = None


class ResumeRequest(ApiRequest):
    """What a person decides: on calls, or in answer to a question."""

    conversation_id: str = Field("", max_length=512)
    action_id: str = Field("", max_length=128)
    decisions: list[Decision] | None = Field(None, max_length=100)
    answer: str | None = None
    answers: dict[str, str] | None = None


MAX_CLIENT_ID = 128  # characters
# The codes of the wire format for those of `NotSteerable`.
_STEER_CODES = {"empty": (400, "EMPTY_TEXT"), "too_long": (413, "STEER_TOO_LONG"), "full": (429, "STEER_QUEUE_FULL")}
_STEER_CODES |= {"over": (404, "NO_ACTIVE_RUN"), "conflict": (409, "STEER_IDEMPOTENCY_CONFLICT")}


class SteerView(ChatView):
    """Saying something to a run while it writes."""

    needs_client_id = False

    @extend_schema(operation_id="chat_steer", request=SteerRequest, responses={202: Steered})
    def post(self, request: Request) -> Response:
        body = read_body(request, SteerRequest)
        client_id = body.client_steer_id
        if self.needs_client_id and not client_id:
            raise _steer_fault(400, "CLIENT_STEER_ID_REQUIRED", _("clientSteerId is required."))
        if client_id is not None and not 1 <= len(client_id) <= MAX_CLIENT_ID:
            raise _steer_fault(400, "INVALID_CLIENT_STEER_ID", _("clientSteerId must have 1 to 128 characters."))
        run = _active_run(request, body.conversation_id, body.generation_created_at)
        try:
            item = waiting.steer(user=person(request), run_id=run.id, text=body.text, client_id=client_id or "")
        except waiting.NotSteerable as refused:
            status, code = _STEER_CODES[refused.code]
            raise _steer_fault(status, code, refused.message) from None
        return Response(Steered(steer_id=str(item.id), client_steer_id=client_id).to_wire(), status=202)


@extend_schema_view(post=extend_schema(operation_id="chat_steer_deliver"))
class SteerDeliverView(SteerView):
    """As `SteerView`, for a client that sends again what it does not know to have arrived."""

    needs_client_id = True


class SteerCancelView(ChatView):
    @extend_schema(operation_id="chat_steer_cancel", request=SteerTarget, responses=SteerRemoved)
    def post(self, request: Request) -> Response:
        item = _steer_meant(request)
        return Response(SteerRemoved(removed=waiting.take_back(user=person(request), item_id=item.id)).to_wire())


class SteerArmView(ChatView):
    @extend_schema(operation_id="chat_steer_arm", request=SteerTarget, responses=SteerArmed)
    def post(self, request: Request) -> Response:
        _steer_meant(request)
        return Response(SteerArmed().to_wire())


class ResumeView(ChatView):
    """Deciding on what a run waits for."""

    @extend_schema(operation_id="chat_resume", request=ResumeRequest, responses=StartedResponse)
    def post(self, request: Request) -> Response:
        body = read_body(request, ResumeRequest)
        conversation = access.conversation_for(person(request), id_in_path(body.conversation_id))
        asked = waiting.pending_requests(person(request), conversation.id)
        named = uuid_of(body.action_id)
        approvals = [one for one in asked if one.run_id == named and one.kind == ApprovalRequest.Kind.APPROVAL]
        question = next((one for one in asked if one.id == named and one.kind == ApprovalRequest.Kind.QUESTION), None)
        if question is not None:
            _answer_question(request, question, body)
        elif approvals:
            _decide(request, approvals, body.decisions or [])
        else:
            raise _no_action(person(request), conversation.id, named)
        run = latest_run(conversation.id)
        assert run is not None  # noqa: S101 (it has just been answered)
        started = StartedResponse(
            stream_id=str(conversation.id),
            conversation_id=str(conversation.id),
            generation_created_at=milliseconds(run.created_at),
            status="resumed",
        )
        return Response(started.to_wire())


def _steer_meant(request: Request) -> InboxItem:
    """Return what was said to a run of the conversation named. Raises `ApiError`, `Http404`."""
    body = read_body(request, SteerTarget)
    conversation = _conversation(request, body.conversation_id)
    item_id = uuid_of(body.steer_id)
    item = access.inbox_item_for(person(request), item_id) if item_id else None
    if item is None or item.run.conversation_id != conversation.id:
        raise Http404("There is no such message.")
    return item


def _decide(request: Request, approvals: list[ApprovalRequest], decisions: list[Decision]) -> None:
    decided = {decision.tool_call_id: decision for decision in decisions}
    if undecided := [one.call_id for one in approvals if one.call_id not in decided]:
        raise ApiError(400, {"error": _("Decide on every call."), "undecided": undecided})
    if disallowed := [call_id for call_id, one in decided.items() if one.decision not in DECISIONS]:
        message = _("Decide “approve”, “reject”, “edit” or “respond”.")
        raise ApiError(403, {"error": message, "disallowed": disallowed})
    with transaction.atomic():  # all or none
        for approval in approvals:
            try:
                _decide_one(person(request), approval.id, decided[approval.call_id])
            except (BadArguments, waiting.NotSteerable) as refused:
                body = {"error": refused.message, "code": refused.code, "invalid": [approval.call_id]}
                raise ApiError(400, body) from None


def _decide_one(user: User, request_id: UUID, decision: Decision) -> None:
    match decision.decision:
        case "edit":
            given = decision.edited_arguments
            if given is None:
                raise BadArguments(_("Send the arguments to call with as editedArguments."))
            arguments = given if isinstance(given, str) else json.dumps(given)
            waiting.allow_edited(user=user, request_id=request_id, arguments=arguments)
        case "respond":
            waiting.answer_instead(user=user, request_id=request_id, text=decision.response_text or "")
        case other:
            reason = decision.reason or ""
            waiting.decide(user=user, request_id=request_id, allowed=other == "approve", reason=reason)


def _answer_question(request: Request, question: ApprovalRequest, body: ResumeRequest) -> None:
    answers = [answer for answer in (body.answers or {}).values() if answer]
    waiting.reply_to(user=person(request), request_id=question.id, text=body.answer or "\n".join(answers))


def _no_action(user: User, conversation_id: UUID, action_id: UUID | None) -> Exception:
    """Return why there is nothing to decide: it was decided already, or never asked."""
    asked = ApprovalRequest.objects.filter(run__owner=user, run__conversation=conversation_id)
    if action_id is not None and asked.filter(Q(id=action_id) | Q(run=action_id)).exists():
        return waiting.AnsweredAlready()
    return ApiError(404, _("No reply is waiting for a decision."))


def _conversation(request: Request, text: str) -> Conversation:
    conversation_id = uuid_of(text)
    if conversation_id is None:
        raise _steer_fault(400, "INVALID_CONVERSATION", _("conversationId: name a conversation."))
    return access.conversation_for(person(request), conversation_id)


def _active_run(request: Request, conversation_id: str, created_at: int | None) -> Run:
    """Return the run that writes or waits in the conversation. Raises `ApiError`, `Http404`."""
    conversation = _conversation(request, conversation_id)
    run = access.open_runs(person(request)).filter(conversation=conversation).last()
    if run is None:
        raise _steer_fault(404, "NO_ACTIVE_RUN", _("No reply is being written."))
    if created_at is not None and milliseconds(run.created_at) != created_at:
        raise _steer_fault(409, "RUN_REPLACED", _("This run was replaced by a newer one."))
    return run


def _steer_fault(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, {"code": code, "error": message})
