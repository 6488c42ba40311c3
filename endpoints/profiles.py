"""What a model can do, and under which names its price may be found."""

from dataclasses import dataclass

from billing.price_map import entry
from endpoints.adapters.base import Endpoint

DEFAULT_WINDOW = 32_000
LOCAL_WINDOW = 4_096
DEFAULT_OUTPUT = 32_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Tokens of the window and of the longest reply; the rest says what may be asked of the model."""

    context_window: int = DEFAULT_WINDOW
    max_output_tokens: int = DEFAULT_OUTPUT
    supports_tools: bool = True
    supports_reasoning: bool = False
    supports_vision: bool = False


def price_keys(endpoint: Endpoint, model: str) -> tuple[str, ...]:
    """Return the keys to try in the price map: with the provider's prefix, then bare."""
    if endpoint.local:
        return ()
    prefixed = endpoint.litellm_prefix + model
    return tuple(dict.fromkeys([prefixed, model, model.rpartition("/")[2]]))


def profile(endpoint: Endpoint, model: str) -> Profile:
    """Return what the price map knows of the model; sensible defaults for the rest."""
    if endpoint.local:
        return Profile(LOCAL_WINDOW, LOCAL_WINDOW // 2, supports_tools=False)
    for key in price_keys(endpoint, model):
        if found := entry(key):
            return Profile(
                context_window=int(found.get("max_input_tokens") or DEFAULT_WINDOW),
                max_output_tokens=int(found.get("max_output_tokens") or DEFAULT_OUTPUT),
                supports_tools=bool(found.get("supports_function_calling")),
                supports_reasoning=bool(found.get("supports_reasoning")),
                supports_vision=bool(found.get("supports_vision")),
            )
    return Profile()
