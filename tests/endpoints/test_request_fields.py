"""From what people choose to the exact fields of a request: each rule of the reference is a row here."""

from typing import Any

import pytest

from endpoints.parameters.request_fields import request_fields, with_headers
from endpoints.parameters.sets import set_name
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.openai.parameters import cap_field
from endpoints.providers.openai.request import body_of
from tests.endpoint_maker import changed, make_endpoint

_AT = {
    "openAI": "https://api.openai.com/v1",
    "custom": "https://models.example.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
}


def endpoint(family: str, **more: Any) -> Endpoint:
    kind = "custom" if family == "openrouter" else family
    more.setdefault("base_url", _AT.get(family, "https://provider.example.com"))
    adapter: Any = "openai" if family in _AT else "litellm"
    return make_endpoint(name=family, label=family, wire=adapter, provider=kind, **more)


def sent(family: str, model: str, chosen: dict[str, Any], **more: Any) -> dict[str, Any]:
    return dict(request_fields(endpoint(family, **more), model, chosen).params)


SAMPLING = {"temperature": 0.5, "top_p": 0.9, "frequency_penalty": 1, "presence_penalty": -1}


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("gpt-4o", True), ("gpt-5-chat", True), ("gpt-5.1", True), ("gpt-5-chat-latest", True), ("o10", True),
        ("o1", False), ("o1-mini", False), ("o3", False), ("o3-mini", False), ("o4-mini", False), ("gpt-5", False),
        ("gpt-5-mini", False), ("vendor/gpt-5", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("family", ["openAI", "azureOpenAI", "custom", "openrouter"])
def test_reasoning_models_get_no_sampling_parameters(family: str, model: str, kept: bool) -> None:
    fields = request_fields(endpoint(family), model, SAMPLING)
    assert {name: fields.params[name] for name in SAMPLING if name in fields.params} == (SAMPLING if kept else {})
    assert set(fields.notes) == (set() if kept else set(SAMPLING))


def test_a_searching_model_takes_only_the_longest_reply() -> None:
    fields = request_fields(endpoint("openAI"), "gpt-4o-search-preview", {**SAMPLING, "stop": ["x"], "max_tokens": 9})
    assert (fields.params, fields.max_tokens, fields.uses_responses) == ({}, 9, False)
    assert set(fields.notes) == {*SAMPLING, "stop"}


@pytest.mark.parametrize(
    ("family", "model", "api", "name"),
    [
        ("openAI", "gpt-4o", "chat", "max_tokens"),
        ("openAI", "gpt-5", "chat", "max_completion_tokens"),
        ("openAI", "gpt-9-mini", "chat", "max_completion_tokens"),
        ("openAI", "o3", "chat", "max_completion_tokens"),
        ("openAI", "gpt-5", "responses", "max_output_tokens"),
        ("custom", "vendor/gpt-5.4", "chat", "max_completion_tokens"),
        ("custom", "o3", "chat", "max_tokens"),
        ("custom", "llama-3", "chat", "max_tokens"),
    ],
)
def test_the_field_that_caps_a_reply(family: str, model: str, api: str, name: str) -> None:
    assert cap_field(endpoint(family), model, uses_responses=api == "responses") == name


@pytest.mark.parametrize(
    ("family", "model", "chosen", "more", "api", "params"),
    [
        ("openAI", "gpt-4o", {"web_search": True}, {}, "responses", {"tools": [{"type": "web_search"}]}),
        ("azureOpenAI", "gpt-4o", {"web_search": True}, {}, "responses", {"tools": [{"type": "web_search"}]}),
        ("openrouter", "x/y", {"web_search": True}, {}, "chat",
         {"plugins": [{"id": "web"}], "include_reasoning": True}),
        ("openAI", "gpt-4o", {"web_search": False}, {"add_params": {"web_search": True}}, "responses",
         {"tools": [{"type": "web_search"}]}),
        ("openAI", "gpt-4o", {"web_search": True}, {"drop_params": ("web_search",)}, "chat", {}),
        ("openAI", "gpt-5.6", {"reasoning_effort": "low"}, {}, "responses", {"reasoning": {"effort": "low"}}),
        ("openAI", "gpt-5.6", {}, {}, "chat", {}),
        ("openAI", "gpt-5.6", {"reasoning_effort": "low", "useResponsesApi": False}, {}, "chat",
         {"reasoning_effort": "low"}),
        ("openAI", "gpt-5.6", {"reasoning_effort": "low"}, {"drop_params": ("useResponsesApi",)}, "chat",
         {"reasoning_effort": "low"}),
        ("openAI", "gpt-5.6", {"reasoning_effort": "low"}, {"base_url": "https://proxy.example.com/v1"}, "chat",
         {"reasoning_effort": "low"}),
        ("openAI", "gpt-5.5", {"reasoning_effort": "low"}, {}, "chat", {"reasoning_effort": "low"}),
    ],
)  # fmt: skip
def test_which_api_a_call_takes(
    family: str, model: str, chosen: dict[str, Any], more: dict[str, Any], api: str, params: dict[str, Any]
) -> None:
    fields = request_fields(endpoint(family, **more), model, chosen)
    assert (fields.uses_responses, fields.params) == (api == "responses", params)


REASONING = {
    "reasoning_effort": "high", "reasoning_summary": "auto", "reasoning_mode": "pro", "reasoning_context": "all_turns",
    "verbosity": "low",
}  # fmt: skip


def test_reasoning_on_both_wires() -> None:
    chat = request_fields(endpoint("openAI"), "gpt-5", REASONING)
    assert chat.params == {"reasoning_effort": "high", "verbosity": "low"}
    assert set(chat.notes) == {"reasoning_summary", "reasoning_mode", "reasoning_context"}
    responses = request_fields(endpoint("azureOpenAI"), "gpt-5", {**REASONING, "useResponsesApi": True})
    assert responses.params == {
        "reasoning": {"effort": "high", "summary": "auto", "mode": "pro", "context": "all_turns"},
        "text": {"verbosity": "low"},
    }
    assert not responses.notes


def test_a_model_that_does_not_reason_is_not_asked_to() -> None:
    fields = request_fields(endpoint("openAI"), "gpt-4o", {"reasoning_effort": "high"})
    assert (fields.params, set(fields.notes)) == ({}, {"reasoning_effort"})


@pytest.mark.parametrize(
    ("form", "params"),
    [
        ("reasoning_effort", {"reasoning_effort": "high"}),
        ("reasoning_object", {"reasoning": {"effort": "high", "summary": "auto"}}),
        ("disabled", {}),
    ],
)
def test_reasoning_on_a_custom_endpoint(form: Any, params: dict[str, Any]) -> None:
    settings = {"reasoning_effort": "high", "reasoning_summary": "auto"}
    assert sent("custom", "some-model", settings, reasoning_format=form) == params


@pytest.mark.parametrize(
    ("model", "effort", "params"),
    [
        ("deepseek/r1", "high", {"reasoning": {"effort": "high"}}),
        ("deepseek/r1", "", {"include_reasoning": True}),
        ("anthropic/claude-sonnet-4.6", "high",
         {"reasoning": {"enabled": True}, "verbosity": "high", "cache_control": {"type": "ephemeral"}}),
        ("anthropic/claude-sonnet-4.6", "none",
         {"reasoning": {"enabled": False}, "cache_control": {"type": "ephemeral"}}),
        ("anthropic/claude-sonnet-4", "high",
         {"reasoning": {"effort": "high"}, "cache_control": {"type": "ephemeral"}}),
    ],
)  # fmt: skip
def test_reasoning_on_openrouter(model: str, effort: str, params: dict[str, Any]) -> None:
    assert sent("openrouter", model, {"reasoning_effort": effort}) == params


MARK = {"cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("model", "chosen", "params"),
    [
        ("claude-3-7-sonnet-20250219", {}, {"thinking": {"type": "enabled", "budget_tokens": 2000}, **MARK}),
        ("claude-sonnet-4-20250514", {"thinkingBudget": 5000},
         {"thinking": {"type": "enabled", "budget_tokens": 5000}, **MARK}),
        ("claude-opus-4-6", {"effort": "high"},
         {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}, **MARK}),
        ("claude-sonnet-5", {"thinkingDisplay": "omitted"},
         {"thinking": {"type": "adaptive", "display": "omitted"}, **MARK}),
        ("claude-fable-5-1", {}, {"thinking": {"type": "adaptive"}, **MARK}),
        ("claude-mythos-preview", {"thinking": False, "temperature": 0.2}, MARK),
        ("claude-opus-4-8", {"thinking": False, "temperature": 0.2, "topP": 0.5, "topK": 3}, MARK),
        ("claude-haiku-4-5", {"thinking": False, "temperature": 0.2, "topP": 0.5, "topK": 3},
         {"temperature": 0.2, "top_k": 3, **MARK}),
        ("claude-haiku-4-5", {"temperature": 0.2, "topP": 0.5, "topK": 3},
         {"thinking": {"type": "enabled", "budget_tokens": 2000}, **MARK}),
        ("claude-3-5-sonnet-latest", {"thinking": True, "topK": 3}, {"top_k": 3, **MARK}),
        ("claude-3-haiku-20240307", {"promptCache": False}, {}),
        ("claude-3-haiku-20240307", {"promptCacheTtl": "1h"}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}),
        ("claude-2.1", {"promptCache": True}, {}),
    ],
)  # fmt: skip
def test_thinking_sampling_and_caching_of_claude(model: str, chosen: dict[str, Any], params: dict[str, Any]) -> None:
    assert sent("anthropic", model, chosen) == params


@pytest.mark.parametrize(
    ("model", "wanted", "cap"),
    [
        ("claude-opus-4-6", None, 128_000), ("claude-opus-5", None, 128_000), ("claude-fable-5", None, 128_000),
        ("claude-sonnet-5", None, 128_000), ("claude-sonnet-4-6", None, 64_000), ("claude-haiku-4-5", None, 64_000),
        ("claude-opus-4-5-20251101", None, 64_000), ("claude-opus-4-1", None, 32_000),
        ("claude-opus-4-20250514", None, 32_000), ("claude-3-5-sonnet-latest", None, 8_192),
        ("claude-3-5-sonnet-latest", 100, 100), ("claude-3-5-sonnet-latest", 9_000, 8_192),
        ("claude-opus-4-1", 128_000, 32_000),
    ],
)  # fmt: skip
def test_the_longest_reply_of_claude(model: str, wanted: int | None, cap: int) -> None:
    fields = request_fields(endpoint("anthropic"), model, {"maxOutputTokens": wanted} if wanted else {})
    assert fields.max_tokens == cap
    assert ("maxOutputTokens" in fields.notes) == (wanted is not None and wanted > cap)


def test_a_budget_for_thinking_stays_below_the_reply() -> None:
    settings = {"maxOutputTokens": 4000, "thinkingBudget": 6000}
    fields = request_fields(endpoint("anthropic"), "claude-3-7-sonnet", settings)
    assert fields.params["thinking"] == {"type": "enabled", "budget_tokens": 3600}
    assert set(fields.notes) == {"thinkingBudget"}
    short = request_fields(endpoint("anthropic"), "claude-3-7-sonnet", {"maxOutputTokens": 1024})
    assert "thinking" not in short.params
    assert set(short.notes) == {"thinking"}


def test_the_search_of_claude_needs_a_header() -> None:
    where = endpoint("anthropic", headers={"Anthropic-Beta": "own"})
    fields = request_fields(where, "claude-3-haiku-20240307", {"web_search": True, "promptCache": False})
    assert fields.params == {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}
    assert with_headers(where, fields.headers).connection.headers == {"Anthropic-Beta": "own,web-search-2025-03-05"}
    assert with_headers(where, {}) is where


THOUGHTS = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "chosen", "params"),
    [
        ("gemini-2.5-flash", {}, {"thinkingConfig": {"thinkingBudget": -1, **THOUGHTS}}),
        ("gemini-2.5-pro", {"thinkingBudget": 500}, {"thinkingConfig": {"thinkingBudget": 500, **THOUGHTS}}),
        ("gemini-2.5-flash", {"thinkingBudget": 0}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ("gemini-2.5-flash", {"thinking": False}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ("gemini-2.5-pro", {"thinking": False}, {}),
        ("gemini-2.0-flash", {"thinkingBudget": 500, "temperature": 1.5, "topP": 0.5, "topK": 7},
         {"temperature": 1.5, "topP": 0.5, "topK": 7}),
        ("gemini-3-pro-preview", {"thinkingLevel": "low", "thinkingBudget": 500},
         {"thinkingConfig": {"thinkingLevel": "low", **THOUGHTS}}),
        ("gemini-3.1-pro", {}, {"thinkingConfig": THOUGHTS}),
        ("gemma-4-27b-it", {}, {"thinkingConfig": THOUGHTS}),
        ("gemma-3-27b-it", {}, {}),
        ("gemini-3.6-flash", {"temperature": 0.1, "topK": 4}, {"thinkingConfig": THOUGHTS}),
        ("gemini-2.5-pro", {"thinking": False, "web_search": True, "url_context": True},
         {"tools": [{"googleSearch": {}}, {"urlContext": {}}]}),
        ("gemini-2.0-flash", {"url_context": True}, {}),
        ("gemini-2.5-flash-image", {"url_context": True, "thinkingBudget": 0},
         {"thinkingConfig": {"thinkingBudget": 0}}),
    ],
)  # fmt: skip
def test_what_gemini_gets(model: str, chosen: dict[str, Any], params: dict[str, Any]) -> None:
    assert sent("google", model, chosen) == params


def test_what_bedrock_gets() -> None:
    thinking = request_fields(endpoint("bedrock"), "us.anthropic.claude-3-7-sonnet-20250219-v1:0", {"stop": ["x"]})
    assert thinking.params == {
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "stopSequences": ["x"],
        "cachePoint": {"type": "default"},
    }
    assert thinking.max_tokens == 8_192
    effort = sent("bedrock", "anthropic.claude-opus-4-6-v1", {"effort": "max", "promptCache": False})
    assert effort == {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}
    llama = request_fields(endpoint("bedrock"), "meta.llama3-1-70b-v1:0", {"topP": 0.4, "max_tokens": 5, "topK": 3})
    assert (llama.params, llama.max_tokens) == ({"topP": 0.4}, 0)
    kimi = request_fields(endpoint("bedrock"), "moonshot.kimi-k2", {"reasoning_effort": "low", "maxTokens": 50})
    assert (kimi.params, kimi.max_tokens) == ({"reasoning_effort": "low"}, 50)


def test_a_region_is_one_of_those_that_the_operator_offers() -> None:
    model, regions = "meta.llama3-1-70b-v1:0", ({"key": "region", "options": ["eu-west-1", "us-east-1"]},)
    assert "region" not in sent("bedrock", model, {"region": "eu-west-1"})
    assert sent("bedrock", model, {"region": "eu-west-1"}, param_definitions=regions)["region"] == "eu-west-1"
    assert "region" not in sent("bedrock", model, {"region": "evil.example.com"}, param_definitions=regions)


@pytest.mark.parametrize(
    ("family", "model", "more", "name"),
    [
        ("openAI", "gpt-5", {}, "openAI"), ("azureOpenAI", "mine", {}, "azureOpenAI"), ("custom", "x", {}, "custom"),
        ("local", "x", {}, "custom"), ("anthropic", "x", {}, "anthropic"), ("google", "x", {}, "google"),
        ("openrouter", "x", {}, "openrouter"), ("custom", "x", {"model_prefix": "anthropic/"}, "anthropic"),
        ("custom", "x", {"parameter_set": "google"}, "google"),
        ("bedrock", "eu.mistral.large", {}, "bedrock-mistral"), ("bedrock", "global.meta.llama", {}, "bedrock-meta"),
        ("bedrock", "zai.glm-5", {}, "bedrock-zai"), ("bedrock", "somebody.new", {}, "bedrock-mistral"),
    ],
)  # fmt: skip
def test_the_set_of_a_model(family: str, model: str, more: dict[str, Any], name: str) -> None:
    assert set_name(endpoint(family, **more), model) == name


def test_defaults_of_definitions_then_the_person_then_additions_then_what_is_dropped() -> None:
    defined = ({"key": "temperature", "default": 0.1}, {"key": "top_p", "default": 0.2}, {"key": "stop", "default": []})
    where: dict[str, Any] = {
        "param_definitions": defined,
        "add_params": {"top_p": 0.4, "seed": 7, "verbosity": "low", "max_tokens": 60},
        "drop_params": ("presence_penalty",),
    }
    settings = {"temperature": 0.3, "top_p": 0.3, "presence_penalty": 1, "max_tokens": 50}
    fields = request_fields(endpoint("custom", **where), "m", settings)
    assert fields.params == {"temperature": 0.3, "top_p": 0.4, "verbosity": "low", "seed": 7}
    assert fields.max_tokens == 60
    assert sent("custom", "m", {}, **where)["temperature"] == 0.1


def test_what_an_endpoint_adds_is_sent_as_it_stands_only_where_it_means_nothing_here() -> None:
    where = endpoint("custom", add_params={"thinking": {"type": "enabled"}, "useResponsesApi": False, "seed": 7})
    assert request_fields(where, "m", {}).params == {"thinking": {"type": "enabled"}, "seed": 7}


def test_empty_values_are_not_sent() -> None:
    assert sent("custom", "m", {"temperature": None, "stop": [], "reasoning_effort": "", "verbosity": None}) == {}


def test_streaming_can_be_turned_off() -> None:
    assert request_fields(endpoint("openAI"), "gpt-4o", {}).stream is True
    assert request_fields(endpoint("openAI"), "gpt-4o", {"disableStreaming": True}).stream is False


def test_a_conversation_that_moves_keeps_what_the_other_set_calls_differently() -> None:
    settings = {"top_p": 0.4, "max_tokens": 100, "temperature": 1.5, "verbosity": "low", "stop": list("abcdef")}
    fields = request_fields(endpoint("anthropic"), "claude-3-haiku-20240307", {**settings, "promptCache": False})
    assert fields.params == {"temperature": 1.0, "top_p": 0.4}
    assert (fields.max_tokens, set(fields.notes)) == (100, {"temperature"})
    back = request_fields(endpoint("openAI"), "gpt-4o", settings)
    assert back.params["stop"] == ["a", "b", "c", "d"]
    assert set(back.notes) == {"stop"}


def test_anthropic_parameters_on_a_custom_endpoint_go_over_its_own_wire() -> None:
    where = endpoint("custom", parameter_set="anthropic")
    fields = request_fields(where, "claude-sonnet-4-5", {"maxOutputTokens": 5000})
    body = body_of(ModelRequest(where, "claude-sonnet-4-5", [], params=fields.params, max_tokens=fields.max_tokens))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert (body["max_tokens"], body["cache_control"]) == (5000, {"type": "ephemeral"})


def test_the_local_model_is_not_asked_for_what_it_cannot_do() -> None:
    fields = request_fields(changed(endpoint("custom"), provider="local", local=True), "m", {"web_search": True})
    assert (fields.params, fields.uses_responses, set(fields.notes)) == ({}, False, {"web_search"})
