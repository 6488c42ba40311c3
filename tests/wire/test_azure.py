"""Azure OpenAI is our own OpenAI wire with another address, another header for the key, and deployments."""

import pytest

from endpoints.providers.base import Endpoint
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import words
from tests.wire.conftest import KEY, ask, ended, events_of, text_of

pytestmark = pytest.mark.wire


async def test_a_deployment_is_called_with_its_version_and_the_key_alone(
    azure: Endpoint, model_server: ModelServer
) -> None:
    events = await events_of(ask(azure, "[[tokens:3]]"))
    assert [text_of(events), ended(events)] == ["".join(words(3)), "stop"]
    (seen,) = model_server.requests()
    assert seen["path"] == "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
    assert seen["headers"]["api-key"] == KEY
    assert "Authorization" not in seen["headers"]
    assert seen["body"]["model"] == "our-gpt"


async def test_each_model_is_called_at_its_own_group(azure: Endpoint, model_server: ModelServer) -> None:
    serverless = changed(azure, base_url=model_server.url, query={}, api_key="sk-other", wire_names={})
    both = changed(azure, models=("gpt-4o", "phi"), variants={"phi": serverless})
    await events_of(ask(both, "hi", model="phi"))
    await events_of(ask(both, "hi", model="gpt-4o"))
    seen = [(request["path"].partition("?")[0], request["headers"]["api-key"]) for request in model_server.requests()]
    assert seen == [("/v1/chat/completions", "sk-other"), ("/openai/deployments/our-gpt/chat/completions", KEY)]


async def test_the_operators_own_key_header_replaces_the_key(azure: Endpoint, model_server: ModelServer) -> None:
    await events_of(ask(changed(azure, headers={"API-Key": "theirs"}), "hi"))
    (seen,) = model_server.requests()
    assert {name.lower(): value for name, value in seen["headers"].items()}["api-key"] == "theirs"


@pytest.mark.parametrize("query", ["", "?tenant=a%20b"])
async def test_a_direct_address_is_called_as_it_is(openai: Endpoint, model_server: ModelServer, query: str) -> None:
    address = f"{model_server.root}/openai/deployments/d/chat/completions{query}"
    await events_of(ask(changed(openai, base_url=address, direct=True), "hi"))
    (seen,) = model_server.requests()
    assert seen["path"] == "/openai/deployments/d/chat/completions" + query
