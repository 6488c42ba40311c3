"""The chat pages and their fragments. Each works as a plain page or form; htmx requests only the part that changes."""

import json
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from chat import access
from chat.models import Conversation, Project
from chat.services.organise import bulk, conversations
from chat.services.tree import tree
from core.refusal import AsFormError
from endpoints.catalog.selection import ModelRef, catalog_for
from web import pages, url_parameters
from web.forms.composer import RenameForm
from web.fragments import header_actions
from web.model_facts import facts_for
from web.presenters import present_branch
from web.shell import SignedInRequest, is_partial, show_chat, show_done, show_form, signed_in, uuid_or_none
from web.styleguide import styleguide_samples

MAX_PROJECTS = 200  # to choose from beside the message box


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return redirect("chat:new")


def _projects(user: User) -> tuple[Project, ...]:
    return tuple(Project.objects.visible_to(user).order_by("name", "id")[:MAX_PROJECTS])


@require_GET
@signed_in
def new_chat(request: SignedInRequest) -> HttpResponse:
    wanted = url_parameters.read(request, request.user)
    project = wanted.project
    model_ref = wanted.model_ref
    preset = ModelRef(project.endpoint, project.model) if project and project.model else None
    if model_ref is None and preset and catalog_for(request.user).shows(preset):
        model_ref = preset
    return show_chat(
        request,
        None,
        wanted=model_ref,
        text=wanted.text,
        submits=wanted.submits,
        project=project,
        projects=_projects(request.user) if project else (),
        settings=json.dumps(wanted.settings) if wanted.settings else "",
    )


@require_GET
@signed_in
def landing(request: SignedInRequest) -> HttpResponse:
    """What a new chat greets with, after something else was chosen for it."""
    model_ref = url_parameters.read(request, request.user).model_ref
    if not is_partial(request):
        return show_chat(request, None, wanted=model_ref)
    page = pages.chat_page(conversation=None, wanted=model_ref, user=request.user)
    return render(request, "chat/landing.html", {"page": page, "oob": True})


@require_GET
@signed_in
def model_facts(request: SignedInRequest) -> HttpResponse:
    """What the model menu says of each model; asked for when the menu is opened for the first time."""
    return JsonResponse({"models": facts_for(request.user)})


@require_GET
@signed_in
def conversation(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The end of the branch on view, or with `at` the branch through that message, from there on.

    Where there is no such chat (any more) an empty new one is shown, with the status that says so.
    """
    try:
        conversation = access.conversation_for(request.user, conversation_id)
    except Http404:
        if is_partial(request):
            raise
        return show_chat(
            request, None, error=_("That chat was deleted or isn't yours. We started a new one."), status=404
        )
    current = ModelRef(conversation.endpoint, conversation.model, conversation.spec)
    wanted = url_parameters.read(request, request.user, current=current)
    branch = present_branch(conversation, at=_put_on_view(request, conversation))
    return show_chat(
        request,
        conversation,
        branch=branch,
        wanted=wanted.model_ref,
        text=wanted.text,
        submits=wanted.submits,
        settings=json.dumps(conversation.settings | wanted.settings) if wanted.settings else "",
    )


@require_GET
@signed_in
def context_use(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """How full the model's window is after the last reply."""
    conversation = access.conversation_for(request.user, conversation_id)
    branch = present_branch(conversation, limit=2)
    page = pages.chat_page(conversation=conversation, branch=branch, user=request.user)
    return render(request, "chat/context_use.html", {"page": page})


@require_GET
@signed_in
def actions(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The actions of the page's header, after one of them changed what they show."""
    conversation = access.conversation_for(request.user, conversation_id)
    if not is_partial(request):
        return redirect("chat:conversation", conversation_id)
    page = pages.chat_page(conversation=conversation, user=request.user)
    return HttpResponse(header_actions(page, is_oob=False))


@require_GET
@signed_in
def messages(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """The end of the branch on view; with `before` the page of messages above it, with `at` what is around one."""
    conversation = access.conversation_for(request.user, conversation_id)
    before = uuid_or_none(request.GET.get("before"))
    branch = present_branch(conversation, before=before, at=_put_on_view(request, conversation))
    if not is_partial(request):
        return show_chat(request, conversation, branch=branch)
    template = "chat/earlier.html" if before else "chat/messages.html"
    return render(
        request, template, {"page": pages.chat_page(conversation=conversation, branch=branch, user=request.user)}
    )


@require_http_methods(["GET", "POST"])
@signed_in
def rename(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    form = RenameForm(request.POST or None, initial={"title": conversation.title})
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["title"]
        with AsFormError(form, conversations.BadTitle, field="title"):
            renamed = conversations.rename(user=request.user, conversation_id=conversation_id, title=title)
            if is_partial(request):
                return render(request, "chat/renamed.html", {"conversation": renamed})
            return redirect("chat:conversation", conversation_id)
    return show_form(
        request,
        form=form,
        title=_("Rename chat"),
        button=_("Rename"),
        action=reverse("chat:rename", args=[conversation.id]),
        back=reverse("chat:conversation", args=[conversation.id]),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.conversation_for(request.user, conversation_id)
    if request.method == "GET":
        return show_form(
            request,
            title=_("Delete this chat?"),
            text=_("This deletes “%(title)s” and all its messages. You can undo it for ten minutes.")
            % {"title": conversation.title},
            button=_("Delete chat"),
            kind="danger",
            action=reverse("chat:delete", args=[conversation.id]),
            back=reverse("chat:conversation", args=[conversation.id]),
        )
    done = bulk.delete(user=request.user, ids=[conversation.id])
    return show_done(
        request, _("“%(title)s” was deleted.") % {"title": conversation.title}, gone=conversation.id, undo=done.undo
    )


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, for the people who build with them."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "styleguide.html", {"form": RenameForm({"title": ""}), **styleguide_samples()})


def _put_on_view(request: SignedInRequest, conversation: Conversation) -> UUID | None:
    """Choose the branch through the message `at` names; None when it names none. Raises `Http404`.

    The choice is stored, so it is left to links of this site: one from another site shows the chat as it was.
    """
    at = uuid_or_none(request.GET.get("at"))
    if request.headers.get("Sec-Fetch-Site", "none") in {"cross-site", "same-site"}:
        return None
    if at is not None:
        access.message_for(request.user, at, conversation_id=conversation.id)
        tree.show(user=request.user, message_id=at)
    return at
