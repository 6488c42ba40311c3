"""The sidebar's list, and bulk actions on it."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.services.organise import bookmarks, bulk, pins, projects
from web import sidebar as listing
from web.forms.actions import BulkForm
from web.shell import SignedInRequest, is_partial, shell_of, show_done, show_page, signed_in, uuid_or_none


@require_GET
@signed_in
def sidebar(request: SignedInRequest) -> HttpResponse:
    """A page of the list; `q` and `tag` narrow it."""
    search_text = request.GET.get("q", "").replace("\x00", " ").encode(errors="replace").decode().strip()[:200]
    chosen = [bookmark_id for text in request.GET.getlist("tag")[:100] if (bookmark_id := uuid_or_none(text))]
    narrowed = listing.Filter(text=search_text, bookmarks=tuple(chosen))
    after = request.GET.get("after", "")
    cursor = request.GET.get("cursor")
    listed = listing.sidebar(user=request.user, cursor=cursor, after=after, narrowed=narrowed)
    if is_partial(request):
        return render(request, "chat/sidebar_rows.html", {"sidebar": listed})
    return show_page(request, "chat/history.html", {"listed": listed})


@require_POST
@signed_in
def order_pinned(request: SignedInRequest) -> HttpResponse:
    """Take the order of the pinned rows as dragging sends it."""
    ids = [uuid_or_none(text) for text in request.POST.getlist("ids")]
    if None in ids:
        raise Http404
    pins.reorder(user=request.user, conversation_ids=[conversation_id for conversation_id in ids if conversation_id])
    return HttpResponse(status=204) if is_partial(request) else redirect("chat:new")


@require_http_methods(["GET", "POST"])
@signed_in
def many(request: SignedInRequest) -> HttpResponse:
    """Archive, delete, move or bookmark the chosen rows; where something is to be chosen first, ask."""
    mine = (list(projects.counted(request.user).order_by("name")), list(bookmarks.listed(request.user)))
    form = BulkForm(request.POST or request.GET or None, projects=mine[0], bookmarks=mine[1])
    if not form.is_valid():
        return _ask(request, form, status=422)
    if request.method == "GET" or "asks" in request.POST or not form.is_complete:
        return _ask(request, form)
    ids: list[UUID] = form.cleaned_data["ids"]
    match form.cleaned_data["action"]:
        case "archive":
            done = bulk.archive(user=request.user, ids=ids)
            message = ngettext("%(count)d chat was archived.", "%(count)d chats were archived.", done.count)
        case "delete":
            done = bulk.delete(user=request.user, ids=ids)
            message = ngettext("%(count)d chat was deleted.", "%(count)d chats were deleted.", done.count)
        case "move":
            done = bulk.move(user=request.user, ids=ids, project_id=uuid_or_none(form.cleaned_data["project"]))
            message = ngettext("%(count)d chat was moved.", "%(count)d chats were moved.", done.count)
        case _:
            done = bulk.bookmark(user=request.user, ids=ids, bookmark_id=UUID(form.cleaned_data["tag"]))
            message = ngettext("%(count)d chat was bookmarked.", "%(count)d chats were bookmarked.", done.count)
    return show_done(request, message % {"count": done.count}, undo=done.undo)


@require_POST
@signed_in
def undo(request: SignedInRequest) -> HttpResponse:
    """Take back what was done to many."""
    count = bulk.undo(user=request.user, token=request.POST.get("token", ""))
    message = ngettext("Restored %(count)d chat.", "Restored %(count)d chats.", count) % {"count": count}
    return show_done(request, message)


def _ask(request: SignedInRequest, form: BulkForm, *, status: int = 200) -> HttpResponse:
    count = len(form.cleaned_data.get("ids", ())) if form.is_bound else 0
    return render(request, "chat/bulk.html", {"form": form, "count": count, "shell": shell_of(request)}, status=status)
