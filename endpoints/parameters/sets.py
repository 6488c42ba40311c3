"""The parameters of a model at an endpoint, and the person's value of each."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from endpoints.catalog.facts import facts
from endpoints.parameters.mapped import Chosen
from endpoints.providers import registry
from endpoints.providers.base import Endpoint
from endpoints.providers.compatible.hosts import set_of_host
from endpoints.providers.wires import WIRES
from siteconfig.parameters.fields import Parameter
from siteconfig.parameters.settings import synonyms
from siteconfig.parameters.table import SETS


def set_name(endpoint: Endpoint, model: str) -> str:
    """Return the parameter set: the operator's word, else by who runs and who made the model."""
    named, own = endpoint.parameters.set_name, endpoint.origin.provider
    if named in SETS:
        return named
    for provider in filter(None, map(registry.PROVIDERS.get, (named, own))):
        if provider.parameter_set is not None:
            return provider.parameter_set(model)
    if own in SETS and own != "custom":
        return own
    return WIRES[endpoint.connection.wire].parameter_set or set_of_host(endpoint)


def parameters_of(endpoint: Endpoint, model: str) -> tuple[Parameter, ...]:
    """Return the parameters of the model, as the operator's definitions have them and without what he drops."""
    parameters = SETS[set_name(endpoint, model)]
    defined = {str(definition.get("key")): definition for definition in endpoint.parameters.definitions}
    kept = [parameter for parameter in parameters if parameter.key not in endpoint.parameters.drop]
    changed = [
        parameter.overridden(defined[parameter.key]) if parameter.key in defined else parameter for parameter in kept
    ]
    # A list without options leaves nothing to choose.
    return tuple(parameter for parameter in changed if parameter.options or parameter.control != "combobox")


def chosen_for(endpoint: Endpoint, model: str, settings: Mapping[str, Any]) -> Chosen:
    """Return what holds for a call: the operator's defaults, what the person set, what the operator adds.

    A choice that another set has under another name counts here too. What the set has not is passed over.
    """
    chosen = Chosen(sampling=facts(endpoint, model).sampling)
    for parameter in parameters_of(endpoint, model):
        names = (parameter.key, *synonyms(parameter.key))
        value = next((settings[name] for name in names if settings.get(name) not in _NOTHING), None)
        added = endpoint.parameters.add.get(parameter.key)
        if added not in _NOTHING and _is_of_kind(parameter, added):
            value = added
        if value is None:
            if parameter.always and parameter.default not in _NOTHING:
                chosen.values[parameter.key] = parameter.default
            continue
        _take(chosen, parameter, value)
    return chosen


_NOTHING: tuple[Any, ...] = (None, "", [], ())


def _is_of_kind(parameter: Parameter, value: Any) -> bool:
    if parameter.type == "boolean":
        return isinstance(value, bool)
    if parameter.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, list | tuple if parameter.type == "array" else str)


def _take(chosen: Chosen, parameter: Parameter, value: Any) -> None:
    key = parameter.key
    if parameter.type == "number":
        nearest = value
        if parameter.low is not None:
            nearest = max(nearest, parameter.low)
        if parameter.high is not None:
            nearest = min(nearest, parameter.high)
        if nearest != value:
            limit = f"{nearest:g}" if nearest < 1000 else f"{nearest:.0f}"
            chosen.notes[key] = _("Out of range for this model, so %(limit)s is used.") % {"limit": limit}
        chosen.values[key] = int(nearest) if parameter.whole else nearest
    elif parameter.options and parameter.type != "array" and value not in parameter.options:
        chosen.notes[key] = _("This model doesn't support this option, so it isn't sent.")
    elif parameter.type == "array" and parameter.max_items and len(value) > parameter.max_items:
        message = ngettext_lazy("Only the first %(count)d is sent.", "Only the first %(count)d are sent.", "count")
        chosen.notes[key] = message % {"count": parameter.max_items}
        chosen.values[key] = list(value)[: parameter.max_items]
    else:
        chosen.values[key] = list(value) if parameter.type == "array" else value
