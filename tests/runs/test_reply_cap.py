"""How long a reply may be where credit is limited: what the request says, at each kind of provider."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from accounts.models import User
from billing.models import Balance, LedgerEntry
from billing.services.pricing import Rates
from chat.models import Run
from chat.services.model_settings import ModelSettings
from chat.services.refusal import TurnRefused
from endpoints.catalog import registry
from endpoints.services.tokens import estimate_message
from runs.worker import Generator
from siteconfig import live
from tests.conversations import began
from tests.endpoint_maker import make_endpoint
from tests.model_server.fixtures import ModelServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]

ONE = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))
LITELLM: dict[str, Any] = {"wire": "litellm"}
# kind: how the endpoint is spoken to, the model, where the request has the cap, and the most that is taken there
KINDS: dict[str, tuple[dict[str, Any], str, tuple[str, ...], int]] = {
    "OpenAI wire": ({"windows": {"m": 32_000}}, "m", ("max_tokens",), 32_000),
    "OpenAI": ({"provider": "openAI"}, "gpt-4.1", ("max_tokens",), 32_768),
    "OpenAI, newer": ({"provider": "openAI"}, "gpt-5.4", ("max_completion_tokens",), 128_000),
    "Responses": (
        {"provider": "openAI", "add_params": {"useResponsesApi": True}}, "gpt-5.4", ("max_output_tokens",), 128_000,
    ),
    "Azure": ({"provider": "azureOpenAI", "key_header": "api-key"}, "gpt-4.1", ("max_tokens",), 32_768),
    "Anthropic": (
        {**LITELLM, "provider": "anthropic", "model_prefix": "anthropic/"}, "claude-sonnet-4-5",
        ("max_tokens",), 64_000,
    ),
    "Gemini": (
        {**LITELLM, "provider": "google", "model_prefix": "gemini/"}, "gemini-2.5-flash",
        ("generationConfig", "maxOutputTokens"), 65_536,
    ),
    "Bedrock": (
        {**LITELLM, "provider": "bedrock", "model_prefix": "bedrock/", "api_key": "bearer"},
        "mistral.mistral-large-2407-v1:0", ("inferenceConfig", "maxTokens"), 8_191,
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def balances(settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 100_000_000


def offer(kind: str, model_server: ModelServer) -> str:
    fields, model, _path, _most = KINDS[kind]
    root = model_server.url if fields.get("wire") != "litellm" else model_server.root
    endpoint = make_endpoint(
        **{"name": "Somewhere", "label": "Somewhere", "wire": "openai", "base_url": root, "api_key": "sk",
           "models": (model,), "token_rates": {model: ONE}, "written_by_operator": True, **fields}
    )  # fmt: skip
    endpoint = replace(endpoint, titles=replace(endpoint.titles, wanted=False))
    registry.reset()
    registry._state.append(registry._State(registry.Registry((endpoint,)), live.current(), (), float("inf")))
    return model


async def run_of(owner: User, model: str, text: str = "Why?", **chosen: Any) -> Run:
    started = await sync_to_async(began)(owner, text=text, model=model, settings=ModelSettings(chosen))
    async with asyncio.timeout(20):
        while True:
            run = await Run.objects.select_related("message").aget(id=started.run.id)
            if not run.is_open:
                return run
            await asyncio.sleep(0.02)


def cap_of(kind: str, model_server: ModelServer) -> Any:
    value = model_server.requests()[0]["body"]
    for name in KINDS[kind][2]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


async def has(owner: User, credits: int) -> None:
    await Balance.objects.aupdate_or_create(user=owner, defaults={"credits": credits, "held": 0})


@pytest.mark.parametrize("kind", KINDS)
async def test_much_credit_is_no_reason_for_a_cap_that_a_model_refuses(
    owner: User, generator: Generator, model_server: ModelServer, kind: str
) -> None:
    model = offer(kind, model_server)
    run = await run_of(owner, model)
    assert run.state == "done"
    assert (cap_of(kind, model_server) or 1) <= KINDS[kind][3]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_person_set_is_sent(
    owner: User, generator: Generator, model_server: ModelServer, kind: str
) -> None:
    model = offer(kind, model_server)
    assert (await run_of(owner, model, max_tokens=500)).state == "done"
    assert cap_of(kind, model_server) == 500


@pytest.mark.parametrize("kind", KINDS)
async def test_little_credit_is_sent_as_what_can_be_paid_for(
    owner: User, generator: Generator, model_server: ModelServer, kind: str
) -> None:
    model = offer(kind, model_server)
    await has(owner, estimate_message("Why?") + 800)
    assert (await run_of(owner, model)).state == "done"
    assert cap_of(kind, model_server) == 800


@pytest.mark.parametrize("kind", ["OpenAI wire", "Anthropic", "Gemini"])
async def test_a_reply_that_goes_on_regardless_ends_where_the_credit_does(
    owner: User, generator: Generator, model_server: ModelServer, kind: str
) -> None:
    model = offer(kind, model_server)
    text = "[[endless delay=1]]"
    await has(owner, estimate_message(text) + 800)
    run = await run_of(owner, model, text=text)
    assert (run.state, run.message.finish_reason) == ("done", "budget")
    entry = await LedgerEntry.objects.aget(reason="message")
    assert 600 <= entry.output_tokens <= 810
    assert (await Balance.objects.aget(user=owner)).held == 0


async def test_who_cannot_pay_for_a_few_words_is_refused_and_told_the_numbers(
    owner: User, generator: Generator, model_server: ModelServer
) -> None:
    model = offer("OpenAI wire", model_server)
    await has(owner, estimate_message("Why?") + 5)
    with pytest.raises(TurnRefused) as refusal:
        await sync_to_async(began)(owner, text="Why?", model=model)
    asked = estimate_message("Why?")
    assert (refusal.value.status, refusal.value.code) == (402, "token_balance")
    assert refusal.value.details == {"balance": asked + 5, "tokenCost": asked + 10, "promptTokens": asked}
    assert not await Run.objects.aexists()
