"""The page of archived conversations, and what concerns all of them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from chat.models import Conversation
from chat.services import organise
from chat.services.search_text import holds
from chat.views.shell import SignedIn, is_partial, show_done, show_page, signed_in


@require_GET
@signed_in
def index(request: SignedIn) -> HttpResponse:
    """Archived conversations: looked for by title, in any order, page by page."""
    words = request.GET.get("q", "").replace("\x00", " ").strip()[:200]
    sort = request.GET.get("sort", "")
    sort = sort if sort in organise.SORTS else "archivedAt"
    descending = request.GET.get("direction") != "asc"
    among = Conversation.objects.filter(archived_at__isnull=False, is_temporary=False)
    if words:
        among = among.filter(holds("title", words))
    cursor = request.GET.get("cursor")
    page = organise.page(user=request.user, cursor=cursor, among=among, sort=sort, descending=descending)
    context = {"page_of": page, "words": words, "sort": sort, "descending": descending}
    if is_partial(request):
        return render(request, "chat/archive_rows.html" if cursor else "chat/archive_table.html", context)
    return show_page(request, "chat/archive.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def archive_all(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        count = organise.archive_all(user=request.user)
        words = ngettext("%(count)d chat was archived.", "%(count)d chats were archived.", count) % {"count": count}
        return show_done(request, words, go=reverse("chat:archive"))
    count = Conversation.objects.listed().visible_to(request.user).count()
    words = ngettext("%(count)d chat leaves the list.", "%(count)d chats leave the list.", count) % {"count": count}
    return _ask(request, _("Archive all chats?"), words, _("Archive all chats"), kind="primary")


@require_http_methods(["GET", "POST"])
@signed_in
def delete_all(request: SignedIn) -> HttpResponse:
    """Archived ones too."""
    count = Conversation.objects.visible_to(request.user).count()
    if request.method == "POST":
        organise.delete_all(user=request.user)
        words = ngettext("%(count)d chat was deleted.", "%(count)d chats were deleted.", count) % {"count": count}
        return show_done(request, words, go=reverse("chat:archive"))
    words = ngettext(
        "%(count)d chat and all its messages will be gone for good, archived or not.",
        "%(count)d chats and all their messages will be gone for good, archived ones too.",
        count,
    )
    return _ask(request, _("Delete all chats?"), words % {"count": count}, _("Delete all chats"), kind="danger")


def _ask(request: SignedIn, question: str, words: str, button: str, *, kind: str) -> HttpResponse:
    shell = "chat/dialog.html" if is_partial(request) else "chat/alone.html"
    context = {"title": question, "words": words, "button": button, "kind": kind, "shell": shell}
    return render(request, "chat/form.html", context | {"back": reverse("chat:archive")})
