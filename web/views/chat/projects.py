"""The list of projects, and the page of one."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.services import permissions
from chat import access
from chat.models import Conversation
from chat.services.organise import conversations, favourites, projects
from chat.services.refusal import TurnRefused
from core.refusal import AsFormError
from endpoints.catalog.selection import ModelRef
from web.forms.actions import ProjectForm
from web.model_menu import model_groups, model_option_of
from web.shell import SignedInRequest, is_partial, show_done, show_form, show_page, signed_in

SEPARATOR = " · "  # between endpoint and model in one form field


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    search_text = request.GET.get("q", "").replace("\x00", " ").strip()[:200]
    sort = request.GET.get("sort", "")
    sort = sort if sort in projects.SORTS else "lastConversationAt"
    descending = request.GET.get("direction", "asc" if sort == "name" else "desc") != "asc"
    page = projects.page(
        user=request.user, search=search_text, sort=sort, descending=descending, cursor=request.GET.get("cursor")
    )
    context = {"page_of": page, "search_text": search_text, "sort": sort, "descending": descending}
    if is_partial(request):
        return render(request, "chat/project_rows.html", context)
    return show_page(request, "chat/projects.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def create(request: SignedInRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None, models=_models(request.user))
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, projects.BadProject):
            data = form.cleaned_data
            made = projects.create(user=request.user, **_texts(data))
            if data["model"]:
                projects.change(user=request.user, project_id=made.id, **_model(data, request.user))
            message = _("Project “%(name)s” created.") % {"name": made.name}
            return show_done(request, message, go=reverse("chat:project", args=[made.id]))
    back = reverse("chat:projects")
    return show_form(request, form=form, title=_("New project"), button=_("Create project"), back=back)


@require_GET
@signed_in
def workspace(request: SignedInRequest, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    sort = request.GET.get("sort", "")
    sort = sort if sort in {"updatedAt", "createdAt", "title"} else "updatedAt"
    descending = request.GET.get("direction", "asc" if sort == "title" else "desc") != "asc"
    among = Conversation.objects.listed().filter(project=project)
    cursor = request.GET.get("cursor")
    page = conversations.page(user=request.user, cursor=cursor, among=among, sort=sort, descending=descending)
    context = {"project": project, "page_of": page, "sort": sort, "descending": descending}
    context["may_share"] = project.may_share and permissions.may(request.user, "PROJECTS", "SHARE")
    context["model"] = (
        model_option_of(ModelRef(project.endpoint, project.model), request.user) if project.model else None
    )
    if is_partial(request):
        return render(request, "chat/project_chats.html", context)
    return show_page(request, "chat/project.html", context)


@require_GET
@signed_in
def rows(request: SignedInRequest, project_id: UUID) -> HttpResponse:
    """The project's latest chats, for its place in the sidebar."""
    project = access.project_for(request.user, project_id)
    if not is_partial(request):
        return redirect("chat:project", project_id)
    page = conversations.page(user=request.user, among=Conversation.objects.listed().filter(project=project), limit=20)
    return render(request, "chat/project_sidebar_rows.html", {"rows": page.items})


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: SignedInRequest, project_id: UUID) -> HttpResponse:
    project = access.project_for_editor(request.user, project_id)
    initial = {name: getattr(project, name) for name in projects.LIMITS}
    initial["model"] = f"{project.endpoint}{SEPARATOR}{project.model}" if project.model else ""
    form = ProjectForm(request.POST or None, models=_models(request.user), initial=initial)
    back = reverse("chat:project", args=[project_id])
    if request.method == "POST" and form.is_valid():
        with AsFormError(form, projects.BadProject):
            data = form.cleaned_data
            projects.change(user=request.user, project_id=project_id, **_texts(data), **_model(data, request.user))
            return show_done(request, _("Project saved."), go=back)
    return show_form(request, form=form, title=_("Edit project"), button=_("Save project"), back=back)


@require_http_methods(["GET", "POST"])
@signed_in
def delete(request: SignedInRequest, project_id: UUID) -> HttpResponse:
    project = access.project_for_owner(request.user, project_id)
    if request.method == "POST":
        projects.delete(user=request.user, project_id=project_id)
        message = _("Project “%(name)s” deleted. Its chats were kept.") % {"name": project.name}
        return show_done(request, message, go=reverse("chat:projects"))
    count = Conversation.objects.visible_to(request.user).filter(project=project).count()
    message = ngettext(
        "Delete “%(name)s” and its instructions? Its chat stays in your list.",
        "Delete “%(name)s” and its instructions? Its %(count)d chats stay in your list.",
        count,
    )
    return show_form(
        request,
        title=_("Delete project?"),
        text=message % {"name": project.name, "count": count},
        button=_("Delete project"),
        kind="danger",
        back=reverse("chat:project", args=[project_id]),
    )


@require_http_methods(["POST"])
@signed_in
def favourite(request: SignedInRequest) -> HttpResponse:
    """Add a model to the favourites, or take it away."""
    model_ref = ModelRef(*(request.POST.get(name, "") for name in ModelRef._fields))
    model_ref = ModelRef(spec=model_ref.spec) if model_ref.spec else model_ref
    choice = model_option_of(model_ref, request.user)
    if choice is None or not choice.available:
        raise TurnRefused(_("This model isn't available."), status=409)
    is_one = favourites.toggle(user=request.user, model_ref=model_ref)
    message = _("Added to favourites.") if is_one else _("Removed from favourites.")
    return show_done(request, message % {"model": choice.label})


@require_http_methods(["POST"])
@signed_in
def favourites_order(request: SignedInRequest) -> HttpResponse:
    """Take the favourites' order as dragging sends it: ids of the rows."""
    mine = {str(row.id): favourites.model_ref_of(row) for row in favourites.listed(request.user)}
    wanted = [mine[row_id] for row_id in request.POST.getlist("ids") if row_id in mine]
    favourites.replace(
        user=request.user, model_refs=[*wanted, *(model_ref for model_ref in mine.values() if model_ref not in wanted)]
    )
    return HttpResponse(status=204) if is_partial(request) else redirect("chat:new")


def _models(user: User) -> list[tuple[str, str]]:
    return [
        (f"{choice.endpoint}{SEPARATOR}{choice.model}", f"{choice.label} · {group.label}")
        for group in model_groups(user)
        for choice in group.choices
        if not choice.spec
    ]


def _texts(data: dict[str, Any]) -> dict[str, str]:
    return {name: data[name] for name in projects.LIMITS}


def _model(data: dict[str, Any], user: User) -> dict[str, str]:
    for group in model_groups(user):
        for choice in group.choices:
            if not choice.spec and data["model"] == f"{choice.endpoint}{SEPARATOR}{choice.model}":
                return {"endpoint": choice.endpoint, "model": choice.model}
    return {"endpoint": "", "model": ""}
