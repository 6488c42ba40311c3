"""Shared by all views: the signed-in user, htmx detection, and how dialogs and refusals are shown."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from accounts.models import User
from chat.models import Conversation
from chat.services.organise.favourites import model_ref_of
from core.refusal import Refusal
from endpoints.catalog.selection import ModelRef
from web import pages
from web.model_menu import initial_model_ref, model_groups, remembered_model_ref
from web.presenters import Branch
from web.refusals import show, way_out
from web.sidebar import Filter, Sidebar, sidebar

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request of a person who is signed in."""

    user: User


def signed_in(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Send everybody else to the login page, also when htmx asks; say what the view refuses (`show_refusal`)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            try:
                response = view(request, *args, **kwargs)  # type: ignore[arg-type]
            except Refusal as refusal:
                response = show_refusal(request, refusal)  # type: ignore[arg-type]
            response.headers.setdefault("Cache-Control", "private, no-cache")
            patch_vary_headers(response, ["HX-Request", "HX-Request-Type", "Cookie"])
            return response
        here = request.get_full_path() if request.method == "GET" else reverse("chat:new")
        if not is_partial(request):
            return redirect_to_login(here)
        login = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}"
        return HttpResponse(status=401, headers={"HX-Redirect": login})

    return guarded  # type: ignore[return-value]  # `wraps` forgets that the positional name may differ


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx wants a fragment; going back in the history it asks for the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def show_chat(
    request: SignedInRequest,
    conversation: Conversation | None,
    *,
    branch: Branch = pages.NOTHING,
    wanted: ModelRef | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render a chat page whole, or only its main part when htmx moves from one chat to another."""
    partial = is_partial(request)
    listed = (
        None
        if partial and (conversation or wanted)
        else sidebar(user=request.user, narrowed=_by_bookmarks(request), is_whole=True)
    )
    if conversation is None and wanted is None:
        wanted = initial_model_ref(
            request.user, remembered_model_ref(request.COOKIES.get("pick", "")) or _latest(listed)
        )
    page = pages.chat_page(conversation=conversation, branch=branch, wanted=wanted, user=request.user, **more)
    if partial:
        return render(request, "chat/main.html", {"page": page, "partial": True}, status=status)
    favourites = {model_ref_of(row) for row in listed.favourites} if listed else set()
    context = {
        "page": page,
        "sidebar": listed,
        "model_groups": model_groups(request.user),
        "favourite_picks": favourites,
    }
    return render(request, "chat/page.html", context, status=status)


def _by_bookmarks(request: SignedInRequest) -> Filter:
    """The bookmarks in the page's address, which narrow its list of chats."""
    return Filter(
        bookmarks=tuple(bookmark_id for text in request.GET.getlist("tag")[:100] if (bookmark_id := uuid_or_none(text)))
    )


def _latest(listed: Sidebar | None) -> ModelRef | None:
    latest = listed.latest if listed else None
    return ModelRef(latest.endpoint, latest.model, latest.spec) if latest else None


def show_refusal(request: SignedInRequest, refusal: Refusal) -> HttpResponse:
    """Say why in a toast, or on a page of its own."""
    return show(request, refusal, toast=is_partial(request), link=way_out(refusal, request.user))


def show_branch(request: SignedInRequest, conversation: Conversation, message_id: UUID) -> HttpResponse:
    """Show the branch through a message that has just come on view."""
    if not is_partial(request):
        return redirect(f"{reverse('chat:conversation', args=[conversation.id])}#m-{message_id}")
    branch = pages.branch_down_to(conversation, message_id)
    page = pages.chat_page(conversation=conversation, branch=branch, user=request.user)
    return render(request, "chat/messages.html", {"page": page})


def show_dialog(request: SignedInRequest, template: str, conversation: Conversation, **more: Any) -> HttpResponse:
    """Render a form inside the page's dialog, or on a page of its own. A faulty form is a 422."""
    form = more.get("form")
    context = {"conversation": conversation, "shell": shell_of(request), **more}
    return render(request, template, context, status=422 if form is not None and form.is_bound else 200)


def show_form(
    request: SignedInRequest, *, title: str, button: str, back: str, form: BaseForm | None = None, **more: Any
) -> HttpResponse:
    """Show a form of a few fields, or a question without one, as `show_dialog` does. `back` is an address.

    `more` is what `chat/form.html` may have beside: `text`, `kind`, `action`.
    """
    context = {"title": title, "button": button, "back": back, "form": form, "shell": shell_of(request), **more}
    context["focus_cancel"] = form is None and more.get("kind") == "danger"
    return render(request, "chat/form.html", context, status=422 if form is not None and form.is_bound else 200)


def shell_of(request: HttpRequest) -> str:
    """Return the template around a form: the page's dialog, or a page of its own."""
    return "chat/dialog.html" if is_partial(request) else "chat/alone.html"


def show_page(request: SignedInRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page beside the chat, with its sidebar."""
    return render(request, template, {"sidebar": sidebar(user=request.user), **context}, status=status)


def show_done(
    request: SignedInRequest, message: str, *, go: str = "", undo: str = "", gone: UUID | None = None, clears: str = ""
) -> HttpResponse:
    """Say that it is done: in a toast, with a way back by the token `undo` (see `bulk`); then lead to `go`.

    `gone` names a conversation that is no longer in the list: a tab that shows it goes to a new chat. `clears` is the
    id of a note on the page that is no longer true.
    """
    if not is_partial(request):
        messages.success(request, message)
        return redirect(go or "chat:new")
    context = {"message": message, "go": go, "gone": gone, "token": undo, "clears": clears}
    context["undo"] = reverse("chat:undo") if undo else ""
    return render(request, "chat/done.html", context)


def uuid_or_none(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
