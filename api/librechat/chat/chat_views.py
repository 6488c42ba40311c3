"""Starting, following and stopping replies over the API, and their status."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.services.proof import Proof
from api.base.authentication import BannedOut
from api.base.errors import ApiError
from api.base.payloads import milliseconds, person, read_body
from api.librechat.chat.denial import TOLD_IN_THE_CHAT, denial, denial_of_ban, told_plainly
from api.librechat.chat.reading import id_in_path
from api.librechat.chat.serializers import (
    NEW,
    PROTOCOL,
    AbortRequest,
    AbortResponse,
    ActiveResponse,
    StartedResponse,
    StatusResponse,
    Title,
)
from api.librechat.chat.start import StartRequest, begin, latest_run, read_start
from api.librechat.chat.stream import StreamedReply, frames, load_reply, resume_state
from api.librechat.chat.threads import in_database
from api.librechat.chat.views import ChatView
from chat import access
from chat.models import Conversation, Run
from chat.services.notices import titles
from chat.services.refusal import TurnRefused
from chat.services.turns.draft import StartedTurn
from chat.services.turns.turns import stop
from core.ids import uuid_of
from core.quotas import QuotaReached
from runs.stream_slots import streams

TITLE_SECONDS = 15.0  # that a client is kept waiting for a title: the long poll of the wire format
TITLE_LOOK = 3.0  # seconds between looks, as the word that there is one may be lost
PROTOCOL_HEADER = "x-librechat-generation-protocol"


class EventStreamRenderer(BaseRenderer):
    """Lets a client ask for an event stream; what is not one (an error) is told as its only frame."""

    media_type = "text/event-stream"
    format = "event-stream"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"event: error\ndata: " + JSONRenderer().render(data) + b"\n\n"


class StartView(ChatView):
    renderer_classes = [*APIView.renderer_classes, EventStreamRenderer]

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        """Tell somebody who is banned in the chat, too."""
        if isinstance(exc, BannedOut):
            with suppress(APIException, RequestDataTooBig):  # a body that cannot be read is no other matter to them
                return denial_of_ban(self.request.data, str(exc.detail))
            return denial_of_ban(None, str(exc.detail))
        return super().handle_exception(exc)

    @extend_schema(operation_id="chat_start", request=StartRequest, responses=StartedResponse)
    def post(self, request: Request) -> HttpResponseBase:
        return self.start(request)

    def start(self, request: Request, endpoint: str = "") -> HttpResponseBase:
        body = read_start(request, endpoint)
        if body.expectedPredecessorCreatedAt is not None and body.conversation_id is not None:
            _check_predecessor(request, body.conversation_id, body.expectedPredecessorCreatedAt)
        try:
            started = begin(request, body)
        except (TurnRefused, QuotaReached) as refused:
            if refused.code in TOLD_IN_THE_CHAT:
                return denial(refused, body)
            if refused.code == "concurrent":
                details = {"type": refused.code, **refused.details, "generationProtocolVersion": PROTOCOL}
                raise ApiError(429, details) from None
            raise ApiError(refused.status, told_plainly(refused)) from None
        return Response(_started(started).to_wire())


class StartAtView(StartView):
    """As `StartView`, with the endpoint in the address."""

    @extend_schema(operation_id="chat_start_at", request=StartRequest, responses=StartedResponse)
    def post(self, request: Request, endpoint: str) -> HttpResponseBase:  # type: ignore[override]
        return self.start(request, endpoint)


class ActiveView(ChatView):
    @extend_schema(operation_id="chat_active", responses=ActiveResponse)
    def get(self, request: Request) -> Response:
        ids = access.open_runs(person(request)).values_list("conversation_id", flat=True)
        return Response(
            ActiveResponse(active_job_ids=[str(conversation_id) for conversation_id in dict.fromkeys(ids)]).to_wire()
        )


class StatusView(ChatView):
    @extend_schema(operation_id="chat_status", responses=StatusResponse)
    def get(self, request: Request, conversation_id: str) -> Response:
        if conversation_id == NEW:
            return Response({"active": False})
        conversation = access.conversation_for(person(request), id_in_path(conversation_id))
        latest = access.open_runs(person(request)).filter(conversation=conversation).last()
        streamed = load_reply(latest.id) if latest is not None else None
        if streamed is None:
            return Response({"active": False})
        # What stood in the message at its last save; the stream brings the rest.
        steps = streamed.steps()
        for event in streamed.stored():
            steps.translate(event)
        answer = StatusResponse(
            active=True,
            stream_id=str(conversation.id),
            status="requires_action" if streamed.pending_action else "running",
            aggregated_content=steps.content,
            created_at=milliseconds(streamed.run.created_at),
            resume_state=steps.sync(resume_state(streamed))["resumeState"],
            pending_action=streamed.pending_action,
            generation_protocol_version=PROTOCOL,
        )
        return Response(answer.to_wire())


class AbortView(ChatView):
    @extend_schema(operation_id="chat_abort", request=AbortRequest, responses=AbortResponse)
    def post(self, request: Request) -> Response:
        body = _abort_in(request)
        conversation_id = _target(request, body)
        runs = list(access.open_runs(person(request)).filter(conversation_id=conversation_id))
        if body.generation_created_at is not None:
            latest = latest_run(conversation_id)
            if latest is not None and all(_at(run) != body.generation_created_at for run in [*runs, latest]):
                raise ApiError(409, {"code": "RUN_REPLACED", "error": _("This run was replaced by a newer one.")})
            runs = [run for run in runs if _at(run) == body.generation_created_at]
        if not runs:
            return Response(_settled(conversation_id).to_wire())
        for run in runs:
            stop(user=person(request), run_id=run.id)
        return Response(AbortResponse(success=True, aborted=str(conversation_id)).to_wire())


class StreamView(ChatView):
    """The event stream of a conversation's latest run. Served through `stream`, which answers asynchronously."""

    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(
        operation_id="chat_stream",
        parameters=[OpenApiParameter("resume", bool), OpenApiParameter("generationCreatedAt", int)],
        responses={(200, "text/event-stream"): str},
    )
    def get(self, request: Request, stream_id: str) -> StreamingHttpResponse:
        streamed = _reply_of(request, uuid_of(stream_id))
        if streams.are_taken(streamed.run.owner_id):
            message = _("Too many replies are being streamed at once. Close some of them first.")
            raise ApiError(429, {"error": message}, headers={"Retry-After": "5"})
        resume = request.query_params.get("resume") == "true"
        page = request._request.session.session_key or ""
        proof = Proof.of(person(request), auth=request.auth, page=page)
        return StreamingHttpResponse(
            frames(streamed, resume=resume, proof=proof),
            content_type="text/event-stream",
            headers={
                "Cache-Control": "no-cache, no-transform",
                "X-Accel-Buffering": "no",
                "Content-Encoding": "identity",
                PROTOCOL_HEADER: str(PROTOCOL),
            },
        )


class TitleView(ChatView):
    """The title a model gave a conversation. Served through `gen_title`, which waits for it."""

    error_key = "message"

    @extend_schema(operation_id="conversations_gen_title", responses=Title)
    def get(self, request: Request, conversation_id: str) -> Response:
        conversation = access.conversation_for(person(request), id_in_path(conversation_id))
        if conversation.titled_by != Conversation.TitledBy.WORDS:
            return Response(Title(title=conversation.title).to_wire())
        expected = Run.objects.filter(conversation=conversation, needs_title=True).exists()
        answer = Response({"message": _("This conversation has no generated title.")}, status=404)
        answer.pending_for = conversation.owner_id if expected else None  # type: ignore[attr-defined]
        return answer


def asynchronous(view_class: type[APIView]) -> Callable[..., Any]:
    """Return an async view that runs `view_class` in the few threads kept for long requests.

    While the answer is `pending_for` a person, it is asked for again when that one gets a title, and now and then.
    """
    view = in_database(view_class.as_view())

    async def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = await view(request, **kwargs)
        if not (owner := getattr(response, "pending_for", None)):
            return response
        now = asyncio.get_running_loop().time
        end = now() + TITLE_SECONDS
        async with titles(owner) as notices:
            while getattr(response, "pending_for", None) and now() < end:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(TITLE_LOOK, end - now())):
                        await notices.wait()
                notices.clear()
                response = await view(request, **kwargs)
        return response

    # What the generator of the OpenAPI document looks for; requests by cookie are checked by the authentication.
    answer.cls, answer.initkwargs, answer.csrf_exempt = view_class, {}, True  # type: ignore[attr-defined]
    return answer


stream = asynchronous(StreamView)
gen_title = asynchronous(TitleView)


def _started(started: StartedTurn) -> StartedResponse:
    conversation_id = str(started.conversation.id)
    return StartedResponse(
        stream_id=conversation_id,
        conversation_id=conversation_id,
        generation_created_at=_at(started.run),
        status="resumed" if started.repeated else "started",
    )


def _check_predecessor(request: Request, conversation_id: UUID, expected: int) -> None:
    """Refuse when another run came in between than the one the client knows of."""
    access.conversation_for(person(request), conversation_id)
    latest = latest_run(conversation_id)
    if latest is None or _at(latest) == expected:
        return
    body = {
        "code": "GENERATION_PREDECESSOR_MISMATCH",
        "status": "predecessor_mismatch",
        "error": _("Another reply was started in this conversation in the meantime."),
        "streamId": str(conversation_id),
        "conversationId": str(conversation_id),
        "generationCreatedAt": _at(latest),
        "predecessorVerified": True,
        "active": latest.is_open,
    }
    raise ApiError(409, body)


def _reply_of(request: Request, conversation_id: UUID | None) -> StreamedReply:
    """Return the latest run of the conversation, or the one that was created at the time named. Raises `ApiError`."""
    latest = latest_run(conversation_id) if conversation_id else None
    if latest is None or latest.owner_id != person(request).id:
        raise _no_run()
    at = request.query_params.get("generationCreatedAt")
    if at is not None and at != str(_at(latest)):
        message = _("This run was replaced by a newer one.")
        raise ApiError(409, {"code": "GENERATION_REPLACED", "error": message, "message": message})
    streamed = load_reply(latest.id)
    if streamed is None or streamed.conversation.deleted_at is not None:
        raise _no_run()
    return streamed


def _no_run() -> ApiError:
    message = _("No reply was written in a conversation with this id.")
    return ApiError(404, {"error": message, "message": message})


def _abort_in(request: Request) -> AbortRequest:
    """Return the body. Raises `ApiError` with the code of the wire format for what names no run."""
    try:
        return read_body(request, AbortRequest)
    except ApiError as fault:
        message = str(fault.body)
        code = "INVALID_GENERATION_IDENTITY" if message.startswith("generationCreatedAt") else "INVALID_ABORT_TARGET"
        raise ApiError(fault.status, {"code": code, "error": message}) from None


def _target(request: Request, body: AbortRequest) -> UUID:
    """Return the conversation whose run is meant. Raises `ApiError`, `Http404`."""
    text = body.stream_id or body.conversation_id or (body.abort_key or "").partition(":")[0]
    if text == NEW:
        return _only_active(request)
    conversation_id = uuid_of(text)
    if conversation_id is None:
        raise ApiError(400, {"code": "INVALID_ABORT_TARGET", "error": _("Name the run to stop.")})
    return access.conversation_for(person(request), conversation_id).id


def _only_active(request: Request) -> UUID:
    active = set(access.open_runs(person(request)).values_list("conversation_id", flat=True))
    if len(active) > 1:
        raise ApiError(409, {"code": "AMBIGUOUS_ACTIVE_RUN", "error": _("Several replies are being written.")})
    if not active:
        raise ApiError(404, {"error": _("No reply is being written."), "streamId": NEW})
    conversation_id: UUID = active.pop()
    return conversation_id


def _settled(conversation_id: UUID) -> AbortResponse:
    latest = latest_run(conversation_id)
    return AbortResponse(
        success=False,
        settled=True,
        code="RUN_ALREADY_SETTLED",
        stream_id=str(conversation_id),
        terminal_status=_TERMINAL.get(latest.state) if latest else None,
    )


_TERMINAL: dict[str, str] = {
    Run.State.DONE: "complete",
    Run.State.STOPPED: "aborted",
    Run.State.FAILED: "error",
    Run.State.INTERRUPTED: "error",
}


def _at(run: Run) -> int:
    return milliseconds(run.created_at)
