"""Further routes of runs, beside following and stopping them; those of features that do not exist here answer so.

Without these routes their names would be taken for endpoint names.
"""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from api.base.errors import ApiError
from api.base.payloads import ApiResponse
from api.librechat.chat.views import ChatView


class Capability(ApiResponse):
    supported: bool = False


class QueuedTurns(ApiResponse):
    """Messages that wait for a run to end: there are none, and clients keep them themselves."""

    queued_turns: list[dict[str, str]] = []
    capability: Capability = Capability()
    revision: int = 0


class SteerView(ChatView):
    """Saying something to a run while it writes."""

    @extend_schema(operation_id="chat_steer", request=None, responses={404: {"type": "object"}})
    def post(self, request: Request) -> Response:
        message = _("A running reply can't be steered here. Stop it or wait until it's finished.")
        raise ApiError(404, {"code": "STEER_UNSUPPORTED", "error": message})


@extend_schema_view(post=extend_schema(operation_id="chat_steer_deliver"))
class SteerDeliverView(SteerView):
    pass


@extend_schema_view(post=extend_schema(operation_id="chat_steer_cancel"))
class SteerCancelView(SteerView):
    pass


@extend_schema_view(post=extend_schema(operation_id="chat_steer_arm"))
class SteerArmView(SteerView):
    pass


class ResumeView(ChatView):
    """Deciding on what a run waits for. No run waits for anybody here."""

    @extend_schema(operation_id="chat_resume", request=None, responses={404: {"type": "object"}})
    def post(self, request: Request) -> Response:
        raise ApiError(404, _("No reply is waiting for a decision."))


class QueuedTurnsView(ChatView):
    @extend_schema(operation_id="chat_queued_turns", responses=QueuedTurns)
    def get(self, request: Request) -> Response:
        return Response(QueuedTurns().to_wire())

    @extend_schema(operation_id="chat_queued_turns_add", request=None, responses={404: {"type": "object"}})
    def post(self, request: Request) -> Response:
        message = _("Messages can't be queued here. Send it when the reply is finished.")
        raise ApiError(404, {"code": "QUEUED_TURNS_UNSUPPORTED", "error": message})


class QueuedTurnView(ChatView):
    @extend_schema(operation_id="chat_queued_turn_delete", responses={404: {"type": "object"}})
    def delete(self, request: Request, turn_id: str) -> Response:
        raise ApiError(404, _("No such message is queued."))
