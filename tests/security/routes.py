"""Every route of the site, so that a rule is tried against tomorrow's routes too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    """One pattern. `path` has a place ``{name}`` for each part that varies; `kinds` says what may stand there."""

    path: str
    name: str
    kinds: Mapping[str, str]
    callback: Any

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_admin(self) -> bool:
        return self.path.startswith(("/admin/", "/api/admin/"))

    def url(self, **values: object) -> str:
        return self.path.format(**{name: values.get(name, _EXAMPLES[kind]) for name, kind in self.kinds.items()})


_EXAMPLES: dict[str, object] = {
    "UUIDConverter": "01900000-0000-7000-8000-00000000ffff",
    "StringConverter": "example",
    "PathConverter": "example",
    "EndpointConverter": "example",
    "SlugConverter": "example",
    "IntConverter": 1,
}


def all_routes() -> list[Route]:
    """Return every route but the catch-alls, which are regular expressions."""
    routes = list(_walk(get_resolver().url_patterns, "/", ""))
    assert len(routes) > 20
    return routes


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for item in patterns:
        pattern = item.pattern
        if not isinstance(pattern, RoutePattern):
            continue
        path, kinds = _template(pattern)
        if isinstance(item, URLResolver):
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            for route in _walk(item.url_patterns, prefix + path, inner):
                yield Route(route.path, route.name, {**kinds, **route.kinds}, route.callback)
        elif isinstance(item, URLPattern):
            yield Route(prefix + path, f"{namespace}{item.name or ''}", kinds, item.callback)


def _template(pattern: RoutePattern) -> tuple[str, dict[str, str]]:
    text = str(pattern)
    kinds = {name: type(converter).__name__ for name, converter in pattern.converters.items()}
    for name in kinds:
        start = text.index("<")
        end = text.index(">", start)
        assert text[start : end + 1].endswith(f"{name}>")
        text = f"{text[:start]}{{{name}}}{text[end + 1 :]}"
    return text, kinds
