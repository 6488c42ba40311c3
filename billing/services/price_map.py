"""litellm's bundled price map, read as a file: importing litellm would cost 150 MB and seconds."""

import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from billing.services.pricing import Rates, as_rate, rate_of

FILE = "model_prices_and_context_window_backup.json"
_TIER = re.compile(r"(input|output)_cost_per_token_above_(\d+)k_tokens")
_CACHE_TIER = re.compile(r"cache_(read|creation)_input_token_cost(?:_above_1hr)?_above_(\d+)k_tokens")
# What is not counted in tokens, in USD each: the first name that an entry has. Input and output of a kind are one price
# under two names, not two that add up.
_UNIT_NAMES = {
    "images": ("output_cost_per_image", "input_cost_per_image"),
    "seconds": ("input_cost_per_second", "output_cost_per_second"),
    "characters": ("input_cost_per_character",),
    "pages": ("ocr_cost_per_page",),
}
_BY_QUERY = {"search": "searches", "rerank": "calls", "vector_store": "calls"}  # by mode: what a query is counted as
# Only these are sold without a price of tokens. A chat model with a price per second is rented by the hour.
_WITHOUT_TOKENS = {
    "audio_speech", "audio_transcription", "image_edit", "image_generation", "ocr", "rerank", "search", "vector_store",
}  # fmt: skip
_KEPT = {
    "mode",
    "input_cost_per_query",
    "search_context_cost_per_query",
    *chain.from_iterable(_UNIT_NAMES.values()),
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
    "cache_creation_input_token_cost_above_1hr",
    "max_input_tokens",
    "max_output_tokens",
    "supports_function_calling",
    "supports_reasoning",
    "supports_vision",
}


def entry(key: str) -> Mapping[str, Any] | None:
    """Return what the map says of a model, or None. Costs are USD per one token, as decimals."""
    return _entries().get(key)


def rates_for(keys: Sequence[str]) -> Rates | None:
    """Return the rates of the first of `keys` that has a price, or None where nobody knows it."""
    for key in keys:
        map_entry = entry(key)
        if map_entry and (rates := rates_of_entry(map_entry)):
            return rates
    return None


def rates_of_entry(map_entry: Mapping[str, Any]) -> Rates | None:
    """Return the rates that an entry of a price map tells, or None where it has no price."""
    costs = [map_entry.get(name) for name in ("input_cost_per_token", "output_cost_per_token")]
    unit_rates = _unit_rates(map_entry)
    if None in costs and not (unit_rates and map_entry.get("mode") in _WITHOUT_TOKENS):
        return None
    return _rates(map_entry).with_units(unit_rates)


def installed() -> Mapping[str, Any]:
    """Return the map that comes with litellm, by key."""
    return _entries()


def read_map(path: Path) -> Any:
    """Return a price map from its file, its fractions as they are written. Raises `OSError`, `ValueError`."""
    return json.loads(path.read_text(), parse_float=Decimal)


def _rates(map_entry: Mapping[str, Any]) -> Rates:
    thresholds = sorted(
        {int(match[2]) for name in map_entry if (match := _TIER.fullmatch(name) or _CACHE_TIER.fullmatch(name))}
    )
    base = _row(map_entry, "")
    tiers = [(size * 1000, _row(map_entry, f"_above_{size}k_tokens", base)) for size in thresholds]
    return _to_rates(base, tuple((size, _to_rates(row)) for size, row in tiers))


def _unit_rates(map_entry: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the rates of what is not counted in tokens, those that cost something."""
    rates = {
        kind: next((map_entry[name] for name in names if map_entry.get(name)), 0) for kind, names in _UNIT_NAMES.items()
    }
    if kind := _BY_QUERY.get(map_entry.get("mode", "")):
        rates[kind] = map_entry.get("input_cost_per_query") or 0
    elif isinstance(by_size := map_entry.get("search_context_cost_per_query"), Mapping):
        rates["searches"] = by_size.get("search_context_size_medium") or 0
    return {kind: as_rate(Decimal(str(rate))) for kind, rate in rates.items() if rate}


def _to_rates(row: Mapping[str, Decimal], tiers: Sequence[tuple[int, Rates]] = ()) -> Rates:
    return Rates(**row, tiers=tiers)


def _row(map_entry: Mapping[str, Any], suffix: str, base: Mapping[str, Decimal] | None = None) -> dict[str, Decimal]:
    """Return one row of rates. What a tier does not name is as below it, a missing cache rate as the prompt's."""
    base = base or {}

    def rate(name: str, fallback: Decimal) -> Decimal:
        value = map_entry.get(name + suffix)
        return fallback if value is None else rate_of(value)

    prompt = rate("input_cost_per_token", base.get("prompt", Decimal(0)))
    row = {
        "prompt": prompt,
        "completion": rate("output_cost_per_token", base.get("completion", Decimal(0))),
        "cache_read": rate("cache_read_input_token_cost", base.get("cache_read", prompt)),
        "cache_write": rate("cache_creation_input_token_cost", base.get("cache_write", prompt)),
    }
    hour = rate("cache_creation_input_token_cost_above_1hr", base.get("cache_write_1h", row["cache_write"]))
    return row | ({"cache_write_1h": hour} if hour != row["cache_write"] else {})


@cache
def _entries() -> dict[str, dict[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    return {
        key: kept
        for key, value in read_map(Path(spec.origin).parent / FILE).items()
        if isinstance(value, dict) and key != "sample_spec" and (kept := _slim(value))
    }


def _slim(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: item
        for name, item in value.items()
        if item is not None and (name in _KEPT or _TIER.fullmatch(name) or _CACHE_TIER.fullmatch(name))
    }
