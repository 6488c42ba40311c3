"""From what pydantic finds to faults with a path and a line of the file."""

from collections.abc import Sequence
from typing import Any, get_args

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from siteconfig.faults import Fault, Lines, Place, message_of, path_of
from siteconfig.schema.document import Document


def faults_of(error: ValidationError, document: dict[str, Any], lines: Lines) -> list[Fault]:
    """Return one fault for each place, in the file's own terms."""
    found = [
        (place, whole, each)
        for each in error.errors(include_url=False, include_input=False)
        for place, whole in [_in_file(each["loc"], document)]
    ]
    places = {place for place, *_ in found}
    messages: dict[Place, list[str]] = {}
    for place, whole, each in found:
        # Of several kinds that a value may be of, the one that fits best says what is wrong inside.
        if whole or not any(other[: len(place)] == place and other != place for other in places):
            messages.setdefault(place, []).append(message_of(each, _allowed(place)))
    joint = _(", or ")
    return [Fault(path_of(place), lines.of(place), joint.join(dict.fromkeys(said))) for place, said in messages.items()]


def _in_file(location: Sequence[str | int], document: Any) -> tuple[Place, bool]:
    """Return the place without the names that pydantic gives to the branches of a union, and whether it had none.

    The last step may name a key that is not there.
    """
    place: list[str | int] = []
    value = document
    for step in location:
        inside = isinstance(value, dict) and step in value
        if inside or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            value = value[step]
            place.append(step)
        elif isinstance(value, dict) and step in _keys(_models(place)):
            place.append(step)
            break
    return tuple(place), len(place) == len(location)


def _models(place: Sequence[str | int]) -> list[type[BaseModel]]:
    """Return the models that may stand at `place`: several for a union."""
    models: list[type[BaseModel]] = [Document]
    for step in place:
        fields = [
            field for model in models for name, field in model.model_fields.items() if step in {name, field.alias}
        ]
        if fields:
            models = [model for field in fields for model in _models_in(field.annotation)]
    return models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _fields(models: Sequence[type[BaseModel]]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or name, field) for model in models for name, field in model.model_fields.items()]


def _keys(models: Sequence[type[BaseModel]]) -> list[str]:
    return [name for name, _field in _fields(models)]


def _allowed(place: Place) -> list[str]:
    return _keys(_models(place[:-1]))
