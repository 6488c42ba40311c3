"""The chat pages and their fragments. Each works as a plain page or form; htmx asks for the part that changes."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from chat import doors, pages
from chat.forms import RenameForm, TurnForm
from chat.models import Conversation
from chat.presenters import Branch, present_branch, present_started
from chat.services import organise, tree, turns
from chat.services.turns import StartedTurn, TurnRefused
from chat.styleguide import styleguide_samples

P = ParamSpec("P")


class SignedIn(HttpRequest):
    """A request of a person who is signed in."""

    user: User


def signed_in(
    view: Callable[Concatenate[SignedIn, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Send everybody else to the login page, also when htmx asks."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            response = view(request, *args, **kwargs)  # type: ignore[arg-type]
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


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return redirect("chat:new")


@require_GET
@signed_in
def new_chat(request: SignedIn) -> HttpResponse:
    wanted = (request.GET.get("endpoint", ""), request.GET.get("model", ""))
    return _chat(request, None, wanted=wanted if all(wanted) else None)


@require_GET
@signed_in
def conversation(request: SignedIn, conversation_id: UUID) -> HttpResponse:
    found = doors.conversation_for(request.user, conversation_id)
    wanted = (request.GET.get("endpoint", ""), request.GET.get("model", ""))
    return _chat(request, found, branch=present_branch(found), wanted=wanted if all(wanted) else None)


@require_GET
@signed_in
def messages(request: SignedIn, conversation_id: UUID) -> HttpResponse:
    """The end of the branch on view, or with `before` the screenful that ends above that message."""
    found = doors.conversation_for(request.user, conversation_id)
    before = _uuid(request.GET.get("before"))
    branch = present_branch(found, before=before)
    if not is_partial(request):
        return _chat(request, found, branch=branch)
    template = "chat/screenful.html" if before else "chat/messages.html"
    return render(request, template, {"page": pages.chat_page(conversation=found, branch=branch)})


@require_POST
@signed_in
def start_turn(request: SignedIn, conversation_id: UUID | None = None) -> HttpResponse:
    form = TurnForm(request.POST)
    try:
        if not form.is_valid():
            raise TurnRefused(form.fault(), status=422)
        started = turns.start_turn(user=request.user, conversation_id=conversation_id, draft=form.draft())
    except TurnRefused as refusal:
        return _refused_draft(request, conversation_id, refusal)
    address = reverse("chat:conversation", args=[started.conversation.id])
    if not is_partial(request):
        return redirect(f"{address}#m-{started.user_message.id}")
    question, reply = present_started(started)
    page = pages.chat_page(conversation=started.conversation, branch=Branch([question, reply], has_earlier=False))
    response = render(request, "chat/turn.html", {"page": page, "is_new": conversation_id is None})
    if conversation_id is None:
        response.headers["HX-Push-Url"] = address
    return response


@require_POST
@signed_in
def regenerate(request: SignedIn, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Write another reply beside this one, with the model in use when the form names one."""
    doors.message_for(request.user, message_id, conversation_id=conversation_id)
    endpoint, model = request.POST.get("endpoint") or None, request.POST.get("model") or None
    if not (endpoint and model):
        endpoint = model = None
    user = request.user
    return _run(request, lambda: turns.regenerate(user=user, message_id=message_id, endpoint=endpoint, model=model))


@require_POST
@signed_in
def continue_reply(request: SignedIn, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    doors.message_for(request.user, message_id, conversation_id=conversation_id)
    return _run(request, lambda: turns.continue_reply(user=request.user, message_id=message_id))


@require_POST
@signed_in
def choose(request: SignedIn, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    doors.message_for(request.user, message_id, conversation_id=conversation_id)
    message = tree.choose(user=request.user, message_id=message_id)
    return _branch(request, message.conversation, message_id)


@require_POST
@signed_in
def stop(request: SignedIn, generation_id: UUID) -> HttpResponse:
    run = turns.stop(user=request.user, generation_id=generation_id)
    if is_partial(request):
        return HttpResponse(status=204)
    return redirect("chat:conversation", run.conversation_id)


@require_http_methods(["GET", "POST"])
@signed_in
def rename(request: SignedIn, conversation_id: UUID) -> HttpResponse:
    found = doors.conversation_for(request.user, conversation_id)
    form = RenameForm(request.POST or None, initial={"title": found.title})
    if request.method == "GET" or not form.is_valid():
        return _dialog(request, "chat/rename.html", found, form=form)
    try:
        renamed = organise.rename(user=request.user, conversation_id=conversation_id, title=form.cleaned_data["title"])
    except organise.BadTitle as fault:
        form.add_error("title", str(fault))
        return _dialog(request, "chat/rename.html", found, form=form)
    if is_partial(request):
        return render(request, "chat/renamed.html", {"conversation": renamed})
    return redirect("chat:conversation", conversation_id)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedIn, conversation_id: UUID) -> HttpResponse:
    found = doors.conversation_for(request.user, conversation_id)
    if request.method == "GET":
        return _dialog(request, "chat/delete.html", found)
    organise.delete(user=request.user, conversation_id=conversation_id)
    if is_partial(request):
        return render(request, "chat/deleted.html", {"conversation": found})
    return redirect("chat:new")


@require_GET
@signed_in
def sidebar(request: SignedIn) -> HttpResponse:
    listed = pages.sidebar(user=request.user, cursor=request.GET.get("cursor"), after=request.GET.get("after", ""))
    template = "chat/sidebar_rows.html" if is_partial(request) else "chat/history.html"
    return render(request, template, {"sidebar": listed})


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, for the people who build with them."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "styleguide.html", {"form": RenameForm({"title": ""}), **styleguide_samples()})


def _chat(
    request: SignedIn,
    found: Conversation | None,
    *,
    branch: Branch = pages.NOTHING,
    wanted: tuple[str, str] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render a chat page whole, or only its main part when htmx moves from one chat to another."""
    partial = is_partial(request)
    listed = None if partial and (found or wanted) else pages.sidebar(user=request.user)
    if found is None and wanted is None and listed and listed.latest:
        wanted = (listed.latest.endpoint, listed.latest.model)
        wanted = wanted if pages.is_offered(*wanted) else None
    page = pages.chat_page(conversation=found, branch=branch, wanted=wanted, **more)
    if partial:
        return render(request, "chat/main.html", {"page": page, "partial": True}, status=status)
    context = {"page": page, "sidebar": listed, "model_groups": pages.model_groups()}
    return render(request, "chat/page.html", context, status=status)


def _refused_draft(request: SignedIn, conversation_id: UUID | None, refusal: TurnRefused) -> HttpResponse:
    """Say why beside the composer, and keep what was typed."""
    if is_partial(request):
        response = render(request, "components/error.html", {"error": refusal.message}, status=refusal.status)
        response.headers["HX-Retarget"] = "#composer-error"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    found = doors.conversation_for(request.user, conversation_id) if conversation_id else None
    return _chat(
        request,
        found,
        branch=present_branch(found) if found else pages.NOTHING,
        wanted=(request.POST.get("endpoint", ""), request.POST.get("model", "")),
        status=refusal.status,
        text=request.POST.get("text", ""),
        error=refusal.message,
    )


def _run(request: SignedIn, begin: Callable[[], StartedTurn]) -> HttpResponse:
    try:
        started = begin()
    except TurnRefused as refusal:
        return _refused(request, refusal)
    return _branch(request, started.conversation, started.reply.id)


def _refused(request: SignedIn, refusal: TurnRefused) -> HttpResponse:
    """Say why in a toast, or on a page of its own."""
    if not is_partial(request):
        return render(request, "refused.html", {"message": refusal.message}, status=refusal.status)
    context = {"message": refusal.message, "kind": "bad"}
    response = render(request, "components/toast.html", context, status=refusal.status)
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return response


def _branch(request: SignedIn, found: Conversation, message_id: UUID) -> HttpResponse:
    """Show the branch through a message that has just come on view."""
    if not is_partial(request):
        return redirect(f"{reverse('chat:conversation', args=[found.id])}#m-{message_id}")
    page = pages.chat_page(conversation=found, branch=pages.branch_down_to(found, message_id))
    return render(request, "chat/messages.html", {"page": page})


def _dialog(request: SignedIn, template: str, found: Conversation, **more: Any) -> HttpResponse:
    """Render a form inside the page's dialog, or on a page of its own. A faulty form is a 422."""
    form = more.get("form")
    status = 422 if form is not None and form.is_bound else 200
    context = {"conversation": found, "shell": "chat/dialog.html" if is_partial(request) else "chat/alone.html", **more}
    return render(request, template, context, status=status)


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
