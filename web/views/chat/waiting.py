"""Answering what a run asks, and saying something to it while it writes."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from chat.models import ApprovalRequest
from chat.services.turns import waiting
from web.shell import SignedInRequest, is_partial, show_branch, signed_in

# The values of the buttons; any other rejects.
APPROVE, EDIT, RESPOND = "approve", "edit", "respond"


@require_POST
@signed_in
def decide(request: SignedInRequest, request_id: UUID) -> HttpResponse:
    """Allow a call, as it is or with other arguments; answer in its place; or reject it with a reason."""
    user, decision = request.user, request.POST.get("decision")
    if decision == EDIT:
        arguments = request.POST.get(f"arguments-{request_id}", "")
        return _show(request, waiting.allow_edited(user=user, request_id=request_id, arguments=arguments))
    if decision == RESPOND:
        text = request.POST.get(f"instead-{request_id}", "")
        return _show(request, waiting.answer_instead(user=user, request_id=request_id, text=text))
    allowed = decision == APPROVE
    reason = "" if allowed else request.POST.get(f"reason-{request_id}", "")
    return _show(request, waiting.decide(user=user, request_id=request_id, allowed=allowed, reason=reason))


@require_POST
@signed_in
def answer(request: SignedInRequest, request_id: UUID) -> HttpResponse:
    """Answer a question, by an option's button or in words."""
    text = request.POST.get("option") or request.POST.get(f"answer-{request_id}", "")
    return _show(request, waiting.reply_to(user=request.user, request_id=request_id, text=text))


@require_POST
@signed_in
def steer(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    """Say something to a run in progress."""
    item = waiting.steer(user=request.user, run_id=run_id, text=request.POST.get("text", ""))
    if is_partial(request):
        return HttpResponse(status=204)
    return redirect("chat:conversation", item.run.conversation_id)


def _show(request: SignedInRequest, answered: ApprovalRequest) -> HttpResponse:
    return show_branch(request, answered.run.conversation, answered.run.message_id)
