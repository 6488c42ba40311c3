"""Pages for people's own keys to endpoints."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.refusal import AsFormError
from endpoints.catalog import keys
from endpoints.catalog.keys import KeyState
from endpoints.catalog.selection import catalog_for
from endpoints.providers.base import Endpoint
from endpoints.services import connection_test
from web.forms.provider_keys import KeyForm
from web.shell import SignedInRequest, is_partial, show_done, show_form, show_page, signed_in


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An endpoint that takes a key, and how it stands with the person's."""

    endpoint: Endpoint
    state: KeyState


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    return _list(request)


@require_http_methods(["GET", "POST"])
@signed_in
def set_key(request: SignedInRequest) -> HttpResponse:
    endpoint = _asked_for(request)
    initial = {"endpoint": endpoint.name, "stays": "" if "settings" in request.GET else "1"}
    form = KeyForm(request.POST or None, endpoint=endpoint, initial=initial)
    if form.is_valid():
        with AsFormError(form, keys.KeyRefused):
            keys.store(user=request.user, endpoint=endpoint.name, value=form.value(), expires_at=form.expires_at())
            go = "" if form.cleaned_data["stays"] else reverse("chat:settings_keys")
            message = _("Key for “%(endpoint)s” saved.") % {"endpoint": endpoint.display.label}
            return show_done(request, message, go=go, clears="key-note")
    return _show_form(request, endpoint, form)


@require_GET
@signed_in
def needed(request: SignedInRequest) -> HttpResponse:
    """Ask for the key if the endpoint cannot be used without; else say nothing."""
    endpoint = _asked_for(request)
    problem = keys.problem_of(endpoint, request.user.id)
    if problem is None:
        return HttpResponse(status=204)
    form = KeyForm(endpoint=endpoint, initial={"endpoint": endpoint.name, "stays": "1"})
    return _show_form(request, endpoint, form, problem.message)


@require_POST
@signed_in
def revoke(request: SignedInRequest) -> HttpResponse:
    keys.revoke(user=request.user, endpoint=request.POST.get("endpoint", ""))
    return show_done(request, _("Key revoked."), go=reverse("chat:settings_keys"))


@require_POST
@signed_in
def revoke_all(request: SignedInRequest) -> HttpResponse:
    keys.revoke_all(user=request.user)
    return show_done(request, _("All keys revoked."), go=reverse("chat:settings_keys"))


@require_POST
@signed_in
def try_out(request: SignedInRequest) -> HttpResponse:
    """Call the endpoint with the person's key, and say what came of it."""
    endpoint = _asked_for(request)
    models = catalog_for(request.user).models(endpoint.name)
    result = connection_test.run_connection_test(keys.resolve(endpoint, request.user.id), models[0], by=request.user)
    if is_partial(request):
        return render(request, "chat/connection_test.html", {"connection_test": result})
    return _list(request, result)


def _list(request: SignedInRequest, result: connection_test.ConnectionTestResult | None = None) -> HttpResponse:
    states = keys.states(request.user)
    rows = [
        KeyRow(endpoint, states.get(endpoint.name, KeyState("none")))
        for endpoint in catalog_for(request.user).endpoints
        if keys.needs_key(endpoint)
    ]
    context = {"rows": rows, "has_any": bool(states), "connection_test": result, "tab": "keys"}
    return show_page(request, "chat/settings_keys.html", context)


def _show_form(request: SignedInRequest, endpoint: Endpoint, form: KeyForm, text: str = "") -> HttpResponse:
    return show_form(
        request,
        form=form,
        title=_("Your key for %(endpoint)s") % {"endpoint": endpoint.display.label},
        text=text or _("It's stored encrypted, used only for your messages, and never shown again."),
        button=_("Save key"),
        action=reverse("chat:key_set"),
        back=reverse("chat:settings_keys"),
    )


def _asked_for(request: SignedInRequest) -> Endpoint:
    """Return the endpoint that the request names, if it takes a key and is offered to the person. Raises `Http404`."""
    name = request.POST.get("endpoint") or request.GET.get("endpoint", "")
    offer = catalog_for(request.user)
    endpoint = offer.get(name)
    if endpoint is None or not keys.needs_key(endpoint) or not offer.models(name):
        raise Http404("There is no endpoint that takes a key.")
    return endpoint
