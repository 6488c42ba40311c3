"""Storing a person's rating of a reply."""

from uuid import UUID

from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import access
from chat.models import Message
from chat.services.feedback_tags import Feedback
from core.refusal import Refusal


class NotAReply(Refusal):
    """Only a reply can be rated; the text says so."""

    status = 422
    default_message = gettext_lazy("Only a reply can be rated.")


def rate(*, user: User, conversation_id: UUID, message_id: UUID, feedback: Feedback | None) -> Message:
    """Store the feedback on a reply, or take it away with None. Raises `NotAReply`, `Http404`."""
    message = access.message_for(user, message_id, conversation_id=conversation_id)
    if message.is_user:
        raise NotAReply
    message.feedback = feedback.to_json() if feedback else None
    # What a running reply writes meanwhile stays: no other field is touched.
    message.save(update_fields=["feedback"])
    return message
