"""Maps a person's settings to the fields of a request, with the operator's rules applied."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from endpoints.catalog.facts import facts
from endpoints.parameters.additions import additions
from endpoints.parameters.mapped import Chosen, Mapped
from endpoints.parameters.sets import chosen_for, set_name
from endpoints.providers import registry
from endpoints.providers.base import Endpoint

_TOP_P = {"top_p", "topP"}
_CAPS = ("max_tokens", "maxOutputTokens", "maxTokens")


def request_fields(endpoint: Endpoint, model: str, settings: Mapping[str, Any]) -> Mapped:
    """Return what is sent for `settings` (`siteconfig.parameters.settings.read`), and why some of it is not.

    The operator's defaults stand before what the person set, his `addParams` after it; his `dropParams` are gone.
    """
    rules, chosen = endpoint.parameters, chosen_for(endpoint, model, settings)
    mapper = registry.mapper_of(set_name(endpoint, model))
    mapped = _within_reach(endpoint, model, mapper.fields(endpoint, model, chosen), chosen)
    params = {name: value for name, value in mapped.params.items() if name not in rules.drop}
    added, notes = additions(rules), mapped.notes
    if added.keys() & _TOP_P and "temperature" in params and chosen.sampling != "free":
        del params["temperature"]  # the operator's word is sent as it stands
        notes = {
            **notes,
            "temperature": _("This model accepts either temperature or top P, and the operator has set top P."),
        }
    return replace(mapped, params=params | added, notes=notes)


def _within_reach(endpoint: Endpoint, model: str, mapped: Mapped, chosen: Chosen) -> Mapped:
    """Return the request with a cap on the reply that the model of a built-in provider does not refuse."""
    longest = facts(endpoint, model).max_output if registry.provider_of(endpoint).limits_replies else 0
    if not longest or mapped.max_tokens <= longest:
        return mapped
    why = ngettext_lazy(
        "This model can write at most %(limit)d token, so that is used.",
        "This model can write at most %(limit)d tokens, so that is used.",
        longest,
    ) % {"limit": longest}
    notes = {key: why for key in _CAPS if chosen.get(key) is not None}
    return replace(mapped, max_tokens=longest, notes={**mapped.notes, **notes})


def with_headers(endpoint: Endpoint, headers: Mapping[str, str]) -> Endpoint:
    """Return the endpoint with headers that a call needs; a value of the operator's own is kept before ours."""
    if not headers:
        return endpoint
    merged = dict(endpoint.connection.headers)
    for name, value in headers.items():
        own = next((known for known in merged if known.lower() == name.lower()), name)
        merged[own] = f"{merged[own]},{value}" if own in merged else value
    return replace(endpoint, connection=replace(endpoint.connection, headers=merged))
