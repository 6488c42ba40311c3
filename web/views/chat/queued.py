"""The queue of a conversation: messages that are sent when the reply before them has ended."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from chat import access
from chat.services.refusal import TurnRefused
from chat.services.turns import queued_turns
from web import pages
from web.forms.composer import TurnForm
from web.shell import SignedInRequest, is_partial, signed_in


@require_http_methods(["GET", "POST"])
@signed_in
def queue(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Show what waits; what the composer sends is put behind it."""
    if request.method == "POST":
        form = TurnForm(request.POST)
        if not form.is_valid():
            raise TurnRefused(form.fault(), status=422)
        queued_turns.add(user=request.user, conversation_id=conversation_id, draft=form.draft())
    return _show(request, conversation_id)


@require_POST
@signed_in
def send(request: SignedInRequest, item_id: UUID) -> HttpResponse:
    return _show(request, queued_turns.send_now(user=request.user, item_id=item_id).conversation.id)


@require_POST
@signed_in
def steer(request: SignedInRequest, item_id: UUID) -> HttpResponse:
    """Say it to the reply that is being written."""
    return _show(request, queued_turns.steer_with(user=request.user, item_id=item_id).run.conversation_id)


@require_POST
@signed_in
def remove(request: SignedInRequest, item_id: UUID) -> HttpResponse:
    return _show(request, queued_turns.remove(user=request.user, item_id=item_id).conversation_id)


def _show(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    if not is_partial(request):
        return redirect("chat:conversation", conversation_id)
    page = pages.chat_page(conversation=conversation, user=request.user)
    return render(request, "chat/queue.html", {"page": page})
