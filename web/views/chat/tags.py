"""The page of a person's bookmarks."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat import access
from chat.services.organise import tags
from chat.services.search.text import holds
from core.refusal import ToldIn
from web.forms.actions import TagForm
from web.shell import SignedInRequest, is_partial, show_done, show_form, show_page, signed_in, uuid_or_none

PAGE = 100


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    search_text = request.GET.get("q", "").strip()
    mine = tags.listed(request.user)
    if search_text:
        mine = mine.filter(holds("name", search_text.replace("\x00", " ")))
    whole = bool(search_text) or "all" in request.GET
    shown = list(mine) if whole else list(mine[: PAGE + 1])
    more = not whole and len(shown) > PAGE
    context = {"tags": shown[:PAGE] if more else shown, "search_text": search_text, "more": more}
    if is_partial(request):
        return render(request, "chat/tag_rows.html", context)
    return show_page(request, "chat/tags.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def create(request: SignedInRequest) -> HttpResponse:
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with ToldIn(form, tags.BadTag):
            made = tags.create(user=request.user, **form.cleaned_data)
            message = _("Bookmark “%(name)s” created.") % {"name": made.name}
            return show_done(request, message, go=reverse("chat:tags"))
    back = reverse("chat:tags")
    return show_form(request, form=form, title=_("New bookmark"), button=_("Create bookmark"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: SignedInRequest, tag_id: UUID) -> HttpResponse:
    tag = access.tag_for(request.user, tag_id)
    form = TagForm(request.POST or None, initial={"name": tag.name, "description": tag.description})
    if request.method == "POST" and form.is_valid():
        with ToldIn(form, tags.BadTag):
            tags.change(user=request.user, tag_id=tag_id, **form.cleaned_data)
            return show_done(request, _("Bookmark saved."), go=reverse("chat:tags"))
    back = reverse("chat:tags")
    return show_form(request, form=form, title=_("Edit bookmark"), button=_("Save bookmark"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, tag_id: UUID) -> HttpResponse:
    tag = access.tag_for(request.user, tag_id)
    if request.method == "POST":
        tags.delete(user=request.user, tag_id=tag_id)
        message = _("Bookmark “%(name)s” deleted.") % {"name": tag.name}
        return show_done(request, message, go=reverse("chat:tags"))
    return show_form(
        request,
        title=_("Delete bookmark?"),
        text=_("Delete “%(name)s”? No chats are deleted.") % {"name": tag.name},
        button=_("Delete bookmark"),
        kind="danger",
        back=reverse("chat:tags"),
    )


@require_POST
@signed_in
def reorder(request: SignedInRequest) -> HttpResponse:
    """Take the order of all, as dragging sends it, or one tag a step up or down."""
    wanted = [tag_id for text in request.POST.getlist("ids") if (tag_id := uuid_or_none(text))]
    moved = uuid_or_none(request.POST.get("up") or request.POST.get("down"))
    if moved:
        access.tag_for(request.user, moved)
        order = [tag.id for tag in tags.listed(request.user)]
        position = order.index(moved) + (0 if request.POST.get("up") else 2)
        tags.move(user=request.user, tag_id=moved, position=position)
    else:
        tags.reorder(user=request.user, tag_ids=wanted)
    if is_partial(request):
        return render(request, "chat/tag_rows.html", {"tags": list(tags.listed(request.user))})
    return redirect("chat:tags")
