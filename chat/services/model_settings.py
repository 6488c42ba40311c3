"""The parameters that a person set for a conversation's model: one reader for pages, API and stored JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from endpoints.catalog import registry
from endpoints.catalog.specs import parameters_of_preset
from siteconfig.parameters.settings import read, synonyms, union


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Parameters by their names in the REST API (section 32.2); what is unset is not there."""

    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, values: Mapping[str, Any], *, strict: bool = False) -> "ModelSettings":
        """Raises `pydantic.ValidationError` for an unknown name or a value that no model takes.

        `strict` takes no number in a text, as a query string has it.
        """
        return cls(read(values, strict=strict))

    @classmethod
    def read_json(cls, text: str) -> "ModelSettings":
        """Raises `ValueError` for what is no JSON object, or as `read`."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("not an object")
        return cls.read(values)

    def get(self, key: str) -> Any:
        """Return what is set under the name, or under the name that another set has for the same thing."""
        return next((self.values[name] for name in (key, *synonyms(key)) if name in self.values), None)

    def to_json(self) -> dict[str, Any]:
        return dict(self.values)


def asked_with(spec_name: str, chosen: Mapping[str, Any]) -> ModelSettings | None:
    """Return the parameters that hold: a spec's, and upon them what a person has chosen, unless specs are enforced.

    None: there is no such spec. Raises `pydantic.ValidationError` as `ModelSettings.read`.
    """
    if not spec_name:
        return ModelSettings.read(chosen)
    current = registry.current()
    spec = current.spec(spec_name)
    if spec is None:
        return None
    preset = ModelSettings(parameters_of_preset(spec))
    if current.enforces_specs:
        return preset
    own = ModelSettings.read(chosen)
    hidden = {same for name in own.values for same in synonyms(name)}
    return ModelSettings(
        {name: value for name, value in preset.values.items() if name not in hidden} | dict(own.values)
    )


def describe_parameters(schema: dict[str, Any]) -> None:
    """Add the parameters to the description of a body that has them beside its own fields."""
    schema["properties"] |= union().model_json_schema()["properties"]
