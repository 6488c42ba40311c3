"""What is known of models: their windows, what they can do, and under which key their price stands."""

from pathlib import Path

import pytest

from billing.services.price_map import entry, rates_for
from endpoints.catalog.facts import DEFAULT_WINDOW, MIN_PROMPT_TOKENS, MIN_REPLY_TOKENS, USABLE, facts, price_keys
from endpoints.providers.base import Endpoint
from endpoints.providers.provider import Provider
from endpoints.providers.registry import built_in
from tests.endpoint_maker import make_endpoint

ROOT = Path(__file__).resolve().parents[2]

OPENAI = make_endpoint("openAI", "OpenAI", "openai", base_url="https://api.openai.com/v1")
GEMINI = make_endpoint("google", "Google", "litellm", model_prefix="gemini/")
ANTHROPIC = make_endpoint("anthropic", "Anthropic", "litellm", model_prefix="anthropic/")
MISTRAL = make_endpoint("Mistral", "Mistral", "openai", base_url="https://api.mistral.ai/v1", custom=True)
EMBEDDED = make_endpoint("Local", "Local model", "openai", base_url="http://127.0.0.1:8/v1", local=True)
OWN = make_endpoint("Own", "Own", "openai", base_url="http://10.0.0.7:8000/v1", custom=True)


def endpoint(family: str = "custom", **more: object) -> Endpoint:
    return make_endpoint(name="Mine", label="Mine", wire="openai", provider=family, **more)


@pytest.mark.parametrize(
    ("family", "model", "window"),
    [
        ("openAI", "gpt-3.5-turbo-0125", 16_375), ("openAI", "gpt-4", 8_187), ("openAI", "gpt-4-32k-0613", 32_758),
        ("openAI", "gpt-4o-mini", 127_500), ("openAI", "chatgpt-4o-latest", 127_500), ("openAI", "o1", 195_000),
        ("openAI", "o1-preview", 127_500), ("openAI", "o3-mini", 195_000), ("openAI", "o3", 200_000),
        ("openAI", "o4-mini", 200_000), ("openAI", "gpt-4.1-nano", 1_047_576), ("openAI", "gpt-5", 400_000),
        ("openAI", "gpt-5.3", 400_000), ("openAI", "gpt-5.4-pro", 1_050_000), ("openAI", "gpt-5.4-mini", 400_000),
        ("azureOpenAI", "gpt-5.6-sol", 1_050_000), ("anthropic", "claude-2.1", 200_000),
        ("anthropic", "claude-2.0", 100_000), ("anthropic", "claude-3-haiku-20240307", 200_000),
        ("anthropic", "claude-opus-4-20250514", 200_000), ("anthropic", "claude-sonnet-4-5", 200_000),
        ("anthropic", "claude-sonnet-4-6", 1_000_000), ("anthropic", "claude-opus-5", 1_000_000),
        ("anthropic", "claude-fable-1", 1_000_000), ("bedrock", "us.anthropic.claude-opus-4-6-v1", 1_000_000),
        ("bedrock", "amazon.nova-pro-v1:0", 295_000), ("bedrock", "meta.llama3-1-70b-instruct-v1:0", 127_500),
        ("google", "gemini-2.0-flash", 2_000_000), ("google", "gemini-2.5-pro", 1_000_000),
        ("google", "gemini-3.6-flash", 1_048_576), ("google", "gemini-pro", 30_720),
        ("google", "gemma-4-31b-it", 256_000), ("custom", "Qwen/Qwen3-Coder-480B", 262_144),
        ("custom", "deepseek-chat", 128_000), ("custom", "deepseek-v3.2-exp", 163_840),
        ("custom", "meta-llama/Llama-4-Scout", 1_048_576), ("custom", "grok-4-fast-reasoning", 2_000_000),
        ("custom", "anthropic/claude-sonnet-4.6", 1_000_000), ("custom", "openai/o3", 200_000),
        ("custom", "solo3-tiny", DEFAULT_WINDOW), ("custom", "mistral-large-3", 255_000),
    ],
)  # fmt: skip
def test_the_window_of_a_model(family: str, model: str, window: int) -> None:
    assert facts(endpoint(family), model).window == window


def test_the_endpoints_own_word_comes_first_by_the_longest_name_and_the_last_of_equals() -> None:
    own_endpoint = endpoint(windows={"GPT-5": 5_000, "gpt-5-mini": 6_000, "aaaa": 1, "bbbb": 2})
    assert facts(own_endpoint, "gpt-5-mini-2026").window == 6_000
    assert facts(own_endpoint, "gpt-5-nano").window == 5_000
    assert facts(own_endpoint, "aaaa-bbbb").window == 2
    assert facts(own_endpoint, "gpt-4o").window == 127_500


def test_what_the_table_has_not_is_in_the_price_map_and_the_rest_unknown() -> None:
    assert facts(endpoint(base_url="https://api.groq.com/openai/v1"), "groq/compound").window != 0
    assert facts(endpoint(), "perfectly-unknown").window == DEFAULT_WINDOW
    assert facts(endpoint("local", local=True), "qwen3-tiny").window == 4_096


def test_what_a_prompt_may_have() -> None:
    known = endpoint(windows={"m": 10_000})
    assert facts(known, "m").usable(max_tokens=0, chosen=None) == round((10_000 - MIN_REPLY_TOKENS) * USABLE)
    assert facts(known, "m").usable(max_tokens=2_000, chosen=None) == 7_600
    assert facts(known, "m").usable(max_tokens=9_900, chosen=None) == MIN_PROMPT_TOKENS
    assert facts(known, "m").usable(max_tokens=2_000, chosen=300) == 300


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


def test_what_a_model_can_do_comes_from_the_price_map() -> None:
    model_facts = facts(GEMINI, "gemini-2.5-pro")
    known = entry("gemini/gemini-2.5-pro")
    assert known is not None
    assert model_facts.max_prompt == known["max_input_tokens"]
    assert model_facts.max_output == known["max_output_tokens"]
    assert (model_facts.tools, model_facts.reasoning, model_facts.vision) == (True, True, True)


def test_unknown_models_get_what_is_safe() -> None:
    unknown, local = facts(OWN, "nobody-knows-it"), facts(EMBEDDED, "smollm2-135m-instruct")
    assert (unknown.window, unknown.max_output, unknown.is_known, unknown.tools) == (DEFAULT_WINDOW, 0, False, True)
    assert (unknown.vision, unknown.reasoning, unknown.thinks, unknown.sampling) == (False, False, False, "free")
    assert (local.window, local.max_output, local.is_known, local.tools) == (4_096, 0, True, False)


PREFIXES = {"google": "gemini/", "anthropic": "anthropic/", "bedrock": "bedrock/"}


@pytest.mark.parametrize("provider", built_in(), ids=lambda provider: provider.name)
def test_the_newest_built_in_models_have_a_price(provider: Provider) -> None:
    prefix = PREFIXES.get(provider.name, "")
    endpoint = make_endpoint(
        provider.name, provider.label, "litellm" if prefix else "openai", base_url=provider.base_url,
        model_prefix=prefix,
    )  # fmt: skip
    newest = provider.models[:8]  # what makers have withdrawn comes last, and has no price any more
    assert [model for model in newest if rates_for(price_keys(endpoint, model)) is None] == []
