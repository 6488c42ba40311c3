"""What is known of models, and under which key their price stands."""

import pytest

from billing.services.price_map import entry, rates_for
from endpoints.catalog.built_in_providers import PROVIDERS, Provider
from endpoints.catalog.profiles import LOCAL, UNKNOWN, price_keys, profile
from endpoints.providers.base import Endpoint

OPENAI = Endpoint("openAI", "OpenAI", "openai_wire", base_url="https://api.openai.com/v1")
GEMINI = Endpoint("google", "Google", "litellm", litellm_prefix="gemini/")
ANTHROPIC = Endpoint("anthropic", "Anthropic", "litellm", litellm_prefix="anthropic/")
MISTRAL = Endpoint("Mistral", "Mistral", "openai_wire", base_url="https://api.mistral.ai/v1", custom=True)
EMBEDDED = Endpoint("Local", "Local model", "openai_wire", base_url="http://127.0.0.1:8/v1", local=True)
OWN = Endpoint("Own", "Own", "openai_wire", base_url="http://10.0.0.7:8000/v1", custom=True)


@pytest.mark.parametrize(
    ("endpoint", "model", "keys"),
    [
        (OPENAI, "gpt-5", ("gpt-5",)),
        (GEMINI, "gemini-2.5-pro", ("gemini/gemini-2.5-pro", "gemini-2.5-pro")),
        (ANTHROPIC, "claude-opus-5", ("claude-opus-5",)),
        (MISTRAL, "mistral-small", ("mistral/mistral-small", "mistral-small")),
        (OWN, "meta/llama", ("meta/llama", "llama")),
        (EMBEDDED, "smollm2-135m-instruct", ()),
    ],
)
def test_price_keys(endpoint: Endpoint, model: str, keys: tuple[str, ...]) -> None:
    assert price_keys(endpoint, model) == keys


def test_profiles_come_from_the_price_map() -> None:
    found = profile(GEMINI, "gemini-2.5-pro")
    known = entry("gemini/gemini-2.5-pro")
    assert known is not None
    assert found.context_window == known["max_input_tokens"]
    assert found.max_output_tokens == known["max_output_tokens"]
    assert (found.supports_tools, found.supports_reasoning, found.supports_vision) == (True, True, True)


def test_unknown_models_get_what_is_safe() -> None:
    assert profile(OWN, "nobody-knows-it") == UNKNOWN
    assert profile(EMBEDDED, "smollm2-135m-instruct") == LOCAL
    assert not LOCAL.supports_tools


PREFIXES = {"google": "gemini/", "anthropic": "anthropic/", "bedrock": "bedrock/"}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_the_newest_built_in_models_have_a_price(provider: Provider) -> None:
    prefix = PREFIXES.get(provider.name, "")
    endpoint = Endpoint(
        provider.name, provider.label, "litellm" if prefix else "openai_wire", base_url=provider.base_url,
        litellm_prefix=prefix,
    )  # fmt: skip
    newest = provider.models[:8]  # what makers have withdrawn comes last, and has no price any more
    assert [model for model in newest if rates_for(price_keys(endpoint, model)) is None] == []
