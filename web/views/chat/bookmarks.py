"""The page of a person's bookmarks."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import access
from chat.services.organise import bookmarks
from chat.services.search.text import holds
from core.refusal import AsFormError
from web.forms.actions import BookmarkForm
from web.shell import SignedInRequest, is_partial, show_done, show_form, show_page, signed_in, uuid_or_none

PAGE = 100


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    search_text = request.GET.get("q", "").strip()
    mine = bookmarks.listed(request.user)
    if search_text:
        mine = mine.filter(holds("name", search_text.replace("\x00", " ")))
    whole = bool(search_text) or "all" in request.GET
    shown = list(mine) if whole else list(mine[: PAGE + 1])
    more = not whole and len(shown) > PAGE
    context = {"bookmarks": shown[:PAGE] if more else shown, "search_text": search_text, "more": more}
    if is_partial(request):
        return render(request, "chat/bookmark_rows.html", context)
    return show_page(request, "chat/bookmarks.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def create(request: SignedInRequest) -> HttpResponse:
    form = BookmarkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, bookmarks.BadBookmark):
            made = bookmarks.create(user=request.user, **form.cleaned_data)
            message = _("Bookmark “%(name)s” created.") % {"name": made.name}
            return show_done(request, message, go=reverse("chat:bookmarks"))
    back = reverse("chat:bookmarks")
    return show_form(request, form=form, title=_("New bookmark"), button=_("Create bookmark"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: SignedInRequest, bookmark_id: UUID) -> HttpResponse:
    bookmark = access.bookmark_for(request.user, bookmark_id)
    form = BookmarkForm(request.POST or None, initial={"name": bookmark.name, "description": bookmark.description})
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, bookmarks.BadBookmark):
            bookmarks.change(user=request.user, bookmark_id=bookmark_id, **form.cleaned_data)
            return show_done(request, _("Bookmark saved."), go=reverse("chat:bookmarks"))
    back = reverse("chat:bookmarks")
    return show_form(request, form=form, title=_("Edit bookmark"), button=_("Save bookmark"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, bookmark_id: UUID) -> HttpResponse:
    bookmark = access.bookmark_for(request.user, bookmark_id)
    if request.method == "POST":
        bookmarks.delete(user=request.user, bookmark_id=bookmark_id)
        message = _("Bookmark “%(name)s” deleted.") % {"name": bookmark.name}
        return show_done(request, message, go=reverse("chat:bookmarks"))
    return show_form(
        request,
        title=_("Delete bookmark?"),
        text=_("Delete “%(name)s”? No chats are deleted.") % {"name": bookmark.name},
        button=_("Delete bookmark"),
        kind="danger",
        back=reverse("chat:bookmarks"),
    )


@require_POST
@signed_in
def reorder(request: SignedInRequest) -> HttpResponse:
    """Take the order of all, as dragging sends it, or one bookmark a step up or down."""
    wanted = [bookmark_id for text in request.POST.getlist("ids") if (bookmark_id := uuid_or_none(text))]
    moved = uuid_or_none(request.POST.get("up") or request.POST.get("down"))
    if moved:
        access.bookmark_for(request.user, moved)
        order = [bookmark.id for bookmark in bookmarks.listed(request.user)]
        position = order.index(moved) + (0 if request.POST.get("up") else 2)
        bookmarks.move(user=request.user, bookmark_id=moved, position=position)
    else:
        bookmarks.reorder(user=request.user, bookmark_ids=wanted)
    if is_partial(request):
        return render(request, "chat/bookmark_rows.html", {"bookmarks": list(bookmarks.listed(request.user))})
    return redirect("chat:bookmarks")
