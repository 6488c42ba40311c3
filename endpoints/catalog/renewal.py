"""Updates the built-in providers' models from a price map: prices, windows, longest replies.

`built_in.json` has, by provider and in menu order, every model that is offered if none are configured. So lists, prices
and windows cannot diverge. A model that the map drops keeps its values, and its `source` says where they can be
checked.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from billing.services.price_map import rates_of_entry
from endpoints.catalog.default_models import FILE
from endpoints.providers import registry
from endpoints.providers.provider import ProviderFacts

Models = dict[str, dict[str, Any]]  # name: its figures


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One figure that differs, a model that is new, or one that the map has no more."""

    provider: str
    model: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.provider} {self.model}: {self.field} {self.before} -> {self.after}"


def renewed(known: Mapping[str, Models], entries: Mapping[str, Any], *, add: bool) -> dict[str, Models]:
    """Return the figures as the map has them; `add`: also its new models, behind the others."""
    return {provider: _renewed(provider, models, entries, add=add) for provider, models in known.items()}


def changes(
    before: Mapping[str, Models], after: Mapping[str, Models], entries: Mapping[str, Any]
) -> Iterator[ModelChange]:
    for provider, models in after.items():
        for model, figures in models.items():
            old = before[provider].get(model)
            if old is None:
                yield ModelChange(provider, model, "model", None, "new")
                continue
            for name in sorted({*old, *figures}):
                if old.get(name) != figures.get(name):
                    yield ModelChange(provider, model, name, old.get(name), figures.get(name))
            if not _figures(entries.get(_facts(provider).price_prefix + model)):
                yield ModelChange(provider, model, "price list", "kept", "no longer there")


def to_text(known: Mapping[str, Models]) -> str:
    """Return the file: a model on each line."""
    blocks = []
    for provider, models in known.items():
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(figures)}" for name, figures in models.items())
        blocks.append(f" {json.dumps(provider)}: {{\n{rows}\n }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def read() -> dict[str, Models]:
    models: dict[str, Models] = json.loads(FILE.read_text())
    return models


def _facts(provider: str) -> ProviderFacts:
    return registry.PROVIDERS[provider].facts


def _is_offered(provider: str, name: str) -> bool:
    pattern = _facts(provider).new_models
    return pattern is not None and pattern.fullmatch(name) is not None


def _renewed(provider: str, models: Models, entries: Mapping[str, Any], *, add: bool) -> Models:
    prefix = _facts(provider).price_prefix
    renewed_models = {name: _figures(entries.get(prefix + name)) or figures for name, figures in models.items()}
    if add:
        for key in entries:
            name = key.removeprefix(prefix)
            is_new = key.startswith(prefix) and name not in renewed_models and _is_offered(provider, name)
            if is_new and (figures := _figures(entries[key])):
                renewed_models[name] = figures
    return renewed_models


def _figures(entry: Any) -> dict[str, Any]:
    """Return what an entry says of a model, or nothing where it has no price or no window."""
    if not isinstance(entry, Mapping) or not entry.get("max_input_tokens"):
        return {}
    rates = rates_of_entry(entry)
    if rates is None:
        return {}
    reply = int(entry.get("max_output_tokens") or 0)
    figures: dict[str, Any] = {"window": int(entry["max_input_tokens"]), "reply": reply, **rates.to_json()}
    if rates.tiers:
        figures["above"] = {str(size): tier.to_json() for size, tier in rates.tiers}
    if entry.get("supports_reasoning"):
        figures["reasons"] = True
    return figures
