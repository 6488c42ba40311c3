"""What people may set for a model, as one table, and what becomes of it in a request.

`table` holds every parameter of every set; `settings` checks what is stored and sent by the union of the sets; `sets`
picks those of one model and what is chosen for them; a module for each kind of provider turns that into fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from endpoints.adapters.base import Endpoint
from endpoints.parameters import claude, converse, gemini, openai
from endpoints.parameters.mapped import Mapped
from endpoints.parameters.sets import Chosen, additions, chosen_for, set_name

__all__ = ["Mapped", "request_fields", "with_headers"]


def request_fields(endpoint: Endpoint, model: str, settings: Mapping[str, Any]) -> Mapped:
    """Return what is sent for `settings` (`endpoints.parameters.settings.read`), and why some of it is not.

    The operator's defaults stand before what the person set, his `addParams` after it; his `dropParams` are gone.
    """
    found = _mapped(endpoint, model, chosen_for(endpoint, model, settings))
    params = {name: value for name, value in found.params.items() if name not in endpoint.drop_params}
    return replace(found, params=params | additions(endpoint))


def _mapped(endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    match set_name(endpoint, model).partition("-")[0]:
        case "anthropic":
            return claude.mapped(model, chosen)
        case "google":
            return gemini.mapped(model, chosen)
        case "bedrock":
            return converse.mapped(model, chosen)
        case _:
            return openai.mapped(endpoint, model, chosen)


def with_headers(endpoint: Endpoint, headers: Mapping[str, str]) -> Endpoint:
    """Return the endpoint with headers that a call needs; a value of the operator's own is kept before ours."""
    if not headers:
        return endpoint
    merged = dict(endpoint.headers)
    for name, value in headers.items():
        own = next((each for each in merged if each.lower() == name.lower()), name)
        merged[own] = f"{merged[own]},{value}" if own in merged else value
    return replace(endpoint, headers=merged)
