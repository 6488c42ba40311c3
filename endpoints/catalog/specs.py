"""The parameters of a model spec, and which parts of it clients may see."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from siteconfig.parameters.settings import keys, read
from siteconfig.schema.model_specs import ModelSpec

# What people who must take the spec as it is have no use for, and its author may want to keep.
_HIDDEN_FROM_CLIENTS = {
    "promptPrefix",
    "system",
    "instructions",
    "additional_instructions",
    "context",
    "examples",
    "tools",
    "additionalModelRequestFields",
}


def parameters_of_preset(spec: ModelSpec) -> dict[str, Any]:
    """Return the parameters that the spec's preset sets; a value that no model takes is left out."""
    return dict(_valid(spec))


def faults_of_preset(spec: ModelSpec) -> list[str]:
    """Return the names of parameters whose values no model takes."""
    valid = parameters_of_preset(spec)
    return [name for name in _written(spec) if name not in valid]


def to_dict(spec: ModelSpec, *, enforced: bool) -> dict[str, Any]:
    """Return the spec as clients may know it.

    Whom it may hand work to is never told; `_HIDDEN_FROM_CLIENTS` has the rest.
    """
    data = spec.model_dump(exclude_unset=True, exclude={"subagents"})
    data["preset"] = {
        name: value
        for name, value in spec.preset.model_dump(exclude_unset=True, exclude_none=True).items()
        if not (enforced and name in _HIDDEN_FROM_CLIENTS)
    }
    return {name: value for name, value in data.items() if value is not None}


def _written(spec: ModelSpec) -> dict[str, Any]:
    written = spec.preset.model_dump(exclude_none=True)
    return {name: written[name] for name in keys() if written.get(name) not in (None, "", [])}


def _valid(spec: ModelSpec) -> Iterator[tuple[str, Any]]:
    for name, value in _written(spec).items():
        try:
            yield from read({name: value}).items()
        except ValidationError:
            continue
