"""For how long a provider may keep the prompt of a call in its cache: what is written to it costs more than input."""

from collections.abc import Iterator, Mapping
from typing import Any

from billing.services.pricing import CacheLife
from endpoints.parameters.additions import additions
from endpoints.providers.base import ModelRequest

_MARKS = {"cache_control", "cachePoint", "cache_control_injection_points"}


def as_asked(request: ModelRequest) -> CacheLife:
    """Return for how long the request asks to keep its prompt: of a provider that keeps nothing by itself.

    A mark may stand anywhere in the fields, also in those that the operator adds.
    """
    rules = request.endpoint.parameters
    fields = {**request.params, **additions(rules)}
    marks = list(_marks_in({name: value for name, value in fields.items() if name not in rules.drop}))
    if not marks:
        return ""
    return "1h" if any(life != "5m" for mark in marks for life in _lives_in(mark)) else "5m"


def by_itself(request: ModelRequest) -> CacheLife:
    """Return as much for a provider that keeps prompts unasked: for a short time, unless more is asked for."""
    return as_asked(request) or "5m"


def _marks_in(value: Any) -> Iterator[Any]:
    for name, item in _items_of(value):
        if name in _MARKS and item:
            yield item
        else:
            yield from _marks_in(item)


def _lives_in(mark: Any) -> Iterator[Any]:
    for name, item in _items_of(mark):
        if name == "ttl":
            yield item or "5m"
        else:
            yield from _lives_in(item)


def _items_of(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from (("", item) for item in value)
