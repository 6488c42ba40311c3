"""How much a model takes, and how long a text is to it."""

from pathlib import Path

import pytest

from endpoints.catalog.windows import DEFAULT, MIN_PROMPT_TOKENS, MIN_REPLY_TOKENS, USABLE, usable_of, window_of
from endpoints.providers.base import Endpoint, Family

ROOT = Path(__file__).resolve().parents[2]


def endpoint(family: Family = "custom", **more: object) -> Endpoint:
    return Endpoint(name="Mine", label="Mine", adapter="openai_wire", family=family, **more)  # type: ignore[arg-type]


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
        ("custom", "solo3-tiny", DEFAULT), ("custom", "mistral-large-3", 255_000),
    ],
)  # fmt: skip
def test_the_window_of_a_model(family: Family, model: str, window: int) -> None:
    assert window_of(endpoint(family), model) == window


def test_the_endpoints_own_word_comes_first_by_the_longest_name_and_the_last_of_equals() -> None:
    found = endpoint(windows={"GPT-5": 5_000, "gpt-5-mini": 6_000, "aaaa": 1, "bbbb": 2})
    assert window_of(found, "gpt-5-mini-2026") == 6_000
    assert window_of(found, "gpt-5-nano") == 5_000
    assert window_of(found, "aaaa-bbbb") == 2
    assert window_of(found, "gpt-4o") == 127_500


def test_what_the_table_has_not_is_in_the_price_map_and_the_rest_unknown() -> None:
    assert window_of(endpoint(base_url="https://api.groq.com/openai/v1"), "groq/compound") != 0
    assert window_of(endpoint(), "perfectly-unknown") == DEFAULT
    assert window_of(endpoint("local", local=True), "qwen3-tiny") == 4_096


def test_what_a_prompt_may_have() -> None:
    known = endpoint(windows={"m": 10_000})
    assert usable_of(known, "m", max_tokens=0, chosen=None) == round((10_000 - MIN_REPLY_TOKENS) * USABLE)
    assert usable_of(known, "m", max_tokens=2_000, chosen=None) == 7_600
    assert usable_of(known, "m", max_tokens=9_900, chosen=None) == MIN_PROMPT_TOKENS
    assert usable_of(known, "m", max_tokens=2_000, chosen=300) == 300
