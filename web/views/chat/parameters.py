"""The parameter panel: opened with the composer's values, saved at every change."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chat import access
from chat.models import Conversation
from chat.services.model_settings import ModelSettings, asked_with
from chat.services.organise.conversations import set_parameters
from endpoints.catalog.selection import ModelRef, catalog_for
from web.model_menu import ModelOption, model_option_of
from web.parameter_panel import ParameterPanel, Sent, build_fields, read_panel, shown_parameters
from web.shell import SignedInRequest, is_partial, signed_in

_UNKNOWN = ModelOption(endpoint="", endpoint_label="", model="", label="", available=False)


@require_http_methods(["GET", "POST"])
@signed_in
def parameters(request: SignedInRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """Show the panel for the model in use; `act` of a POST is "open", "reset", or nothing to save.

    What is set in an existing conversation is stored at once; a new chat keeps it in its composer until it is sent.
    """
    conversation = access.conversation_for(request.user, conversation_id) if conversation_id else None
    asked = request.POST if request.method == "POST" else request.GET
    catalog = catalog_for(request.user)
    if not catalog.sets_parameters:
        raise Http404("Nobody sets parameters here.")
    wanted = ModelRef(*(asked.get(name, "") for name in ModelRef._fields))
    if conversation and not any(wanted):
        wanted = ModelRef(conversation.endpoint, conversation.model, conversation.spec)
    choice = model_option_of(wanted, request.user) or _UNKNOWN
    endpoint = catalog.get(choice.endpoint)
    endpoint = endpoint.for_model(choice.model) if endpoint is not None else None
    preset = ModelSettings(catalog.preset(choice.spec))
    before = asked_with(choice.spec, _chosen(conversation, asked.get("settings", "")).values) or ModelSettings()
    act = request.POST.get("act", "")
    saves = request.method == "POST" and act != "open"
    sent = Sent(before)
    if saves and act == "reset":
        sent = Sent(preset)
    elif saves and endpoint is not None:
        sent = read_panel(shown_parameters(endpoint, choice.model), before, request.POST)
    own = ModelSettings({key: value for key, value in sent.chosen.values.items() if preset.get(key) != value})
    if saves and conversation is not None:
        set_parameters(user=request.user, conversation_id=conversation.id, settings=own)
    fields = build_fields(endpoint, choice.model, sent) if endpoint is not None else []
    back = reverse("chat:conversation", args=[conversation.id]) if conversation else reverse("chat:new")
    stored = conversation is not None and (saves or not asked.get("settings"))
    panel = ParameterPanel(choice=choice, fields=fields, chosen=own, back=back, stored=stored)
    return _show(request, panel, saves=saves, is_change=saves and act != "reset")


def _show(request: SignedInRequest, panel: ParameterPanel, *, saves: bool, is_change: bool) -> HttpResponse:
    partial = is_partial(request)
    status = 422 if panel.faults else 200
    if is_change and partial:
        return render(request, "chat/parameters_told.html", {"panel": panel, "saved": True}, status=status)
    if saves and not partial and not panel.faults:
        return redirect(panel.back + _as_query(panel))
    context = {
        "panel": panel,
        "saved": saves,
        "carries": saves and partial,
        "address": request.path,
        "shell": "chat/dialog.html" if partial else "chat/alone.html",
    }
    return render(request, "chat/parameters.html", context, status=status)


def _chosen(conversation: Conversation | None, text: str) -> ModelSettings:
    """Return what the composer holds for the next message, else what the conversation has."""
    try:
        if text:
            return ModelSettings.read_json(text)
        return ModelSettings.read(conversation.settings) if conversation else ModelSettings()
    except ValueError:
        return ModelSettings()


def _as_query(panel: ParameterPanel) -> str:
    """Return the address's part that brings the settings back to a page without scripts."""
    if panel.stored:
        return ""
    values = {
        name: ",".join(value) if isinstance(value, list) else value for name, value in panel.chosen.values.items()
    }
    return "?" + urlencode(panel.choice.address | values)
