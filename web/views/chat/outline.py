"""The outline of a long thread: one mark for each message of the branch on view, or for a few of them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Left
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from chat import access
from chat.models import Message
from chat.services.search.previews import bare_words
from chat.services.tree import tree
from web.shell import SignedInRequest, signed_in

MAX_MARKS = 120
MAX_PREVIEW = 90  # characters


@dataclass(frozen=True, slots=True)
class Mark:
    """A message that the script can jump to; in a very long thread it stands for the few after it."""

    id: UUID
    text: str
    is_user: bool


@require_GET
@signed_in
def outline(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The marks as a list of links. Three queries at any length."""
    conversation = access.conversation_for(request.user, conversation_id)
    path = tree.path_ids(conversation.id)
    step = max(1, -(-len(path) // MAX_MARKS))
    shown = path[::step]
    rows = (
        Message.objects.filter(id__in=shown)
        .exclude(state=Message.State.DELETED)
        .annotate(start=Left("text", MAX_PREVIEW))
    )
    said = {message_id: (start, author) for message_id, start, author in rows.values_list("id", "start", "author")}
    known = [(message_id, *said[message_id]) for message_id in shown if message_id in said]
    marks = [Mark(message_id, bare_words(start), author == Message.Author.USER) for message_id, start, author in known]
    return render(request, "chat/outline.html", {"conversation": conversation, "marks": marks})
