"""Editing a message in its place, and sending it again."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import access
from chat.models import Message
from chat.services.refusal import TurnRefused
from chat.services.turns import editing
from chat.services.turns.editing import BadEdit
from messages.parts import Part
from web.presenters import present_messages
from web.shell import SignedInRequest, is_partial, show_branch, signed_in


@require_GET
@signed_in
def message(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """One message, as it stands in its conversation."""
    message = access.message_for(request.user, message_id, conversation_id=conversation_id)
    if not is_partial(request):
        return redirect(_place(message))
    return render(request, "chat/one_message.html", {"message": present_messages([message])[message.id]})


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The editor of a message; a POST saves its text in place."""
    message = access.message_for(request.user, message_id, conversation_id=conversation_id)
    if message.state == Message.State.STREAMING or not any(map(editing.is_editable, message.content)):
        raise TurnRefused(editing.cannot_be_edited(message), status=409)
    if request.method == "GET":
        return _editor(request, message, {})
    texts = _texts(request, message)
    changed = _changed(message, texts)
    try:
        saved = editing.save(user=request.user, message_id=message_id, texts=changed) if changed else message
    except BadEdit as fault:
        return _editor(request, message, texts, fault=fault)
    if not is_partial(request):
        return redirect(_place(saved))
    return render(request, "chat/one_message.html", {"message": present_messages([saved])[saved.id]})


@require_POST
@signed_in
def rerun(request: SignedInRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Send a message again as it is in the editor, or let a reply go on from its edited text."""
    message = access.message_for(request.user, message_id, conversation_id=conversation_id)
    texts = _texts(request, message)
    if not texts:
        raise TurnRefused(editing.cannot_be_edited(message), status=409)
    try:
        if message.is_user:
            started = editing.rerun(user=request.user, message_id=message_id, text=texts.get(0))
        else:
            changed = list(_changed(message, texts))
            index = changed[0] if changed else max(texts)
            if len(changed) > 1:
                raise BadEdit(editing.one_part_only(), changed[1])
            started = editing.rerun_reply(user=request.user, message_id=message_id, index=index, text=texts[index])
    except BadEdit as fault:
        return _editor(request, message, texts, fault=fault)
    except TurnRefused as refusal:
        if refusal.status != 422:
            raise
        return _editor(request, message, texts, fault=BadEdit(refusal.message))
    response = show_branch(request, started.conversation, started.reply.id)
    response.headers["HX-Retarget"] = "#messages"
    response.headers["HX-Reswap"] = "innerHTML show:none"
    return response


def _editor(
    request: SignedInRequest, message: Message, texts: dict[int, str], *, fault: BadEdit | None = None
) -> HttpResponse:
    view = present_messages([message])[message.id]
    parts = [
        {
            "view": shown,
            "index": index,
            "editable": editing.is_editable(part),
            "text": texts.get(index, _text_of(part)),
            "saved": _text_of(part),
            "error": str(fault) if fault and fault.index == index else "",
        }
        for index, (part, shown) in enumerate(zip(message.content, view.parts, strict=True))
    ]
    shell = "chat/fragment.html" if is_partial(request) else "chat/alone.html"
    context = {"message": view, "parts": parts, "shell": shell}
    return render(request, "chat/edit.html", context, status=422 if fault else 200)


def _texts(request: SignedInRequest, message: Message) -> dict[int, str]:
    names = {index: f"part-{index}" for index, part in enumerate(message.content) if editing.is_editable(part)}
    return {index: request.POST[name].replace("\r\n", "\n") for index, name in names.items() if name in request.POST}


def _changed(message: Message, texts: dict[int, str]) -> dict[int, str]:
    content = message.content
    return {index: text for index, text in texts.items() if text != _text_of(content[index])}


def _text_of(part: Part) -> str:
    return part.text if editing.is_editable(part) else ""


def _place(message: Message) -> str:
    return f"{reverse('chat:conversation', args=[message.conversation_id])}#m-{message.id}"
