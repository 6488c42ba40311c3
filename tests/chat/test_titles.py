"""Titles: which model is asked, with what, when, and who is charged; against the model server."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import User
from billing.models import Hold, LedgerEntry
from billing.services.pricing import Rates
from chat.models import Message
from chat.services.turns import titles
from chat.services.turns.queue import WORK
from core.redis_client import client
from endpoints.catalog import registry
from endpoints.providers.base import Endpoint, ModelRequest, Titles
from endpoints.services.metered import MeteredModel
from endpoints.services.tokens import estimate
from messages.events import Event, Finished, PartStarted
from messages.parts import Text
from runs.worker import Generator
from siteconfig import live
from tests.conversations import began
from tests.endpoint_maker import changed, make_endpoint
from tests.model_server.fixtures import ModelServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]

RATES = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))


@pytest.fixture
def titled_endpoint(model_server: ModelServer) -> Endpoint:
    client().delete(WORK)
    return make_endpoint(
        "Somewhere", "Somewhere", "openai", base_url=model_server.url, api_key="sk-test",
        models=("tiny", "gpt-4o"), written_by_operator=True, token_rates={"tiny": RATES, "small": RATES},
    )  # fmt: skip


def offer(*endpoints: Endpoint) -> None:
    registry.reset()
    registry._state.append(registry._State(registry.Registry(endpoints), live.current(), (), float("inf")))


def title_of(owner: User, served: Endpoint, asked: str = "[[title:Cats_purr]] why?", **titles_of: Any) -> str:
    offer(replace(served, titles=Titles(**titles_of)))
    return titles.write_title(began(owner, text=asked).conversation.id)


def test_the_conversations_own_model_writes_the_title(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer
) -> None:
    assert title_of(owner, titled_endpoint, model="current_model") == "Cats purr"
    body = model_server.requests()[0]["body"]
    assert [body["model"], body["stream"]] == ["tiny", False]
    assert body["max_tokens"] == titles.TITLE_TOKENS + titles.THINKING_TOKENS  # nobody knows whether it thinks
    (message,) = body["messages"]
    assert message["role"] == "user"
    assert message["content"].endswith("\n\n[[title:Cats_purr]] why?")


def test_another_endpoint_writes_it_with_its_own_key_and_is_what_is_charged(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer
) -> None:
    other = changed(titled_endpoint, name="Cheap", api_key="sk-cheap")
    offer(replace(titled_endpoint, titles=Titles(endpoint="Cheap", model="small")), other)
    assert titles.write_title(began(owner, text="[[title:Cats_purr]]").conversation.id) == "Cats purr"
    (seen,) = model_server.requests()
    assert [seen["headers"]["Authorization"], seen["body"]["model"]] == ["Bearer sk-cheap", "small"]
    entry = LedgerEntry.objects.get(reason="title")
    assert [entry.endpoint, entry.model] == ["Cheap", "small"]


def test_an_unknown_endpoint_is_told_and_the_conversations_own_writes_it(
    owner: User, titled_endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    assert title_of(owner, titled_endpoint, endpoint="Nowhere") == "Cats purr"
    assert "there is no endpoint Nowhere" in caplog.text


def test_prompt_template_and_role_are_the_operators(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer
) -> None:
    title_of(
        owner, titled_endpoint, asked="{output} {convo}", prompt="A title of the conversation, please: {convo}!",
        template="Q={input} A={output}", role="system",
    )  # fmt: skip
    (message,) = model_server.requests()[0]["body"]["messages"]
    assert message == {"role": "system", "content": "A title of the conversation, please: Q={output} {convo} A=!"}


def test_after_the_answer_both_are_known(owner: User, titled_endpoint: Endpoint, model_server: ModelServer) -> None:
    offer(replace(titled_endpoint, titles=Titles(timing="final")))
    started = began(owner, text="why?")
    Message.objects.filter(id=started.reply.id).update(text="because")
    titles.write_title(started.conversation.id)
    (message,) = model_server.requests()[0]["body"]["messages"]
    assert message["content"].endswith("\n\nUser: why?\nAI: because")


PROVIDERS: dict[str, dict[str, Any]] = {
    "openai": {},
    "anthropic": {"wire": "litellm", "model_prefix": "anthropic/"},
    "gemini": {"wire": "litellm", "model_prefix": "gemini/"},
    "bedrock": {"wire": "litellm", "model_prefix": "bedrock/"},
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_structured_title(owner: User, titled_endpoint: Endpoint, model_server: ModelServer, provider: str) -> None:
    root = model_server.url if provider == "openai" else model_server.root
    served = changed(titled_endpoint, base_url=root, **PROVIDERS[provider])
    assert title_of(owner, served, method="structured") == "Cats purr"
    assert model_server.count == 1


def test_a_model_that_writes_no_json_is_asked_for_text_and_both_calls_are_charged(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer
) -> None:
    assert title_of(owner, titled_endpoint, asked="[[title:Cats_purr json=no]]", method="structured") == "Cats purr"
    first, second = (request["body"] for request in model_server.requests())
    assert ["response_format" in first, "response_format" in second] == [True, False]
    words = [len(str(body["messages"][0]["content"]).split()) for body in (first, second)]
    entries = LedgerEntry.objects.filter(reason="title").order_by("key")
    assert list(entries.values_list("input_tokens", "output_tokens")) == [(number, 2) for number in words]
    assert [entry.key.rpartition(":")[2] for entry in entries][1] == "1"
    assert set(Hold.objects.filter(id__in=entries.values("hold_id")).values_list("state", flat=True)) == {"settled"}


@pytest.mark.parametrize("timing", ["immediate", "final"])
async def test_the_title_is_asked_for_when_the_operator_says(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer, timing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("runs.worker.write_title.delay", asked.append)
    offer(replace(titled_endpoint, titles=Titles(timing=timing)))
    generator = Generator()
    task = asyncio.create_task(generator.run())
    started = await sync_to_async(began)(owner, text="[[gate:titled]] hi")
    await asyncio.to_thread(model_server.wait_until, lambda seen: bool(seen) and seen[0]["sent"] >= 6)
    async with asyncio.timeout(20):
        while timing == "immediate" and not asked:  # it is asked for beside the reply  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert asked == ([str(started.conversation.id)] if timing == "immediate" else [])
    await asyncio.to_thread(model_server.release, "titled")
    generator.drain()
    await asyncio.wait_for(task, 20)
    assert asked == [str(started.conversation.id)]
    await sync_to_async(connections.close_all)()


CLAUDE: dict[str, Any] = {"provider": "anthropic", "wire": "litellm", "model_prefix": "anthropic/"}
GEMINI: dict[str, Any] = {"provider": "google", "wire": "litellm", "model_prefix": "gemini/"}
# family, model, what the request says about thoughts, whether there is room for some
QUIET: list[tuple[dict[str, Any], str, dict[str, Any], bool]] = [
    ({}, "gpt-4o", {}, False),
    ({"provider": "openAI"}, "gpt-5-mini", {"reasoning_effort": "minimal"}, True),
    ({"provider": "openAI"}, "gpt-5.2", {"reasoning_effort": "none"}, False),
    ({"provider": "azureOpenAI"}, "o3", {"reasoning_effort": "low"}, True),
    ({}, "deepseek-reasoner", {}, True),
    (CLAUDE, "claude-sonnet-4-5", {}, False),
    (CLAUDE, "claude-fable-5", {}, True),
    (GEMINI, "gemini-2.5-flash", {"thinkingConfig": {"thinkingBudget": 0}}, False),
    (GEMINI, "gemini-2.5-pro", {"thinkingConfig": {"thinkingBudget": 128}}, True),
    (GEMINI, "gemini-3-flash-preview", {"thinkingConfig": {"thinkingLevel": "minimal"}}, True),
]


@pytest.mark.parametrize(("more", "model", "expected", "has_room"), QUIET)
def test_a_model_that_thinks_is_asked_for_little_of_it_or_has_room(
    owner: User, titled_endpoint: Endpoint, model_server: ModelServer, more: dict[str, Any], model: str,
    expected: dict[str, Any], has_room: bool,
) -> None:  # fmt: skip
    root = model_server.root if more.get("wire") == "litellm" else model_server.url
    rates = {**titled_endpoint.models.token_rates, model: RATES}
    served = changed(titled_endpoint, base_url=root, token_rates=rates, models=("tiny", model), **more)
    assert title_of(owner, served, model=model) == "Cats purr"
    body = model_server.requests()[0]["body"]
    config = body.get("generationConfig", body)
    assert {
        name: config[name] for name in ("reasoning_effort", "thinkingConfig", "thinking") if name in config
    } == expected
    caps = [config[name] for name in ("max_tokens", "max_completion_tokens", "maxOutputTokens") if name in config]
    assert caps == [titles.TITLE_TOKENS + (titles.THINKING_TOKENS if has_room else 0)]


def test_a_call_without_a_count_is_charged_by_estimate(
    owner: User, titled_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(request: ModelRequest) -> AsyncGenerator[Event]:
        yield PartStarted(0, Text("Cats purr"))
        yield Finished()

    monkeypatch.setattr(titles, "MeteredModel", partial(MeteredModel, model=silent))
    assert title_of(owner, titled_endpoint) == "Cats purr"
    entry = LedgerEntry.objects.get(reason="title")
    assert entry.estimated
    assert entry.input_tokens > 20
    assert entry.output_tokens == estimate("Cats purr")


def test_an_answer_that_is_no_title_leaves_the_first_words(owner: User, titled_endpoint: Endpoint) -> None:
    assert title_of(owner, titled_endpoint, asked="[[title:{}]] Why do cats purr?") == "[[title:{}]] Why do cats purr?"
    assert LedgerEntry.objects.filter(reason="title").exists()
