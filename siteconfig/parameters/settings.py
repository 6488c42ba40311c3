"""Validation of a person's parameters against all sets: stored JSON and API bodies may come from any endpoint."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from siteconfig.parameters.fields import MAX_LINE_LENGTH, Parameter
from siteconfig.parameters.table import SETS, SYNONYMS

MAX_STOP_SEQUENCES = 16  # what some provider or other takes


@cache
def union() -> type[BaseModel]:
    """Return the schema of all parameters by key; each takes what any of the sets that have it takes."""
    fields: dict[str, Any] = {key: (_annotation(parameters) | None, None) for key, parameters in _by_key().items()}
    schema: type[BaseModel] = create_model(
        "ModelParameters", __config__=ConfigDict(extra="forbid", frozen=True), **fields
    )
    return schema


def _by_key() -> dict[str, list[Parameter]]:
    by_key: dict[str, list[Parameter]] = {}
    for parameters in SETS.values():
        for parameter in parameters:
            by_key.setdefault(parameter.key, []).append(parameter)
    return by_key


def _annotation(sets: list[Parameter]) -> Any:
    first = sets[0]
    if first.type == "boolean":
        return bool
    if first.type == "array":
        return Annotated[
            list[Annotated[str, Field(min_length=1, max_length=MAX_LINE_LENGTH)]], Field(max_length=MAX_STOP_SEQUENCES)
        ]
    if first.type == "enum":
        options = dict.fromkeys(option for parameter in sets for option in parameter.options if option)
        return Literal[tuple(options)]
    if first.type == "string":
        return Annotated[str, Field(max_length=max(one.max_length for one in sets))]
    low = min(one.low for one in sets if one.low is not None)
    high = max(one.high for one in sets if one.high is not None)
    return Annotated[int if first.whole else float, Field(ge=low, le=high)]


def keys() -> tuple[str, ...]:
    return tuple(union().model_fields)


def read(chosen: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """Return what is set, in the order of the table. Empty texts, lists and nulls are no choices.

    Raises `pydantic.ValidationError` for unknown names and for values that no set takes; when it is `strict` also
    for values of another type, which a query string cannot help.
    """
    values = {key: value for key, value in chosen.items() if value not in (None, "", [], ())}
    return union().model_validate(values, strict=strict or None).model_dump(exclude_none=True)


def synonyms(key: str) -> tuple[str, ...]:
    """Return the names of the parameter in other sets."""
    return next((tuple(name for name in group if name != key) for group in SYNONYMS if key in group), ())
