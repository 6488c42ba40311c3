"""OpenAI-compatible hosts that are recognised by name or address: one row each."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.addresses import address_of
from endpoints.providers.base import Endpoint
from endpoints.providers.provider import Preset


@dataclass(frozen=True, slots=True)
class Host:
    """`name` is also that of its icon, and of the endpoints that have it. `hosts` are its addresses' names.

    `price_map`: what the price map calls it; `port`: where it listens on a machine of one's own, under `label`.
    """

    name: str
    hosts: tuple[str, ...] = ()
    price_map: str = ""
    preset: Preset | None = None
    tells_prices: bool = False  # in its list of models
    label: str = ""
    port: int = 0
    has_icon: bool = True


HOSTS: Final = (
    Host(
        "mistral",
        ("api.mistral.ai",),
        "mistral",
        Preset(
            "mistral",
            "Mistral",
            _("Mistral's own models"),
            base_url="https://api.mistral.ai/v1",
            key_page="https://console.mistral.ai/api-keys",
        ),
    ),
    Host(
        "openrouter",
        ("openrouter.ai",),
        "openrouter",
        Preset(
            "openrouter",
            "OpenRouter",
            _("Hundreds of models behind one key"),
            base_url="https://openrouter.ai/api/v1",
            key_page="https://openrouter.ai/settings/keys",
        ),
        tells_prices=True,
    ),
    Host(
        "groq",
        ("api.groq.com",),
        "groq",
        Preset(
            "groq",
            "Groq",
            _("Open models, very fast"),
            base_url="https://api.groq.com/openai/v1",
            key_page="https://console.groq.com/keys",
        ),
    ),
    Host(
        "deepseek",
        ("api.deepseek.com",),
        "deepseek",
        Preset(
            "deepseek",
            "DeepSeek",
            _("DeepSeek's own models"),
            base_url="https://api.deepseek.com/v1",
            key_page="https://platform.deepseek.com/api_keys",
        ),
    ),
    Host(
        "xai",
        ("api.x.ai",),
        "xai",
        Preset("xai", "xAI", _("Grok"), base_url="https://api.x.ai/v1", key_page="https://console.x.ai"),
    ),
    Host(
        "together.ai",
        ("api.together.xyz",),
        "together_ai",
        Preset(
            "together",
            "Together AI",
            _("Open models"),
            base_url="https://api.together.xyz/v1",
            key_page="https://api.together.ai/settings/api-keys",
        ),
    ),
    Host(
        "ollama",
        preset=Preset(
            "ollama", "Ollama", _("Models on your own machine"), base_url="http://localhost:11434/v1", needs_key=False
        ),
        label="ollama",
        port=11434,
    ),
    Host("lm studio", label="LM Studio", port=1234, has_icon=False),
    Host("llama.cpp", label="llama.cpp", port=8080, has_icon=False),
    Host("vllm", label="vLLM", port=8000, has_icon=False),
    Host("perplexity", ("api.perplexity.ai",), "perplexity"),
    Host("fireworks", ("api.fireworks.ai",), "fireworks_ai"),
    Host("cohere", ("api.cohere.ai",), "cohere"),
    Host("moonshot", ("api.moonshot.ai",), "moonshot"),
    Host("qwen", ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"), "dashscope"),
    Host("deepinfra", ("api.deepinfra.com",), "deepinfra", has_icon=False),
    Host("helicone", tells_prices=True),
    *(Host(name) for name in ("anyscale", "apipie", "huggingface", "lemonade", "mlx", "shuttleai", "unify", "vercel")),
)
ICONS: Final = frozenset(host.name for host in HOSTS if host.has_icon)
LOCAL_PORTS: Final = {host.label: host.port for host in HOSTS if host.port}  # their makers' own
OTHER: Final = Preset("other", _("Another server"), _("Any server that speaks the OpenAI protocol"), needs_key=False)
# USD per million tokens of a model that is chosen later: the list has none.
PRICES_OF_CHOICE: Final = {"openrouter/auto": (Decimal(10), Decimal(30))}
_PRICE_MAP: Final = {address: host.price_map for host in HOSTS for address in host.hosts}
_PRICED: Final = frozenset(host.name for host in HOSTS if host.tells_prices)


def price_map_name(base_url: str) -> str:
    """Return what the price map calls the provider behind an address, or an empty string."""
    address = address_of(base_url)
    return _PRICE_MAP.get(address[0], "") if address else ""


def tells_prices(endpoint: Endpoint) -> bool:
    return endpoint.models.fetch and endpoint.name.lower() in _PRICED


def has_tags(endpoint: Endpoint) -> bool:
    """Whether it also lists its models beside the protocol, with their windows, at ``/api/tags``."""
    return endpoint.name.lower().startswith("ollama")


def set_of_host(endpoint: Endpoint) -> str:
    """Return the parameter set of a place that speaks the usual protocol."""
    return "openrouter" if is_openrouter(endpoint) else "custom"


def is_openrouter(endpoint: Endpoint) -> bool:
    address = address_of(endpoint.connection.base_url)
    return "openrouter" in endpoint.name.lower() or (address is not None and address[0] == "openrouter.ai")
