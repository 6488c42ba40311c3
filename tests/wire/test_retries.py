"""A call that failed is made again only while nothing was streamed and nothing can have been charged."""

import asyncio
import time

import pytest

from endpoints.providers.base import Endpoint
from endpoints.transport.retries import Retries
from messages.events import Failed
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import words
from tests.servers import free_port
from tests.wire.conftest import ask, ended, events_of, text_of

pytestmark = pytest.mark.wire

QUICK = Retries(pause=0.02)


@pytest.mark.parametrize("status", ["500", "503", "529"])
async def test_a_fault_of_the_provider_is_asked_three_times(
    openai: Endpoint, model_server: ModelServer, status: str
) -> None:
    assert ended(await events_of(ask(openai, f"[[error:{status}]]"), QUICK)) == "overloaded"
    assert model_server.count == 3


async def test_a_provider_that_recovers_answers(openai: Endpoint, model_server: ModelServer) -> None:
    events = await events_of(ask(openai, "[[error:503 times=2]]"), QUICK)
    assert [text_of(events), ended(events)] == ["".join(words(12)), "stop"]
    assert model_server.count == 3


async def test_a_short_wait_is_waited(openai: Endpoint, model_server: ModelServer) -> None:
    began = time.monotonic()
    events = await events_of(ask(openai, "[[error:429 times=1 after=1]]"), QUICK)
    assert ended(events) == "stop"
    assert time.monotonic() - began >= 1


async def test_a_long_wait_is_told_instead(openai: Endpoint, model_server: ModelServer) -> None:
    (failed,) = await events_of(ask(openai, "[[error:429]]"), QUICK)
    assert isinstance(failed, Failed)
    assert (failed.code, failed.wait) == ("rate_limit", 20)
    assert model_server.count == 1


@pytest.mark.parametrize("name", ["429 after=no", "401", "404", "400", "quota"])
async def test_what_would_fail_again_is_not_repeated(openai: Endpoint, model_server: ModelServer, name: str) -> None:
    await events_of(ask(openai, f"[[error:{name}]]"), QUICK)
    assert model_server.count == 1


@pytest.mark.parametrize(("scenario", "code"), [("broken", "overloaded"), ("cut", "cut_off"), ("cut head=no", "lost")])
async def test_what_may_have_been_charged_is_not_repeated(
    openai: Endpoint, model_server: ModelServer, scenario: str, code: str
) -> None:
    assert ended(await events_of(ask(openai, f"[[{scenario}]]"), QUICK)) == code
    assert model_server.count == 1


async def test_nobody_listening_is_tried_again(openai: Endpoint) -> None:
    began = time.monotonic()
    dead = changed(openai, base_url=f"http://127.0.0.1:{free_port()}/v1")
    assert ended(await events_of(ask(dead, "hi"), Retries(pause=0.1))) == "connection"
    assert time.monotonic() - began >= 0.3  # 0.1 and 0.2, and some chance


async def test_stopping_ends_the_wait(openai: Endpoint, model_server: ModelServer) -> None:
    task = asyncio.create_task(events_of(ask(openai, "[[error:503]]"), Retries(pause=5)))
    await asyncio.to_thread(model_server.wait_until, lambda seen: len(seen) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)
    assert model_server.count == 1
