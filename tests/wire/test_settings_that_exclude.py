"""Settings that a provider refuses together, or at all: settled before the call, and named when it refuses them."""

from dataclasses import replace
from typing import Any

import pytest

from endpoints.parameters.refused import named_in
from endpoints.parameters.request_fields import request_fields
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.services.failure_words import explain
from messages.events import Failed
from messages.parts import Error
from messages.reducer import error_part
from tests.endpoint_maker import changed, make_endpoint
from tests.model_server.fixtures import ModelServer
from tests.wire.conftest import events_of

pytestmark = pytest.mark.wire

NAMES = {"temperature": "temperature", "topP": "top_p", "top_p": "top_p", "topK": "top_k", "top_k": "top_k"}
SETS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"temperature": 0.4}, {"temperature"}),
    ({"topP": 0.8}, {"top_p"}),
    ({"top_p": 0.8}, {"top_p"}),  # as another set calls it
    ({"temperature": 0.4, "topP": 0.8}, {"temperature"}),
    ({"temperature": 0, "topP": 0.8}, {"temperature"}),
    ({"temperature": "", "topP": 0.8}, {"top_p"}),
    ({"temperature": None, "topP": 0.8}, {"top_p"}),
    ({"temperature": 0.4, "topP": 0.8, "topK": 40}, {"temperature", "top_k"}),
]
BOTH = {"temperature": 0.4, "topP": 0.8}


async def sampled(endpoint: Endpoint, model: str, chosen: dict[str, Any], model_server: ModelServer) -> set[str]:
    """Return which sampling parameters reach the provider."""
    fields = request_fields(endpoint, model, {"thinking": False, **chosen})
    request = ModelRequest(
        endpoint, model, [PromptMessage.of("user", "hi")], params=fields.params, max_tokens=fields.max_tokens,
        uses_responses=fields.uses_responses,
    )  # fmt: skip
    await events_of(request)
    body = model_server.requests()[-1]["body"]
    sections = [body, body.get("inferenceConfig", {}), body.get("additionalModelRequestFields", {})]
    return {NAMES[name] for section in sections for name in section if name in NAMES}


@pytest.mark.parametrize(("chosen", "names"), SETS)
@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1", "claude-opus-4-6"])
async def test_of_two_the_temperature_is_sent(
    anthropic: Endpoint, bedrock: Endpoint, model_server: ModelServer, model: str, chosen: Any, names: set[str]
) -> None:
    anthropic = changed(anthropic, provider="anthropic")
    assert await sampled(anthropic, model, chosen, model_server) == names
    assert await sampled(bedrock, f"us.anthropic.{model}-20250929-v1:0", chosen, model_server) == names
    profile = "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic."
    assert await sampled(bedrock, f"{profile}{model}-20250929-v1:0", chosen, model_server) == names


@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4.5", "claude-opus-4-1-20250805", "claude-haiku-4-5"])
async def test_so_it_is_behind_a_server_of_the_openai_wire(
    openai: Endpoint, model_server: ModelServer, model: str
) -> None:
    assert await sampled(openai, model, BOTH, model_server) == {"temperature"}
    router = replace(openai, name="OpenRouter")
    assert await sampled(router, model, {**BOTH, "promptCache": False}, model_server) == {"temperature"}


@pytest.mark.parametrize("model", ["claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514", "claude-opus-4-0"])
async def test_older_ones_take_both(
    anthropic: Endpoint, bedrock: Endpoint, openai: Endpoint, model_server: ModelServer, model: str
) -> None:
    assert await sampled(changed(anthropic, provider="anthropic"), model, BOTH, model_server) == {
        "temperature",
        "top_p",
    }
    assert await sampled(bedrock, f"anthropic.{model}-v1:0", BOTH, model_server) == {"temperature", "top_p"}
    assert await sampled(openai, model, BOTH, model_server) == {"temperature", "top_p"}


async def test_what_the_operator_adds_to_the_body_goes_before_the_other(
    anthropic: Endpoint, model_server: ModelServer
) -> None:
    adding = changed(anthropic, provider="anthropic", add_params={"top_p": 0.5})
    assert await sampled(adding, "claude-sonnet-4-5", {"temperature": 0.4}, model_server) == {"top_p"}
    defined = ({"key": "topP", "default": 0.9}, {"key": "temperature", "default": 0.2})
    by_default = changed(anthropic, provider="anthropic", param_definitions=defined)
    assert await sampled(by_default, "claude-sonnet-4-5", {}, model_server) == {"temperature"}


def test_the_panel_says_why() -> None:
    for family, adapter in (("anthropic", "litellm"), ("bedrock", "litellm")):
        endpoint = make_endpoint("x", "x", adapter, provider=family)
        fields = request_fields(endpoint, "us.anthropic.claude-sonnet-4-5-v1:0", {**BOTH, "thinking": False})
        assert set(fields.notes) == {"topP"}
        assert "temperature is used" in str(fields.notes["topP"])


# family, model, chosen, what of it is sent, whether a note stands at it
VALUES: list[tuple[str, str, dict[str, Any], dict[str, Any], bool]] = [
    ("openAI", "gpt-5.2", {"temperature": 0.3}, {"temperature": 0.3}, False),
    ("openAI", "gpt-5.2", {"temperature": 0.3, "reasoning_effort": "none"},
     {"temperature": 0.3, "reasoning_effort": "none"}, False),
    ("openAI", "gpt-5.2", {"temperature": 0.3, "reasoning_effort": "low"}, {"reasoning_effort": "low"}, True),
    ("openAI", "gpt-5.4-pro", {"top_p": 0.3}, {}, True),
    ("openAI", "gpt-5.1-codex", {"top_p": 0.3}, {}, True),
    ("openAI", "gpt-5", {"reasoning_effort": "xhigh"}, {}, True),
    ("openAI", "gpt-5-mini", {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal"}, False),
    ("openAI", "gpt-5.1", {"reasoning_effort": "minimal"}, {}, True),
    ("azureOpenAI", "o3", {"reasoning_effort": "none"}, {}, True),
    ("openAI", "o4-mini", {"stop": ["x"]}, {}, True),
    ("custom", "house-model", {"reasoning_effort": "max", "stop": ["x"]},
     {"reasoning_effort": "max", "stop": ["x"]}, False),
    ("custom", "grok-4", {"temperature": 0.3, "reasoning_effort": "low", "presence_penalty": 0.1, "stop": ["x"]},
     {"temperature": 0.3}, True),
    ("custom", "x-ai/grok-3-mini", {"reasoning_effort": "low", "frequency_penalty": 0.1}, {"reasoning_effort": "low"},
     True),
    ("custom", "grok-4-fast-non-reasoning", {"stop": ["x"]}, {"stop": ["x"]}, False),
    ("google", "gemini-3-pro-preview", {"thinkingLevel": "minimal"},
     {"thinkingConfig": {"includeThoughts": True}}, True),
    ("google", "gemini-2.5-flash", {"thinkingBudget": 32_000},
     {"thinkingConfig": {"thinkingBudget": 24_576, "includeThoughts": True}}, True),
    ("google", "gemini-2.5-flash-lite", {"thinkingBudget": 100},
     {"thinkingConfig": {"thinkingBudget": 512, "includeThoughts": True}}, True),
    ("google", "gemini-2.5-pro", {"thinkingBudget": 50},
     {"thinkingConfig": {"thinkingBudget": 128, "includeThoughts": True}}, True),
]  # fmt: skip


@pytest.mark.parametrize(("family", "model", "chosen", "params", "noted"), VALUES)
def test_a_value_that_is_refused_is_not_sent(
    family: Any, model: str, chosen: dict[str, Any], params: dict[str, Any], noted: bool
) -> None:
    adapter: Any = "litellm" if family == "google" else "openai"
    fields = request_fields(make_endpoint("x", "x", adapter, provider=family), model, chosen)
    assert dict(fields.params) == params
    assert bool(fields.notes) == noted


@pytest.mark.parametrize(
    ("family", "model", "key", "most"),
    [
        ("openAI", "gpt-4.1", "max_tokens", 32_768),
        ("azureOpenAI", "gpt-4o", "max_tokens", 16_384),
        ("google", "gemini-2.5-flash", "maxOutputTokens", 65_535),
        ("bedrock", "mistral.mistral-large-2407-v1:0", "maxTokens", 8_191),
        ("custom", "gpt-4.1", "max_tokens", 900_000),  # whoever serves it under this name knows better
    ],
)
def test_a_reply_is_no_longer_than_the_model_writes(family: Any, model: str, key: str, most: int) -> None:
    adapter: Any = "openai" if key == "max_tokens" else "litellm"
    prefix = {"bedrock": "bedrock/", "google": "gemini/"}.get(family, "")
    endpoint = make_endpoint("x", "x", adapter, provider=family, model_prefix=prefix)
    fields = request_fields(endpoint, model, {key: 900_000})
    assert fields.max_tokens == most
    assert (key in fields.notes) == (family != "custom")


async def test_a_refusal_names_the_settings_as_the_panel_does(
    openai: Endpoint, azure: Endpoint, anthropic: Endpoint, gemini: Endpoint, bedrock: Endpoint
) -> None:
    for endpoint in (openai, azure, anthropic, gemini, bedrock):
        model = endpoint.models.names[0] if endpoint.models.names else "m"
        for streamed in (True, False):
            messages = [PromptMessage.of("user", "[[error:settings]]")]
            failed = (await events_of(ModelRequest(endpoint, model, messages, stream=streamed)))[-1]
            assert isinstance(failed, Failed)
            part = error_part(failed)
            assert part == Error("bad_request", settings=("temperature", "topP"))
            assert "Temperature, Top P" in str(explain(part.code, 0, part.settings).advice)


@pytest.mark.parametrize(
    ("detail", "keys"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
         ("maxTokens",)),
        ("Unsupported value: 'reasoning_effort' does not support 'minimal'", ("reasoning_effort",)),
        ("max_tokens: 70000 > 64000, which is the maximum allowed number of output tokens", ("maxTokens",)),
        ("`temperature` may only be set to 1 when thinking is enabled.", ("temperature",)),
        ("`max_tokens` must be greater than `thinking.budget_tokens`.",
         ("maxTokens", "thinkingBudget")),
        ("Unknown name \"topK\" at 'generation_config'", ("topK",)),
        ("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024", ("thinkingBudget",)),
        ("Value '2.0' at 'inferenceConfig.temperature' failed to satisfy constraint", ("temperature",)),
        ("The maximum tokens you requested exceeds the model limit of 4096.", ("maxTokens",)),
        ("Please stop sending requests; the effort is in vain.", ()),
        ("messages: at least one message is required", ()),
    ],
)  # fmt: skip
def test_names_in_a_refusal(detail: str, keys: tuple[str, ...]) -> None:
    assert named_in(detail) == keys
