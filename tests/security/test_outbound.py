"""Cases 37 to 46 at every door through which an address or a key of a person can leave the house.

What the guarded client itself does with redirects, sizes and names is in `tests/endpoints/test_http.py`, the rule that
nothing else opens connections (43) in `tests/endpoints/test_house_rules.py`.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat.services.refusal import TurnRefused
from core import secrets
from endpoints.catalog import keys, registry, stored_endpoints
from endpoints.catalog.model_lists import fetch
from endpoints.models import UserKey
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.providers.litellm import wire as litellm
from endpoints.services import connection_test
from endpoints.services.model_calls import complete
from messages.events import Failed
from tests.api.conftest import Api
from tests.conversations import began
from tests.endpoint_maker import changed, make_endpoint
from tests.endpoints.conftest import sockets
from tests.endpoints.test_addresses import REFUSED_URLS
from tests.model_server.fixtures import ModelServer

__all__ = ["sockets"]
pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore"),  # the library's own, of every kind
]
SECRET = "sk-of-olivia-0123456789"
LOOKS_PRIVATE = ["https://fe90.example.com/v1", "https://10.example.org/v1", "http://127.0.0.1.example.org/v1"]
YAML = "version: 1.3.5\nendpoints:\n  allowedAddresses: ['127.0.0.1:{port}']\n"

Door = Callable[[User, str], str]


@pytest.fixture(autouse=True)
def anywhere(admin_user: User, settings: Settings, tmp_path: Path) -> None:
    """`Anywhere` takes an address and a key of each person."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    registry.reset()
    entry = stored_endpoints.Entry(kind="custom", name="Anywhere", key_from_user=True, model_names=("tiny",))
    stored_endpoints.save(actor=admin_user, entry=entry)


def pasted(url: str) -> str:
    return json.dumps({"apiKey": SECRET, "baseURL": url})


def plant(user: User, url: str) -> None:
    """Put an address into the table past the door: as if the rules had been other ones when it came."""
    UserKey.objects.create(user=user, endpoint="Anywhere", value=secrets.encrypt(pasted(url)))


def by_form(user: User, url: str) -> str:
    client = Client()
    client.force_login(user)
    form = {"endpoint": "Anywhere", "apiKey": SECRET, "baseURL": url, "lasts": ""}
    return "refused" if client.post("/settings/keys/set", form).status_code == 422 else "taken"


def by_api(user: User, url: str) -> str:
    body = {"name": "Anywhere", "value": pasted(url), "expiresAt": None}
    return "refused" if Api(user).send("PUT", "/api/keys", body).status_code == 400 else "taken"


def by_turn(user: User, url: str) -> str:
    plant(user, url)
    try:
        began(user, endpoint="Anywhere", model="tiny")
    except TurnRefused as refusal:
        return "refused" if refusal.code in {"invalid_base_url", "no_base_url", "no_user_key"} else refusal.code
    return "taken"


def by_test_button(user: User, url: str) -> str:
    plant(user, url)
    client = Client()
    client.force_login(user)
    return "refused" if client.post("/settings/keys/test", {"endpoint": "Anywhere"}).status_code == 422 else "taken"


def endpoint_at(url: str, **fields: Any) -> Endpoint:
    """Return what a fault further up might hand to an adapter: an address that no operator wrote."""
    return make_endpoint(**{"name": "X", "label": "X", "wire": "openai", "api_key": "k", "base_url": url, **fields})


def call(endpoint: Endpoint) -> str:
    request = ModelRequest(endpoint, "claude-sonnet-4-5", [PromptMessage.of("user", "Hello")])
    failed = asyncio.run(complete(request))[2]
    return "refused" if failed is not None and failed.code == "refused_address" else str(failed)


def by_call(user: User, url: str) -> str:
    return call(endpoint_at(url))


async def in_library(endpoint: Endpoint) -> Failed:
    """Return how a call through the library ends."""
    events = litellm.stream(ModelRequest(endpoint, "claude-sonnet-4-5", [PromptMessage.of("user", "Hello")]))
    last = [event async for event in events][-1]
    assert isinstance(last, Failed)
    return last


def by_library(user: User, url: str) -> str:
    failed = asyncio.run(in_library(endpoint_at(url, wire="litellm", model_prefix="anthropic/")))
    return "refused" if failed.code == "refused_address" else str(failed)


def by_model_list(user: User, url: str) -> str:
    return "refused" if not asyncio.run(fetch(endpoint_at(url))).names else "taken"


def by_trial(user: User, url: str) -> str:
    result = connection_test.run_connection_test(endpoint_at(url), "tiny", by=user)
    return "refused" if result.code == "refused_address" else result.text


STORING: tuple[Door, ...] = (by_form, by_api)
USING: tuple[Door, ...] = (by_turn, by_test_button)
CALLING: tuple[Door, ...] = (by_call, by_library, by_model_list, by_trial)


@pytest.mark.parametrize("door", [*STORING, *USING, *CALLING], ids=lambda door: door.__name__)
def test_cases_37_and_40_no_door_leads_to_a_private_address(door: Door, owner: User, sockets: list[str]) -> None:
    """The whole table at each door: refused, and no packet sent."""
    outcomes = {}
    for url in filter(None, map(str.strip, REFUSED_URLS)) if door in STORING else REFUSED_URLS:
        outcomes[url] = door(owner, url)
        UserKey.objects.all().delete()
        cache.clear()
    assert {url: outcome for url, outcome in outcomes.items() if outcome != "refused"} == {}
    assert sockets == []


@pytest.mark.parametrize("door", STORING, ids=lambda door: door.__name__)
@pytest.mark.parametrize("url", LOOKS_PRIVATE)
def test_case_41_what_only_looks_private_is_taken(door: Door, owner: User, url: str) -> None:
    assert door(owner, url) == "taken"


@pytest.mark.parametrize("door", CALLING, ids=lambda door: door.__name__)
def test_case_38_a_public_name_that_leads_inside_is_refused_at_the_call(
    door: Door, owner: User, sockets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(self: Any, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        return [{"hostname": host, "host": "10.0.0.5", "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    assert door(owner, "https://rebind.example.com/v1") == "refused"
    assert sockets == []


def test_case_38_the_library_has_no_second_way_past_the_guard(
    owner: User, sockets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that refuses the first connection and then leads inside: the library would try again by itself."""
    answers = iter(["93.184.216.34", *["127.0.0.1"] * 9])

    async def resolve(self: Any, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        return [{"hostname": host, "host": next(answers), "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    endpoint = endpoint_at("https://rebind.example.com", wire="litellm", model_prefix="anthropic/")
    assert asyncio.run(in_library(endpoint)).code == "connection"
    assert sockets == ["93.184.216.34"]
    assert next(answers) == "127.0.0.1"
    assert len(list(answers)) == 8


def on(port: int) -> Endpoint:
    """Let the operator exempt this port of the machine; return `Anywhere`."""
    Path(django_settings.LIBRECHAT_CONFIG).write_text(YAML.format(port=port))
    registry.reset()
    endpoint = registry.current().get("Anywhere")
    assert endpoint is not None
    return endpoint


@pytest.mark.wire
def test_case_44_a_persons_address_gets_nothing_of_the_operators(owner: User, model_server: ModelServer) -> None:
    operators = changed(
        on(model_server.port), api_key="sk-of-the-operator", headers={"X-Org": "of-the-operator"},
        query={"code": "of-the-operator"}, credentials={"api_key": "sk-of-the-operator"},
    )  # fmt: skip
    with pytest.raises(keys.KeyProblem):
        keys.with_key(operators, keys.parse(json.dumps({"baseURL": model_server.url})))
    theirs = keys.with_key(operators, keys.parse(pasted(model_server.url)))
    assert asyncio.run(complete(ModelRequest(theirs, "tiny", [PromptMessage.of("user", "Hello")])))[2] is None
    sent = json.dumps(model_server.requests())
    assert SECRET in sent
    assert "of-the-operator" not in sent


def test_case_44_an_address_nested_in_another_object_is_refused(owner: User) -> None:
    nested = json.dumps({"apiKey": SECRET, "extra": {"baseURL": "https://evil.example.com"}})
    assert Api(owner).send("PUT", "/api/keys", {"name": "Anywhere", "value": nested}).status_code == 400
    for name in ("baseURL", "reverseProxyUrl", "endpointOption", "model_parameters", "addParams"):
        body = {"text": "Hello", "endpoint": "Anywhere", "model": "tiny", name: {"baseURL": "https://evil.example.com"}}
        before = UserKey.objects.count()
        assert b"evil" not in Api(owner).post("/api/agents/chat", body).content
        assert UserKey.objects.count() == before


@pytest.mark.wire
def test_case_45_nothing_of_the_inbound_request_goes_out(owner: User, model_server: ModelServer) -> None:
    on(model_server.port)
    keys.store(user=owner, endpoint="Anywhere", value=pasted(model_server.url), expires_at=None)
    client = Client(headers={"Authorization": "Bearer inbound", "X-Secret": "inbound"})
    client.force_login(owner)
    client.cookies["inbound"] = "inbound"
    assert client.post("/settings/keys/test", {"endpoint": "Anywhere"}).status_code == 200
    headers = model_server.requests()[0]["headers"]
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert "inbound" not in json.dumps(headers)
    assert "Cookie" not in headers


@pytest.mark.wire
@pytest.mark.parametrize("text", ["${SECRET_OF_TESTS}", "{{SERVER_ENV}}", "{{user.token}}", "{{LIBRECHAT_USER_ID}}"])
def test_case_46_what_a_person_types_is_never_expanded(
    owner: User, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SECRET_OF_TESTS", "expanded")
    on(model_server.port)
    value = json.dumps({"apiKey": text, "baseURL": model_server.url})
    keys.store(user=owner, endpoint="Anywhere", value=value, expires_at=None)
    endpoint = registry.current().get("Anywhere")
    assert endpoint is not None
    theirs = keys.resolve(endpoint, owner.id)
    request = ModelRequest(theirs, "tiny", [PromptMessage.of("user", text)])
    assert not isinstance(asyncio.run(complete(request))[2], Failed)
    sent = model_server.requests()[0]
    assert sent["headers"]["Authorization"] == f"Bearer {text}"
    assert sent["body"]["messages"][0]["content"] == text
    with pytest.raises(keys.KeyRefused):
        keys.store(user=owner, endpoint="Anywhere", value=pasted(f"https://{text}.example.com"), expires_at=None)
