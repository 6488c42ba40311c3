"""Rating a reply over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import Field, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.base.errors import ApiError
from api.base.payloads import ApiRequest, ApiResponse, first_fault, person, read_body
from api.base.scopes import READ_AND_WRITE
from chat.services.feedback import rate
from chat.services.feedback_tags import LIMIT, Feedback, Rating


class FeedbackGiven(ApiRequest):
    """On the wire a rating has always a reason."""

    rating: Rating
    tag: str = Field(max_length=64)
    text: str | None = Field(None, max_length=LIMIT)


class FeedbackRequest(ApiRequest):
    feedback: FeedbackGiven | None = None


class FeedbackResponse(ApiResponse):
    message_id: str
    conversation_id: str
    feedback: dict[str, Any] | None

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class FeedbackView(APIView):
    key_scopes = READ_AND_WRITE
    error_key = "error"
    invalid_status = 400

    @extend_schema(operation_id="messages_feedback", request=FeedbackRequest, responses=FeedbackResponse)
    def put(self, request: Request, conversation_id: UUID, message_id: UUID) -> Response:
        given = read_body(request, FeedbackRequest).feedback
        try:
            feedback = Feedback(rating=given.rating, tag=given.tag, text=given.text or "") if given else None
            message = rate(
                user=person(request), conversation_id=conversation_id, message_id=message_id, feedback=feedback
            )
        except ValidationError as fault:
            raise ApiError(400, first_fault(fault)) from None
        answer = FeedbackResponse(
            message_id=str(message.id), conversation_id=str(message.conversation_id), feedback=message.feedback
        )
        return Response(answer.to_wire())
