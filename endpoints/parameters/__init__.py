"""What people may set for a model, as one table, and what becomes of it in a request.

`table` holds every parameter of every set; `settings` checks what is stored and sent by the union of the sets; `sets`
picks those of one model and what is chosen for them; a module for each kind of provider turns that into fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.catalog.profiles import profile
from endpoints.parameters.mapped import Mapped
from endpoints.parameters.sets import Chosen, additions, chosen_for, set_name
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.base import Endpoint
from endpoints.providers.bedrock import parameters as bedrock_parameters
from endpoints.providers.google import parameters as google_parameters
from endpoints.providers.openai import parameters as openai_parameters

__all__ = ["Mapped", "request_fields", "with_headers"]

_TOP_P = {"top_p", "topP"}
_CAPS = ("max_tokens", "maxOutputTokens", "maxTokens")
_LIMITED = {"openAI", "azureOpenAI", "google", "bedrock"}


def request_fields(endpoint: Endpoint, model: str, settings: Mapping[str, Any]) -> Mapped:
    """Return what is sent for `settings` (`siteconfig.parameters.settings.read`), and why some of it is not.

    The operator's defaults stand before what the person set, his `addParams` after it; his `dropParams` are gone.
    """
    chosen = chosen_for(endpoint, model, settings)
    found = _within_reach(endpoint, model, _mapped(endpoint, model, chosen), chosen)
    params = {name: value for name, value in found.params.items() if name not in endpoint.drop_params}
    added, notes = additions(endpoint), found.notes
    known = anthropic_parameters.claude(model)
    if added.keys() & _TOP_P and "temperature" in params and known.kind and known.samples_by_one:
        del params["temperature"]  # the operator's word is sent as it stands
        notes = {
            **notes,
            "temperature": _("This model accepts either temperature or top P, and the operator has set top P."),
        }
    return replace(found, params=params | added, notes=notes)


def _within_reach(endpoint: Endpoint, model: str, found: Mapped, chosen: Chosen) -> Mapped:
    """Return the request with a cap on the reply that the model of a built-in provider does not refuse."""
    longest = profile(endpoint, model).max_output_tokens if endpoint.family in _LIMITED else 0
    if not longest or found.max_tokens <= longest:
        return found
    words = _("This model can write at most %(limit)d tokens, so that is used.") % {"limit": longest}
    notes = {key: words for key in _CAPS if chosen.get(key) is not None}
    return replace(found, max_tokens=longest, notes={**found.notes, **notes})


def _mapped(endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    match set_name(endpoint, model).partition("-")[0]:
        case "anthropic":
            return anthropic_parameters.mapped(model, chosen)
        case "google":
            return google_parameters.mapped(model, chosen)
        case "bedrock":
            return bedrock_parameters.mapped(model, chosen)
        case _:
            return openai_parameters.mapped(endpoint, model, chosen)


def with_headers(endpoint: Endpoint, headers: Mapping[str, str]) -> Endpoint:
    """Return the endpoint with headers that a call needs; a value of the operator's own is kept before ours."""
    if not headers:
        return endpoint
    merged = dict(endpoint.headers)
    for name, value in headers.items():
        own = next((each for each in merged if each.lower() == name.lower()), name)
        merged[own] = f"{merged[own]},{value}" if own in merged else value
    return replace(endpoint, headers=merged)
