"""Endpoints for tests, from one flat list of what differs from the usual."""

from dataclasses import fields, replace
from typing import Any

from endpoints.providers.base import Connection, Display, Endpoint, EndpointOrigin, ParameterRules, ServedModels

_NAMES = {  # what a test calls a field, where its part alone would not tell
    "models": ("models", "names"), "fetch_models": ("models", "fetch"), "add_params": ("parameters", "add"),
    "drop_params": ("parameters", "drop"), "parameter_set": ("parameters", "set_name"),
    "param_definitions": ("parameters", "definitions"), "model_display_label": ("display", "model_label"),
}  # fmt: skip
_PARTS = {
    "connection": Connection, "models": ServedModels, "parameters": ParameterRules, "display": Display,
    "origin": EndpointOrigin,
}  # fmt: skip
_WIRES = {"anthropic/": "anthropic", "gemini/": "google", "vertex_ai/": "vertex", "bedrock/": "bedrock"}


def make_endpoint(name: str, label: str = "", wire: str = "openai", **more: Any) -> Endpoint:
    """Return an endpoint. A `model_prefix` brings its wire along."""
    return changed(Endpoint(name, Connection(wire), Display(label or name)), **more)


def changed(endpoint: Endpoint, **changes: Any) -> Endpoint:
    """Return the endpoint with some fields of its parts, or whole parts, replaced."""
    whole = {name: value for name, value in changes.items() if name in {"name", "titles"}}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        if name not in whole:
            part, own = _NAMES.get(name) or (_part_of(name), name)
            parts.setdefault(part, {})[own] = value
    if prefix := changes.get("model_prefix"):
        parts["connection"]["wire"] = _WIRES.get(prefix, "litellm")
    made = {part: replace(getattr(endpoint, part), **own) for part, own in parts.items()}
    return replace(endpoint, **whole, **made)


def _part_of(name: str) -> str:
    return next(part for part, kind in _PARTS.items() if name in {field.name for field in fields(kind)})
