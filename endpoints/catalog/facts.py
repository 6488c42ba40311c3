"""What is known about a model: one source for the prompt, the parameters, the API and the prices.

The operator's configuration takes precedence over the provider's list, that over the providers' own tables
(`endpoints/providers/*/facts.py`), those over the price map; the rest is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.services.price_map import entry, rates_for
from billing.services.pricing import UNITS, Rates
from endpoints.catalog import default_models
from endpoints.parameters.mapped import Sampling
from endpoints.providers import registry
from endpoints.providers.base import Endpoint
from endpoints.providers.compatible.hosts import price_map_name
from endpoints.providers.wires import WIRES
from endpoints.services.tokens import UNKNOWN

DEFAULT_WINDOW: Final = 32_000  # tokens, of a model that nobody knows
LOCAL_WINDOW: Final = 4_096
MIN_PROMPT_TOKENS: Final = 1_024
MIN_REPLY_TOKENS: Final = 1_024  # tokens that a reply has at least, where nobody caps it
REPLY_PART: Final = 4  # or this part of a window that is small
USABLE: Final = 0.95  # of what the reply leaves: lengths are estimated
SURE_REPLY: Final = 4_096  # tokens that every model writes
_SHORT: Final = 3  # characters of a name that stands in many others by chance
_KINDS: Final = ("prompt", "completion", "cache_read", "cache_write")

WindowSource = Literal["file", "list", "local", "table", "map", "assumed"]
WINDOW_SOURCES: Final[dict[WindowSource, Promise]] = {
    "file": _("from the configuration"),
    "list": _("from the server's model list"),
    "local": _("from the local model"),
    "table": _("from the built-in table"),
    "map": _("from the built-in price list"),
    "assumed": _("assumed, because its size is unknown"),
}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`window` and `max_output` are tokens; of `max_prompt` and `max_output` 0 says that nobody knows.

    `reasoning`: it is listed as one that reasons; `thinks`: it may think before it answers, by its name too.
    `sampling`: whether it takes temperature and top P, one of both, or neither. `written_rates` are those of the file
    or the provider's list.
    """

    window: int
    window_source: WindowSource
    max_prompt: int
    max_output: int
    is_known: bool  # the price map has it
    tools: bool
    vision: bool
    reasoning: bool
    thinks: bool
    sampling: Sampling
    price_keys: tuple[str, ...]  # under which the price map may have it, the best first
    written_rates: Rates | None
    own_entry: Mapping[str, Any] | None  # of Parley's own list

    @property
    def window_text(self) -> str:
        """Who says how large the window is."""
        return str(WINDOW_SOURCES[self.window_source])

    @property
    def listed_rates(self) -> Rates | None:
        """USD per million tokens, by the price map or Parley's own list."""
        return rates_for(self.price_keys) or (_listed_rates(self.own_entry) if self.own_entry else None)

    def usable(self, *, max_tokens: int, chosen: int | None) -> int:
        """Return the tokens that a prompt may have. What a person chose as the window is used as it is.

        `max_tokens` is the cap on the reply; 0 is none, and then a part of the window is kept for it.
        """
        if chosen:
            return chosen
        left = self.window - (max_tokens or min(MIN_REPLY_TOKENS, self.window // REPLY_PART))
        if self.window_source == "table":  # of which a provider may take less as a prompt
            left = min(left, self.max_prompt or left)
        return max(min(MIN_PROMPT_TOKENS, self.window // 2), round(left * USABLE))

    def longest_reply(self, *, prompt_tokens: int) -> int:
        """Return the most tokens that the model is sure to be allowed to write after such a prompt; 0 for none.

        Providers refuse a cap above what a model writes, or above what its window has left.
        """
        return max(min(self.max_output or SURE_REPLY, self.window - prompt_tokens), 0)


def facts(endpoint: Endpoint, model: str) -> ModelFacts:
    """Return what is known of a model of this endpoint; for an unknown one what is safe to assume."""
    keys = price_keys(endpoint, model)
    listed = [row for key in keys if (row := entry(key))]
    best: Mapping[str, Any] = listed[0] if listed else {}
    own = _own(endpoint, model)
    max_prompt = next((int(row["max_input_tokens"]) for row in listed if row.get("max_input_tokens")), 0)
    max_prompt = max_prompt or (int(own["window"]) if own else 0)
    window, window_source = _window(endpoint, model, max_prompt)
    local = endpoint.origin.local
    max_output = int(best.get("max_output_tokens") or 0) if listed else int(own["reply"]) if own else 0
    reasoning = bool(best.get("supports_reasoning")) if listed else bool(own and own.get("reasons"))
    return ModelFacts(
        window=window,
        window_source=window_source,
        max_prompt=max_prompt,
        max_output=0 if local else max_output,
        is_known=local or bool(listed),
        tools=bool(best.get("supports_function_calling")) if listed else not local,
        vision=bool(best.get("supports_vision")),
        reasoning=reasoning and not local,
        thinks=not local and (reasoning or _thinks(endpoint, model, is_listed=bool(listed))),
        sampling=_sampling(model),
        price_keys=keys,
        written_rates=endpoint.models.token_rates.get(model),
        own_entry=own,
    )


def price_keys(endpoint: Endpoint, model: str) -> tuple[str, ...]:
    """Return the keys of the price map under which `model` may stand, the best first."""
    if endpoint.origin.local:
        return ()
    connection = endpoint.connection
    keys = []
    if connection.model_prefix and not WIRES[connection.wire].is_priced_bare:
        keys.append(connection.model_prefix + model)
    if host := price_map_name(connection.base_url):
        keys.append(f"{host}/{model}")
    keys.append(model)
    if "/" in model:  # a host of many makers: the maker's own price is the nearest there is
        keys.append(model.rpartition("/")[2])
    return tuple(dict.fromkeys(keys))


def _own(endpoint: Endpoint, model: str) -> Mapping[str, Any] | None:
    """Return what Parley's own list says of a built-in provider's model, or None."""
    provider = registry.PROVIDERS.get(endpoint.origin.provider)
    name = (provider.default_models or provider.name) if provider else ""
    return default_models.known().get(name, {}).get(model)


def _window(endpoint: Endpoint, model: str, max_prompt: int) -> tuple[int, WindowSource]:
    """Return the tokens that prompt and reply may have together, and who says so."""
    if window := _longest(endpoint.models.windows, model):
        return window, "file"
    if window := endpoint.models.listed_windows.get(model, 0):
        return window, "list"
    if endpoint.origin.local:
        return LOCAL_WINDOW, "local"
    if window := _table_window(endpoint.origin.provider, model):
        return window, "table"
    return (max_prompt, "map") if max_prompt else (DEFAULT_WINDOW, "assumed")


@lru_cache(4_096)
def _table_window(provider: str, model: str) -> int:
    return _longest(registry.windows_of(provider), model)


def _longest(table: Mapping[str, int], model: str) -> int:
    """Return what stands under the name, else under the longest name that is part of it; 0 where there is none."""
    if not table:
        return 0
    if model in table:
        return table[model]
    name = model.lower()
    best = 0, 0
    for key, window in table.items():
        if len(key) >= best[0] and _is_part(key.lower(), name):
            best = len(key), window
    return best[1]


def _is_part(key: str, name: str) -> bool:
    at = name.find(key)
    return at >= 0 and (len(key) > _SHORT or at == 0 or not name[at - 1].isalnum())


def _thinks(endpoint: Endpoint, model: str, *, is_listed: bool) -> bool:
    """Whether the name tells that the model thinks; of one that nobody lists its name is all there is."""
    if any(provider.facts.thinks(model) for provider in registry.PROVIDERS.values()):
        return True
    if is_listed:
        return False
    names = {model, endpoint.models.wire_names.get(model, model)}
    patterns = [
        name_pattern for provider in registry.PROVIDERS.values() if (name_pattern := provider.facts.thinking_names)
    ]
    return any(pattern.search(name) for pattern in patterns for name in names)


@lru_cache(4_096)
def vocabulary_of(model: str) -> str:
    """Return the vocabulary by which a model's tokens are estimated; by its name, wherever it is served."""
    tables = (provider.facts.vocabularies for provider in registry.PROVIDERS.values())
    return next((name for table in tables for name, models in table.items() if models.search(model)), UNKNOWN)


@lru_cache(4_096)
def _sampling(model: str) -> Sampling:
    samplings = (provider.facts.sampling(model) for provider in registry.PROVIDERS.values())
    return next((sampling for sampling in samplings if sampling != "free"), "free")


def _listed_rates(known: Mapping[str, Any]) -> Rates:
    """Return the rates of Parley's own list, with those that hold above so many prompt tokens."""
    prompt, completion, cache_read, cache_write = (Decimal(known[name]) for name in _KINDS)
    tiers = tuple((int(size), _listed_rates(rates)) for size, rates in known.get("above", {}).items())
    hour = Decimal(known["cache_write_1h"]) if "cache_write_1h" in known else None
    unit_rates = {kind: Decimal(known[kind]) for kind in UNITS if kind in known}
    return Rates(prompt, completion, cache_read, cache_write, tiers=tiers, cache_write_1h=hour).with_units(unit_rates)
