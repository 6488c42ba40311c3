"""The page of archived conversations, and actions on all of them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from chat.models import Conversation
from chat.services.organise import bulk, conversations
from chat.services.search.text import holds
from web.forms.actions import SureForm
from web.shell import SignedInRequest, is_partial, show_done, show_form, show_page, signed_in


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    """Archived conversations: looked for by title, in any order, page by page."""
    search_text = request.GET.get("q", "").replace("\x00", " ").strip()[:200]
    sort = request.GET.get("sort", "")
    sort = sort if sort in conversations.SORTS else "archivedAt"
    descending = request.GET.get("direction") != "asc"
    among = Conversation.objects.archived()
    if search_text:
        among = among.filter(holds("title", search_text))
    cursor = request.GET.get("cursor")
    page = conversations.page(user=request.user, cursor=cursor, among=among, sort=sort, descending=descending)
    context = {"page_of": page, "search_text": search_text, "sort": sort, "descending": descending}
    if is_partial(request):
        return render(request, "chat/archive_rows.html" if cursor else "chat/archive_table.html", context)
    return show_page(request, "chat/archive.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def archive_all(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        count = conversations.archive_all(user=request.user)
        message = ngettext("%(count)d chat was archived.", "%(count)d chats were archived.", count) % {"count": count}
        return show_done(request, message, go=reverse("chat:archive"))
    count = Conversation.objects.listed().visible_to(request.user).count()
    message = ngettext(
        "This moves %(count)d chat to the archive.", "This moves %(count)d chats to the archive.", count
    ) % {"count": count}
    title, button = _("Archive all chats?"), _("Archive all chats")
    return show_form(request, title=title, text=message, button=button, back=reverse("chat:settings_data"))


@require_http_methods(["GET", "POST"])
@signed_in
def delete_archived(request: SignedInRequest) -> HttpResponse:
    """Delete what the page of archived chats lists, and nothing else."""
    if request.method == "POST":
        return _deleted(request, bulk.delete_all(user=request.user, archived_only=True), go="chat:archive")
    count = Conversation.objects.archived().visible_to(request.user).count()
    message = ngettext(
        "This deletes %(count)d archived chat. You can undo it for ten minutes.",
        "This deletes %(count)d archived chats. You can undo it for ten minutes.",
        count,
    )
    button = ngettext("Delete %(count)d archived chat", "Delete %(count)d archived chats", count)
    return show_form(
        request,
        title=_("Delete archived chats?"),
        text=message % {"count": count},
        button=button % {"count": count},
        kind="danger",
        back=reverse("chat:archive"),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def delete_all(request: SignedInRequest) -> HttpResponse:
    """Archived ones too. A word is typed first."""
    form = SureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _deleted(request, bulk.delete_all(user=request.user), go="chat:settings_data")
    count = Conversation.objects.visible_to(request.user).count()
    message = ngettext(
        "This deletes %(count)d chat, even if it's archived. You can undo it for ten minutes.",
        "This deletes %(count)d chats, including archived ones. You can undo it for ten minutes.",
        count,
    )
    return show_form(
        request,
        title=_("Delete all chats?"),
        text=message % {"count": count},
        button=_("Delete all chats"),
        kind="danger",
        form=form,
        back=reverse("chat:settings_data"),
    )


def _deleted(request: SignedInRequest, done: bulk.Done, *, go: str) -> HttpResponse:
    message = ngettext("%(count)d chat was deleted.", "%(count)d chats were deleted.", done.count)
    return show_done(request, message % {"count": done.count}, go=reverse(go), undo=done.undo)
