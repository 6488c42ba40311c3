"""Sending, regenerating, continuing and stopping; switching branches."""

from itertools import zip_longest
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from chat import access
from chat.services.refusal import TurnRefused
from chat.services.tree import tree
from chat.services.turns import turns
from chat.services.turns.draft import StartedTurn
from core.refusal import Refusal
from endpoints.catalog.selection import ModelRef
from web import pages
from web.forms.composer import TurnForm
from web.presenters import Branch, present_branch, present_started
from web.refusals import way_out
from web.shell import SignedInRequest, is_partial, show_branch, show_chat, signed_in


@require_POST
@signed_in
def start_turn(request: SignedInRequest, conversation_id: UUID | None = None) -> HttpResponse:
    form = TurnForm(request.POST)
    try:
        if not form.is_valid():
            raise TurnRefused(form.fault(), status=422)
        started = turns.start_turn(user=request.user, conversation_id=conversation_id, draft=form.draft())
    except Refusal as refusal:
        return _refused_draft(request, conversation_id, refusal)
    address = reverse("chat:conversation", args=[started.conversation.id])
    if not is_partial(request):
        return redirect(f"{address}#m-{started.user_message.id}")
    question, reply = present_started(started)
    branch = Branch([question, reply], has_earlier=False)
    page = pages.chat_page(conversation=started.conversation, branch=branch, user=request.user)
    response = render(request, "chat/turn.html", {"page": page, "is_new": conversation_id is None})
    if conversation_id is None:
        response.headers["HX-Push-Url"] = address
    return response


@require_POST
@signed_in
def regenerate(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Write another reply beside this one, with the model in use when the form names one."""
    access.message_for(request.user, message_id, conversation_id=conversation_id)
    user, model_ref = request.user, _model_ref_of(request)
    if model_ref.spec:
        return _show(request, turns.regenerate(user=user, message_id=message_id, spec=model_ref.spec))
    endpoint, model = (model_ref.endpoint, model_ref.model) if model_ref.endpoint and model_ref.model else (None, None)
    return _show(request, turns.regenerate(user=user, message_id=message_id, endpoint=endpoint, model=model))


@require_POST
@signed_in
def continue_reply(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    access.message_for(request.user, message_id, conversation_id=conversation_id)
    return _show(request, turns.continue_reply(user=request.user, message_id=message_id))


@require_POST
@signed_in
def choose(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    access.message_for(request.user, message_id, conversation_id=conversation_id)
    message = tree.choose(user=request.user, message_id=message_id)
    return show_branch(request, message.conversation, message_id)


@require_POST
@signed_in
def stop(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    run = turns.stop(user=request.user, run_id=run_id)
    if is_partial(request):
        return HttpResponse(status=204)
    return redirect("chat:conversation", run.conversation_id)


def _refused_draft(request: SignedInRequest, conversation_id: UUID | None, refusal: Refusal) -> HttpResponse:
    """Say why beside the composer, and keep what was typed."""
    if is_partial(request):
        response = render(
            request,
            "components/error.html",
            {"error": refusal.message, **way_out(refusal, request.user)},
            status=refusal.status,
        )
        response.headers["HX-Retarget"] = "#composer-error"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    conversation = access.conversation_for(request.user, conversation_id) if conversation_id else None
    return show_chat(
        request,
        conversation,
        branch=present_branch(conversation) if conversation else pages.NOTHING,
        wanted=_model_ref_of(request),
        status=refusal.status,
        text=request.POST.get("text", ""),
        quotes=_typed_quotes(request),
        error=refusal.message,
        **{f"error_{name}": text for name, text in way_out(refusal, request.user).items()},
    )


def _model_ref_of(request: SignedInRequest) -> ModelRef:
    return ModelRef(*(request.POST.get(name, "") for name in ModelRef._fields))


def _typed_quotes(request: SignedInRequest) -> tuple[dict[str, str], ...]:
    pairs = zip_longest(request.POST.getlist("quote"), request.POST.getlist("quote_message"), fillvalue="")
    return tuple({"text": text, "message_id": message_id} for text, message_id in pairs if text)


def _show(request: SignedInRequest, started: StartedTurn) -> HttpResponse:
    return show_branch(request, started.conversation, started.reply.id)
