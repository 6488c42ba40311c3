"""The actions in a conversation's menus: archive, pin, duplicate, retitle, move to a project, and bookmark.

Each is a link to a small form, which a browser without scripts shows; scripts submit the form at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from chat import access
from chat.models import Conversation
from chat.services.organise import bookmarks, bulk, conversations, pins, projects
from chat.services.tree import forking
from chat.services.turns import titles
from core import rate_limits
from core.refusal import AsFormError
from web.forms.actions import BookmarksForm, MoveForm
from web.shell import SignedInRequest, is_partial, show_dialog, show_done, show_form, signed_in, uuid_or_none


@dataclass(frozen=True, slots=True)
class Action:
    """A question, the button that says yes, and what then happens; `do` returns the answer."""

    question: Promise
    button: Promise
    do: Callable[[SignedInRequest, Conversation], HttpResponse]


def _archive(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    done = bulk.archive(user=request.user, ids=[conversation.id])
    return show_done(
        request, _("“%(title)s” was archived.") % {"title": conversation.title}, gone=conversation.id, undo=done.undo
    )


def _restore(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    """Bring it back. On the page of archived chats one stays there, for the next."""
    conversations.archive(user=request.user, conversation_ids=[conversation.id], archived=False)
    message = _("“%(title)s” was restored.") % {"title": conversation.title}
    came_from = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if came_from == reverse("chat:archive"):
        return show_done(request, message, gone=conversation.id)
    return show_done(
        request,
        message,
        go=reverse("chat:conversation", args=[conversation.id]) if is_partial(request) else reverse("chat:archive"),
    )


def _pin(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    pins.set_pinned(user=request.user, conversation_id=conversation.id, pinned=True)
    return show_done(request, _("“%(title)s” was pinned.") % {"title": conversation.title})


def _unpin(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    pins.set_pinned(user=request.user, conversation_id=conversation.id, pinned=False)
    return show_done(request, _("“%(title)s” was unpinned.") % {"title": conversation.title})


def _duplicate(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    title = forking.title_of_copy(conversation, _("Copy of %(title)s"))
    address = rate_limits.address_of(request)
    made = forking.duplicate(user=request.user, conversation_id=conversation.id, title=title, address=address)
    go = reverse("chat:conversation", args=[made.id])
    return show_done(request, _("Chat duplicated."), go=go)


def _retitle(request: SignedInRequest, conversation: Conversation) -> HttpResponse:
    titles.ask_again(user=request.user, conversation_id=conversation.id)
    return show_done(request, _("Generating a new title."))


ACTIONS = {
    "archive": Action(gettext_lazy("Archive this chat?"), gettext_lazy("Archive chat"), _archive),
    "restore": Action(gettext_lazy("Restore this chat?"), gettext_lazy("Restore chat"), _restore),
    "pin": Action(gettext_lazy("Pin this chat?"), gettext_lazy("Pin chat"), _pin),
    "unpin": Action(gettext_lazy("Unpin this chat?"), gettext_lazy("Unpin chat"), _unpin),
    "duplicate": Action(
        gettext_lazy("Duplicate this chat with all its branches?"), gettext_lazy("Duplicate chat"), _duplicate
    ),
    "retitle": Action(gettext_lazy("Generate a new title?"), gettext_lazy("Generate title"), _retitle),
}


@require_http_methods(["GET", "POST"])
@signed_in
def act(request: SignedInRequest, conversation_id: UUID, verb: str) -> HttpResponse:
    if verb not in ACTIONS:
        raise Http404
    conversation = access.conversation_for(request.user, conversation_id)
    wanted = ACTIONS[verb]
    if request.method == "POST":
        return wanted.do(request, conversation)
    return show_form(
        request,
        title=str(wanted.question),
        text=conversation.title,
        button=str(wanted.button),
        back=reverse("chat:conversation", args=[conversation.id]),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def set_bookmarks(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Choose the bookmarks that a conversation bears, and add a new one. A box that is ticked counts at once."""
    conversation = access.conversation_for(request.user, conversation_id)
    toggled = uuid_or_none(request.POST.get("toggle"))
    if toggled is not None:
        is_on = str(toggled) in request.POST.getlist("tags")
        bookmarks.put(user=request.user, conversation_id=conversation.id, bookmark_id=toggled, on=is_on)
        return HttpResponse(status=204)
    mine = list(bookmarks.listed(request.user))
    form = BookmarksForm(
        request.POST or None,
        bookmarks=mine,
        initial={"tags": [str(bookmark.id) for bookmark in conversation.bookmarks.all()]},
    )
    if request.method == "GET" or not form.is_valid():
        return show_dialog(request, "chat/conversation_bookmarks.html", conversation, form=form)
    name_of = {str(bookmark.id): bookmark.name for bookmark in mine}
    names = [name_of[bookmark_id] for bookmark_id in form.cleaned_data["tags"]]
    with AsFormError(form, bookmarks.BadBookmark, field="new"):
        names = bookmarks.set_bookmarks(
            user=request.user, conversation_id=conversation.id, names=[*names, *form.new_names()]
        )
        message = _("Bookmarked: %(names)s") % {"names": ", ".join(names)} if names else _("Bookmarks removed.")
        return show_done(request, message)
    return show_dialog(request, "chat/conversation_bookmarks.html", conversation, form=form)


@require_http_methods(["GET", "POST"])
@signed_in
def move(request: SignedInRequest, conversation_id: UUID) -> HttpResponse:
    """Move a conversation into a project, a new one perhaps, or out of any."""
    conversation = access.conversation_for(request.user, conversation_id)
    mine = list(projects.counted(request.user).order_by("name", "id"))
    form = MoveForm(request.POST or None, projects=mine, initial={"project": str(conversation.project_id or "")})
    if request.method == "GET" or not form.is_valid():
        return show_dialog(request, "chat/move.html", conversation, form=form)
    wanted = form.cleaned_data["project"] or None
    with AsFormError(form, projects.BadProject, field="new"):
        if form.cleaned_data["new"]:
            wanted = projects.create(user=request.user, name=form.cleaned_data["new"]).id
    if form.errors:
        return show_dialog(request, "chat/move.html", conversation, form=form)
    (moved,) = projects.put(user=request.user, conversation_ids=[conversation.id], project_id=wanted)
    if moved.project is None:
        return show_done(request, _("“%(title)s” was removed from its project.") % {"title": conversation.title})
    names = {"title": conversation.title, "project": moved.project.name}
    return show_done(request, _("“%(title)s” was moved to “%(project)s”.") % names)
