"""Thumbs up and down, and the reasons for them."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from pydantic import ValidationError

from chat import access
from chat.models import Message
from chat.services import feedback as service
from chat.services.feedback_tags import LIMIT, TAGS, Feedback
from web.shell import SignedInRequest, is_partial, signed_in


@require_http_methods(["GET", "POST"])
@signed_in
def feedback(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Keep a thumb with its reasons; an empty rating takes it away. GET shows the reasons on a page of their own."""
    message = access.message_for(request.user, message_id, conversation_id=conversation_id)
    if request.method == "GET":
        return _show(request, message)
    rating, tag = request.POST.get("rating", ""), request.POST.get("tag", "")
    text = request.POST.get("details", "").replace("\r\n", "\n").strip()
    try:
        given = Feedback(rating=rating, tag=tag or None, text=text) if rating else None  # type: ignore[arg-type]
    except ValidationError:
        return _show(request, message, typed=text, tag=tag, fault=len(text) > LIMIT, status=422)
    message = service.rate(user=request.user, conversation_id=conversation_id, message_id=message_id, feedback=given)
    if is_partial(request):
        return _show(request, message)
    if given and "details" not in request.POST:
        return redirect("chat:feedback", conversation_id, message_id)
    return redirect(f"{reverse('chat:conversation', args=[conversation_id])}?at={message_id}#m-{message_id}")


def _show(
    request: SignedInRequest, message: Message, *, status: int = 200, fault: bool = False, **typed: str
) -> HttpResponse:
    given = message.feedback or {}
    context = {
        "message": message,
        "feedback": given,
        "tags": TAGS.get(given.get("rating", ""), {}),
        "tag": typed.get("tag", given.get("tag", "")),
        "details": typed.get("typed", given.get("text", "")),
        "limit": LIMIT,
        "is_refused": status == 422,
        "is_too_long": fault,
    }
    if not is_partial(request):
        return render(request, "chat/feedback_page.html", context, status=status)
    response = render(request, "chat/feedback.html", context, status=status)
    response.headers["HX-Retarget"] = f"#feedback-{message.id}"
    response.headers["HX-Reswap"] = "outerHTML"
    return response
