"""Lists of models that providers publish."""

import asyncio
import time
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from asgiref.sync import sync_to_async
from celery import current_app
from pytest_django import Settings

from accounts.models import User
from billing.services.pricing import Rates, rate_of
from endpoints.catalog import discovery, model_lists, registry
from endpoints.catalog.model_lists import fetch, merged, refresh, stored_models
from endpoints.catalog.registry import Registry
from endpoints.providers.base import Caller, Endpoint
from endpoints.tasks import look_for_local_servers, refresh_models
from siteconfig.configuration import load_config
from tests.endpoint_maker import changed, make_endpoint
from tests.endpoints.conftest import Remote
from tests.model_server.fixtures import ModelServer

pytestmark = pytest.mark.usefixtures("fresh_registry")


@pytest.fixture
def fetching(model_server: ModelServer) -> Endpoint:
    return make_endpoint(
        "Fetching", "F", "openai", base_url=model_server.url, api_key="k", models=("fetched-small", "mine"),
        fetch_models=True, headers={"X-Team": "blue"}, written_by_operator=True,
    )  # fmt: skip


@pytest.fixture
def queued_tasks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tasks that were queued; none is run."""
    queued: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *arguments: queued.append(arguments))
    return queued


def test_asking_for_models_never_waits_and_asks_once(
    fetching: Endpoint, model_server: ModelServer, queued_tasks: list[Any]
) -> None:
    for _ in range(3):  # as three processes
        assert Registry((fetching,)).models("Fetching") == ("fetched-small", "mine")
    assert queued_tasks == [(refresh_models.name, ["Fetching"])]
    assert model_server.count == 0


def test_a_fetched_list_is_used_and_renewed_when_old(
    fetching: Endpoint, queued_tasks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(refresh(fetching))
    current = Registry((fetching,))
    assert current.models("Fetching") == ("fetched-small", "fetched-large")
    assert current.allows("Fetching", "fetched-large")
    assert current.allows("Fetching", "mine")  # the operator named it, whatever the provider's list says
    assert queued_tasks == []
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + model_lists.FRESH_SECONDS + 1)
    assert stored_models(fetching)[0] == "fetched-large"
    assert len(queued_tasks) == 1


def test_the_task_fetches_what_the_registry_knows(
    fetching: Endpoint, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, queued_tasks: list[Any]
) -> None:
    there = Registry((fetching, changed(fetching, name="Fixed", fetch_models=False)))
    monkeypatch.setattr(registry, "current", lambda: there)
    for name in ("Fetching", "Fetching", "Fixed", "Nobody"):
        refresh_models(name)
    assert model_server.count == 2
    (seen, _) = model_server.requests()
    assert seen["path"] == "/v1/models"
    assert seen["headers"]["Authorization"] == "Bearer k"
    assert seen["headers"]["X-Team"] == "blue"
    assert stored_models(fetching)


@pytest.mark.parametrize("change", [{"api_key": "sk-wrong"}, {"base_url": "http://127.0.0.1:9/v1"},
                                    {"written_by_operator": False}])  # fmt: skip
async def test_a_list_that_cannot_be_fetched_changes_nothing(fetching: Endpoint, change: dict[str, Any]) -> None:
    assert (await fetch(changed(fetching, **change))).names == ()


def test_without_a_cache_the_default_list_is_shown(
    fetching: Endpoint, settings: Settings, queued_tasks: list[Any]
) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
    assert stored_models(fetching) == ()


@pytest.mark.parametrize(
    ("default", "fetched", "expected"),
    [
        (("a", "b"), (), ("a", "b")),
        (("a", "b"), ("c", "b"), ("b", "c")),
        ((), ("c", "d"), ("c", "d")),
    ],
)
def test_merging(default: tuple[str, ...], fetched: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert merged(default, fetched) == expected


# --- what lists look like elsewhere -----------------------------------------------------------------


def answers(remote: Remote, path: str, body: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body)

    remote.handlers[path] = answer


def at(remote: Remote, name: str, **fields: Any) -> Endpoint:
    return make_endpoint(
        name, name, "openai", base_url=remote.url("/v1"), api_key="k", fetch_models=True,
        written_by_operator=True, **fields,
    )  # fmt: skip


async def test_anthropic_is_asked_in_its_own_way(remote: Remote) -> None:
    answers(remote, "/v1/models", {"data": [{"id": "claude-x", "display_name": "X"}]})
    endpoint = changed(at(remote, "anthropic", provider="anthropic"), base_url=remote.url(""))
    assert (await fetch(endpoint)).names == ("claude-x",)
    ((_, path, headers),) = remote.seen
    assert path == "/v1/models"
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("k", "2023-06-01")
    assert "Authorization" not in headers


async def test_ollama_is_asked_for_its_tags_first(remote: Remote) -> None:
    answers(remote, "/api/tags", {"models": [{"name": "llama3:8b"}, {"name": "bad name"}]})
    assert (await fetch(at(remote, "ollama"))).names == ("llama3:8b", "bad name")
    answers(remote, "/api/tags", {"models": []})
    answers(remote, "/v1/models", {"data": [{"id": "other"}]})
    assert (await fetch(at(remote, "Ollama at home"))).names == ("other",)


async def test_a_direct_endpoint_has_its_list_beside_its_completions(remote: Remote) -> None:
    answers(remote, "/v1/models", {"data": [{"id": "m"}]})
    endpoint = changed(at(remote, "D", direct=True), base_url=remote.url("/v1/chat/completions"))
    assert (await fetch(endpoint)).names == ("m",)


PRICED = {"data": [
    {"id": "maker/a", "pricing": {"prompt": "0.000003", "completion": "0.000015"}, "context_length": 200000},
    {"id": "maker/free", "pricing": {"prompt": "0", "completion": "0"}},
    {"id": "maker/odd", "pricing": {"prompt": "-1", "completion": "NaN"}, "context_length": "many"},
    {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
]}  # fmt: skip


async def test_prices_and_windows_of_the_list_are_kept_below_those_of_the_operator(
    remote: Remote, queued_tasks: list[Any]
) -> None:
    answers(remote, "/v1/models", PRICED)
    own = Rates(Decimal(7), Decimal(7), Decimal(7), Decimal(7))
    endpoint = at(remote, "OpenRouter", token_rates={"maker/free": own})
    await refresh(endpoint)
    listed_endpoint = Registry((endpoint,)).get("OpenRouter")
    assert listed_endpoint is not None
    assert listed_endpoint.models.token_rates == {
        "maker/a": Rates(Decimal(3), Decimal(15), Decimal(3), Decimal(3)),
        "maker/free": own,
        "openrouter/auto": Rates(Decimal(10), Decimal(30), Decimal(10), Decimal(10)),
    }
    assert listed_endpoint.models.listed_windows == {"maker/a": 200_000}


async def test_prices_that_are_numbers_are_taken_as_they_are_written(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[object] = []

    def noted(cost: object) -> Decimal:
        costs.append(cost)
        return rate_of(cost)

    monkeypatch.setattr(model_lists, "rate_of", noted)
    pricing = {"prompt": 1.6000000000000001e-06, "completion": 0}
    answers(remote, "/v1/models", {"data": [{"id": "m", "pricing": pricing}]})
    await fetch(at(remote, "OpenRouter"))
    assert costs == [Decimal("1.6000000000000001e-06"), 0]
    assert not any(isinstance(cost, float) for cost in costs)


async def test_prices_of_other_lists_are_nobodys_word(remote: Remote) -> None:
    answers(remote, "/v1/models", PRICED)
    model_list = await fetch(at(remote, "Somewhere"))
    assert (model_list.rates, model_list.windows) == ({}, {"maker/a": 200_000})


@pytest.mark.django_db
def test_a_personal_list_is_kept_for_each_person(
    model_server: ModelServer, queued_tasks: list[Any], owner: User
) -> None:
    endpoint = make_endpoint(
        "P", "P", "openai", base_url=model_server.url, api_key="k", fetch_models=True, user_id_query=True,
        headers={"X-Who": "{{LIBRECHAT_USER_EMAIL}}"}, models=("default",), written_by_operator=True,
    )  # fmt: skip
    there = Registry((endpoint,))
    assert there.models("P", str(owner.id)) == ("default",)
    assert queued_tasks == [(refresh_models.name, ["P", str(owner.id)])]
    caller = Caller(user={"ID": str(owner.id), "EMAIL": owner.email})
    asyncio.run(refresh(endpoint, str(owner.id), caller))
    (seen,) = model_server.requests()
    assert seen["path"] == f"/v1/models?user={owner.id}"
    assert seen["headers"]["X-Who"] == owner.email
    assert Registry((endpoint,)).models("P", str(owner.id))[0] == "fetched-large"
    assert Registry((endpoint,)).models("P", "somebody-else") == ("default",)


async def test_administrators_are_told_what_of_a_list_is_not_offered(remote: Remote, queued_tasks: list[Any]) -> None:
    odd = [{"id": "m"}, {"id": ""}, {"id": 9}, None, {"id": "e", "type": "embedding"}]
    answers(remote, "/v1/models", {"data": odd})
    endpoint = at(remote, "Odd")
    await refresh(endpoint)
    sentences = ["3 models without a name", "1 model that isn't for chat"]
    assert await sync_to_async(model_lists.describe_left_out)(endpoint) == sentences
    assert model_lists.describe_left_out(changed(endpoint, fetch_models=False)) == []


# --- servers on this machine --------------------------------------------------------------------------


@pytest.fixture
def nearby(settings: Settings, tmp_path: Any, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> int:
    """The port of a server on this machine, where one of the known ones would be."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LOCAL_MODEL_URL = ""
    port = int(model_server.url.split(":")[2].split("/")[0])
    monkeypatch.setattr(discovery, "PORTS", {"ollama": 9, "vLLM": port})
    monkeypatch.setattr(registry, "LOOK_AGAIN_SECONDS", 0.0)
    return port


def test_a_server_on_this_machine_is_offered_when_the_operator_allows_it(
    nearby: int, settings: Settings, queued_tasks: list[Any]
) -> None:
    settings.LIBRECHAT_CONFIG.write_text("version: 1\nparley: {discoverLocal: true}\n")
    assert registry.current().endpoints == ()
    assert (look_for_local_servers.name,) in queued_tasks
    look_for_local_servers()
    (endpoint,) = registry.current().endpoints
    assert (endpoint.name, endpoint.connection.base_url) == ("vLLM", f"http://127.0.0.1:{nearby}/v1")
    assert registry.current().models("vLLM")[0] == "fetched-large"


def test_nobody_looks_around_without_the_operators_word(
    nearby: int, settings: Settings, model_server: ModelServer, queued_tasks: list[Any]
) -> None:
    settings.LIBRECHAT_CONFIG.write_text("version: 1\n")
    look_for_local_servers()
    assert registry.current().endpoints == ()
    assert (model_server.count, queued_tasks) == (0, [])


def test_a_server_that_the_file_names_is_not_offered_twice(
    nearby: int, settings: Settings, queued_tasks: list[Any]
) -> None:
    own = f"{{name: Own, apiKey: k, baseURL: 'http://localhost:{nearby}/v1', models: {{default: [m]}}}}"
    settings.LIBRECHAT_CONFIG.write_text(
        f"version: 1\nparley: {{discoverLocal: true}}\nendpoints:\n  custom:\n    - {own}\n"
    )
    asyncio.run(discovery.look())
    assert [endpoint.name for endpoint in registry.current().endpoints] == ["Own"]


def test_a_start_with_two_hundred_endpoints_makes_no_connection(
    tmp_path: Any, settings: Settings, sockets: list[str], queued_tasks: list[Any]
) -> None:
    entry = "    - {{name: E{0}, apiKey: k, baseURL: 'https://e{0}.example.org/v1', models: {{fetch: true}}}}\n"
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(
        "version: 1\nendpoints:\n  custom:\n" + "".join(entry.format(number) for number in range(200))
    )
    endpoints = [endpoint for endpoint in registry.current().endpoints if not endpoint.origin.local]
    assert len(endpoints) == 200
    assert registry.current().models("E7") == ()
    assert sockets == []
    assert load_config(settings.LIBRECHAT_CONFIG).not_in_use == ()
