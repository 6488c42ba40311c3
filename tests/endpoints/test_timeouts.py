"""How long a call waits: by what the model is known to do, by its name, and by what is asked of it."""

import socket
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.transport.http import _Guard
from endpoints.transport.timeouts import TOTAL, timeouts_of
from tests.endpoint_maker import changed, make_endpoint

OWN = make_endpoint("Own", "Own", "openai", base_url="http://10.0.0.7:8000/v1", custom=True)
OPENAI = make_endpoint("openAI", "OpenAI", "openai", provider="openAI", base_url="https://api.openai.com/v1")
ANTHROPIC = make_endpoint("anthropic", "Anthropic", "litellm", provider="anthropic", model_prefix="anthropic/")
BEDROCK = make_endpoint("bedrock", "Bedrock", "litellm", provider="bedrock", model_prefix="bedrock/")
GOOGLE = make_endpoint("google", "Google", "litellm", provider="google", model_prefix="gemini/")
AZURE = make_endpoint("azureOpenAI", "Azure", "openai", provider="azureOpenAI", wire_names={"ours": "o3-mini-eu"})
EMBEDDED = make_endpoint("Local", "Local model", "openai", local=True)


def first_of(endpoint: Endpoint, model: str, **options: Any) -> float:
    return timeouts_of(ModelRequest(endpoint, model, (), **options)).first_byte


@pytest.mark.parametrize(
    ("endpoint", "model"),
    [
        (OPENAI, "o3"), (OPENAI, "gpt-5.4"), (GOOGLE, "gemini-2.5-pro"),  # the price map says so
        (GOOGLE, "gemini-3-pro-preview"), (ANTHROPIC, "claude-opus-4-0"),  # our own list
        (BEDROCK, "eu.anthropic.claude-sonnet-9-v1:0"), (OPENAI, "gpt-12-nova"), (OWN, "nobody/deepseek-r1:70b-x"),
        (OWN, "Own-Thinking-32B"), (AZURE, "ours"),  # their names
    ],
)  # fmt: skip
def test_a_model_that_reasons_has_fifteen_minutes(endpoint: Endpoint, model: str) -> None:
    assert first_of(endpoint, model) == 900


@pytest.mark.parametrize(
    ("endpoint", "model"),
    [(OPENAI, "gpt-4o"), (OPENAI, "chatgpt-4o-latest"), (OWN, "nobody-knows-it"), (OWN, "foo1"), (OWN, "r12-coder"),
     (ANTHROPIC, "claude-3-5-haiku-20241022"), (EMBEDDED, "smollm2-135m-instruct-r1")],
)  # fmt: skip
def test_any_other_has_two(endpoint: Endpoint, model: str) -> None:
    assert first_of(endpoint, model) == 120


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({"reasoning_effort": "low"}, True), ({"reasoning_effort": "none"}, False), ({"temperature": 1}, False),
        ({"reasoning": {"effort": "high"}}, True), ({"reasoning": {"enabled": False}}, False),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, True), ({"thinking": {"type": "disabled"}}, False),
        ({"thinkingConfig": {"thinkingBudget": -1, "includeThoughts": True}}, True), ({"thinkingConfig": {}}, False),
        ({"thinkingConfig": {"thinkingBudget": 0}}, False), ({"output_config": {"effort": "max"}}, True),
        ({"additionalModelRequestFields": {"thinking": {"type": "adaptive"}}}, True),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True), ({"metadata": {"thinking": True}}, False),
    ],
)  # fmt: skip
def test_whoever_asks_for_thoughts_waits_for_them(params: dict[str, Any], asked: bool) -> None:
    assert first_of(OWN, "nobody-knows-it", params=params) == (900 if asked else 120)


def test_what_the_operator_adds_counts_too() -> None:
    added = {"chat_template_kwargs": {"enable_thinking": True}}
    assert first_of(changed(OWN, add_params=added), "nobody-knows-it") == 900


def test_a_reply_that_is_not_streamed_is_waited_for_as_a_whole() -> None:
    assert first_of(OWN, "nobody-knows-it", stream=False) == 900


def test_operators_set_the_limits(settings: Any) -> None:
    settings.MODEL_FIRST_WORD_SECONDS, settings.REASONING_FIRST_WORD_SECONDS = 7, 8000
    settings.MODEL_SILENCE_SECONDS = 9
    assert [first_of(OPENAI, "gpt-4o"), first_of(OPENAI, "o3")] == [7, 8000]
    timeouts = timeouts_of(ModelRequest(OPENAI, "o3", ()))
    assert [timeouts.idle, timeouts.total] == [9, TOTAL + 8000]


async def test_what_stands_in_between_is_told_that_the_connection_lives() -> None:
    address = ("127.0.0.1", 9)
    made = _Guard(frozenset({address}), None).socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", address))
    with made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
