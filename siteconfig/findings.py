"""Converts pydantic's validation errors to faults with a path and a line of the file."""

from collections.abc import Sequence
from typing import Any, get_args

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from siteconfig.faults import Fault, KeyPath, Lines, message_of, path_of
from siteconfig.schema.document import Document


def faults_of(error: ValidationError, document: dict[str, Any], lines: Lines) -> list[Fault]:
    """Return one fault for each place, in the file's own terms."""
    details = [
        (key_path, whole, detail)
        for detail in error.errors(include_url=False, include_input=False)
        for key_path, whole in [_in_file(detail["loc"], document)]
    ]
    key_paths = {key_path for key_path, *_ in details}
    messages: dict[KeyPath, list[str]] = {}
    for key_path, whole, detail in details:
        # Of several kinds that a value may be of, the one that fits best says what is wrong inside.
        if whole or not any(other[: len(key_path)] == key_path and other != key_path for other in key_paths):
            messages.setdefault(key_path, []).append(message_of(detail, _allowed(key_path)))
    joint = _(", or ")
    return [
        Fault(path_of(key_path), lines.of(key_path), joint.join(dict.fromkeys(said)))
        for key_path, said in messages.items()
    ]


def _in_file(location: Sequence[str | int], document: Any) -> tuple[KeyPath, bool]:
    """Return the place without the names that pydantic gives to the branches of a union, and whether it had none.

    The last step may name a key that is not there.
    """
    key_path: list[str | int] = []
    value = document
    for step in location:
        inside = isinstance(value, dict) and step in value
        if inside or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            value = value[step]
            key_path.append(step)
        elif isinstance(value, dict) and step in _keys(_models(key_path)):
            key_path.append(step)
            break
    return tuple(key_path), len(key_path) == len(location)


def _models(key_path: Sequence[str | int]) -> list[type[BaseModel]]:
    """Return the models that may stand at `key_path`: several for a union."""
    models: list[type[BaseModel]] = [Document]
    for step in key_path:
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


def _allowed(key_path: KeyPath) -> list[str]:
    return _keys(_models(key_path[:-1]))
