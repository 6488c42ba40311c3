from collections.abc import AsyncIterator
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.services.model_calls import stream
from endpoints.transport.retries import Retries
from messages.events import TERMINAL, Event, Finished, Usage
from messages.parts import Reasoning, Text, ToolCall
from messages.reducer import MessageParts
from tests.endpoint_maker import make_endpoint
from tests.model_server.fixtures import ModelServer

KEY = "sk-of-the-operator"
ONCE = Retries(max_retries=0)


@pytest.fixture
def openai(model_server: ModelServer) -> Endpoint:
    return make_endpoint("Wire", "Wire", "openai", base_url=model_server.url, api_key=KEY, written_by_operator=True)


@pytest.fixture
def azure(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "azureOpenAI", "Azure", "openai", provider="azureOpenAI", key_header="api-key", api_key=KEY,
        base_url=f"{model_server.root}/openai/deployments/our-gpt", query={"api-version": "2024-10-21"},
        models=("gpt-4o",), wire_names={"gpt-4o": "our-gpt"}, written_by_operator=True,
    )  # fmt: skip


@pytest.fixture
def anthropic(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "A", "A", "litellm", base_url=model_server.root, api_key=KEY, model_prefix="anthropic/",
        models=("claude-sonnet-4-5",), written_by_operator=True,
    )  # fmt: skip


@pytest.fixture
def gemini(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "G", "G", "litellm", base_url=f"{model_server.root}/v1beta", api_key=KEY, model_prefix="gemini/",
        models=("gemini-2.5-pro",), written_by_operator=True,
    )  # fmt: skip


@pytest.fixture
def bedrock(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "bedrock", "Bedrock", "litellm", provider="bedrock", base_url=model_server.root, model_prefix="bedrock/",
        models=("anthropic.claude-sonnet-4-5-v1:0",), written_by_operator=True,
        credentials={"aws_access_key_id": "AKIA1", "aws_secret_access_key": KEY, "aws_session_token": "st",
                     "aws_region_name": "eu-central-1"},
    )  # fmt: skip


def ask(endpoint: Endpoint, text: str, **options: Any) -> ModelRequest:
    model = endpoint.models.names[0] if endpoint.models.names else "some-model"
    return ModelRequest(endpoint, options.pop("model", model), [PromptMessage.of("user", text)], **options)


async def events_of(request: ModelRequest, retries: Retries = ONCE) -> list[Event]:
    return await checked(stream(request, retries=retries))


async def checked(stream_of_events: AsyncIterator[Event]) -> list[Event]:
    """Return every event of a call, having checked the promise: exactly one last event, at most one usage before."""
    events = [event async for event in stream_of_events]
    assert isinstance(events[-1], TERMINAL)
    assert not any(isinstance(event, TERMINAL) for event in events[:-1])
    usages = [at for at, event in enumerate(events) if isinstance(event, Usage)]
    assert usages in ([], [len(events) - 2])
    return events


def parts_of(events: list[Event]) -> MessageParts:
    parts = MessageParts()
    for event in events:
        parts.apply(event)
    return parts


def text_of(events: list[Event]) -> str:
    return "".join(part.text for part in parts_of(events).parts if isinstance(part, Text))


def thoughts_of(events: list[Event]) -> str:
    return "".join(part.text for part in parts_of(events).parts if isinstance(part, Reasoning))


def calls_of(events: list[Event]) -> list[tuple[str, str]]:
    calls = [part for part in parts_of(events).parts if isinstance(part, ToolCall)]
    assert len({call.id for call in calls}) == len(calls)
    assert all(call.id for call in calls)
    return [(call.name, call.arguments) for call in calls]


def ended(events: list[Event]) -> str:
    """Return the finish reason or the failure's code."""
    last = events[-1]
    return last.reason if isinstance(last, Finished) else last.code  # type: ignore[union-attr]
