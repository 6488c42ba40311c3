"""The setup page: an administrator picks a provider, pastes a key, tests it and chooses models; no restart."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.admin.stepup import fresh_sign_in
from accounts.services import permissions
from endpoints.catalog import stored_endpoints
from endpoints.catalog.model_lists import refresh, stored_models
from endpoints.models import OperatorEndpoint
from endpoints.providers.provider import Preset
from endpoints.providers.registry import preset_of, presets
from endpoints.services import connection_test
from web.forms.setup import ModelsForm, ProviderForm
from web.shell import SignedInRequest, is_partial, show_page, signed_in

P = ParamSpec("P")


def for_administrators(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[SignedInRequest, P], HttpResponse]:
    """To everybody else there is no such page."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not permissions.is_capable(request.user, "manage:configs"):
            raise Http404("The set-up is for administrators.")
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]  # `wraps` forgets that the positional name may differ


@require_GET
@signed_in
@for_administrators
def index(request: SignedInRequest) -> HttpResponse:
    return show_page(request, "chat/setup.html", {"presets": presets(), "rows": OperatorEndpoint.objects.all()})


@require_http_methods(["GET", "POST"])
@signed_in
@for_administrators
@fresh_sign_in
def provider(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask for the key. The endpoint is stored switched off, so that the key need not be sent to the browser again."""
    preset = preset_of(slug)
    if preset is None:
        raise Http404("There is no such provider.")
    form = ProviderForm(request.POST or None, preset=preset)
    if form.is_valid() and (row := _stored(request, form, preset)):
        endpoint = stored_endpoints.to_endpoint(row)
        if row.fetch_models:
            asyncio.run(refresh(endpoint))
        return redirect("chat:setup_models", row.id)
    return show_page(request, "chat/setup_key.html", {"preset": preset, "form": form}, status=_status(form))


@require_http_methods(["GET", "POST"])
@signed_in
@for_administrators
@fresh_sign_in
def models(request: SignedInRequest, row_id: UUID) -> HttpResponse:
    """Choose the models; with the last button the endpoint is switched on."""
    row = _row(row_id)
    form = _models_form(request, row)
    if form.is_valid():
        names = form.names()
        entry = replace(stored_endpoints.entry_of(row), model_names=names, fetch_models=False, is_enabled=True)
        try:
            stored_endpoints.save(actor=request.user, entry=entry, row=row)
        except ValidationError as faults:
            form.add_error(None, faults.messages)
        else:
            return redirect(f"{reverse('chat:new')}?{urlencode({'endpoint': row.name, 'model': names[0]})}")
    return _show_models(request, row, form)


@require_POST
@signed_in
@for_administrators
@fresh_sign_in
def test(request: SignedInRequest, row_id: UUID) -> HttpResponse:
    """Call the model that new chats would begin with, and say what came of it."""
    row = _row(row_id)
    form = _models_form(request, row)
    if not form.is_valid():
        return _show_models(request, row, form)
    result = connection_test.run_connection_test(stored_endpoints.to_endpoint(row), form.names()[0], by=request.user)
    if is_partial(request):
        return render(request, "chat/connection_test.html", {"connection_test": result})
    return _show_models(request, row, form, connection_test=result)


def _stored(request: SignedInRequest, form: ProviderForm, preset: Preset) -> OperatorEndpoint | None:
    entry = stored_endpoints.Entry(
        kind=preset.kind,
        model_names=stored_endpoints.provider_of(preset.kind).models,
        fetch_models=stored_endpoints.lists_models(preset.kind),
        is_enabled=False,
        **form.cleaned_data,
    )
    try:
        return stored_endpoints.save(actor=request.user, entry=entry)
    except ValidationError as faults:
        for field, texts in faults.message_dict.items():
            form.add_error(field if field in form.fields else None, texts)
        return None


def _row(row_id: UUID) -> OperatorEndpoint:
    row = OperatorEndpoint.objects.filter(id=row_id, key_from_user=False).first()
    if row is None:
        raise Http404("There is no such endpoint.")
    return row


def _models_form(request: SignedInRequest, row: OperatorEndpoint) -> ModelsForm:
    listed = stored_models(stored_endpoints.to_endpoint(row))
    chosen = tuple(name for name in row.model_names if not listed or name in listed or row.is_enabled)
    return ModelsForm(request.POST or None, offered=listed, chosen=chosen)


def _show_models(request: SignedInRequest, row: OperatorEndpoint, form: ModelsForm, **more: Any) -> HttpResponse:
    context = {
        "row": row,
        "form": form,
        "address": row.base_url or stored_endpoints.provider_of(row.kind).base_url,
        **more,
    }
    return show_page(request, "chat/setup_models.html", context, status=_status(form))


def _status(form: Form) -> int:
    return 422 if form.is_bound and form.errors else 200
