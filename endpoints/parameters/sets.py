"""Which parameters a model of an endpoint has, and what is chosen for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.addresses import address_of
from endpoints.providers.base import Endpoint
from siteconfig.parameters.fields import Parameter, Translatable
from siteconfig.parameters.settings import synonyms
from siteconfig.parameters.table import SETS

_REGION = re.compile(r"^(?:us|eu|ap|apac|jp|au|ca|sa|me|af|global|us-gov)\.")
_PLAIN_VENDOR = "bedrock-mistral"  # sampling and a cap: what a model of an unknown maker is sure to take


def set_name(endpoint: Endpoint, model: str) -> str:
    """Return the parameter set: the operator's word, else by who runs and who made the model."""
    if endpoint.parameter_set in SETS:
        return endpoint.parameter_set
    if endpoint.family == "bedrock" or endpoint.parameter_set == "bedrock":
        vendor = _REGION.sub("", model.rpartition("/")[2]).partition(".")[0]  # behind the slash of an ARN
        return name if (name := f"bedrock-{vendor}") in SETS else _PLAIN_VENDOR
    if endpoint.family in SETS and endpoint.family != "custom":
        return endpoint.family
    if endpoint.litellm_prefix == "anthropic/":
        return "anthropic"
    return "openrouter" if is_openrouter(endpoint) else "custom"


def is_openrouter(endpoint: Endpoint) -> bool:
    address = address_of(endpoint.base_url)
    return "openrouter" in endpoint.name.lower() or (address is not None and address[0] == "openrouter.ai")


def parameters_of(endpoint: Endpoint, model: str) -> tuple[Parameter, ...]:
    """Return the parameters of the model, as the operator's definitions have them and without what he drops."""
    found = SETS[set_name(endpoint, model)]
    defined = {str(each.get("key")): each for each in endpoint.param_definitions}
    kept = [each for each in found if each.key not in endpoint.drop_params]
    changed = [each.overridden(defined[each.key]) if each.key in defined else each for each in kept]
    return tuple(each for each in changed if each.options or each.control != "combobox")  # there is none to choose


@dataclass(slots=True)
class Chosen:
    """The values for one model by key, and why some choices are not used as they are."""

    values: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Translatable] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def refuse(self, words: Translatable, *keys: str) -> None:
        """Do not use what is chosen for `keys`; say why to whoever chose it."""
        for key in keys:
            if self.values.pop(key, None) is not None:
                self.notes[key] = words


def chosen_for(endpoint: Endpoint, model: str, settings: Mapping[str, Any]) -> Chosen:
    """Return what holds for a call: the operator's defaults, what the person set, what the operator adds.

    A choice that another set has under another name counts here too. What the set has not is passed over.
    """
    found = Chosen()
    for each in parameters_of(endpoint, model):
        names = (each.key, *synonyms(each.key))
        value = next((settings[name] for name in names if settings.get(name) not in _NOTHING), None)
        added = endpoint.add_params.get(each.key)
        if added not in _NOTHING and _is_of_kind(each, added):
            value = added
        if value is None:
            if each.always and each.default not in _NOTHING:
                found.values[each.key] = each.default
            continue
        _take(found, each, value)
    return found


_NOTHING: tuple[Any, ...] = (None, "", [], ())


def _is_of_kind(parameter: Parameter, value: Any) -> bool:
    if parameter.type == "boolean":
        return isinstance(value, bool)
    if parameter.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, list | tuple if parameter.type == "array" else str)


def _take(found: Chosen, parameter: Parameter, value: Any) -> None:
    key = parameter.key
    if parameter.type == "number":
        nearest = value
        if parameter.low is not None:
            nearest = max(nearest, parameter.low)
        if parameter.high is not None:
            nearest = min(nearest, parameter.high)
        if nearest != value:
            limit = f"{nearest:g}" if nearest < 1000 else f"{nearest:.0f}"
            found.notes[key] = _("Out of range for this model, so %(limit)s is used.") % {"limit": limit}
        found.values[key] = int(nearest) if parameter.whole else nearest
    elif parameter.options and parameter.type != "array" and value not in parameter.options:
        found.notes[key] = _("This model doesn't support this option, so it isn't sent.")
    elif parameter.type == "array" and parameter.most and len(value) > parameter.most:
        words = ngettext_lazy("Only the first %(count)d is sent.", "Only the first %(count)d are sent.", "count")
        found.notes[key] = words % {"count": parameter.most}
        found.values[key] = list(value)[: parameter.most]
    else:
        found.values[key] = list(value) if parameter.type == "array" else value


@cache
def interpreted() -> frozenset[str]:
    """Return the names that mean something here and are no fields of a request body."""
    plain = {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"}
    return frozenset(each.key for found in SETS.values() for each in found) - plain


def additions(endpoint: Endpoint) -> dict[str, Any]:
    """Return the operator's `addParams` that are fields of the request body as they stand."""
    return {
        name: value
        for name, value in endpoint.add_params.items()
        if name not in interpreted() or (name == "thinking" and not isinstance(value, bool))
    }
