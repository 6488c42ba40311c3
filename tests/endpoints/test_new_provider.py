"""What a provider that nobody knows yet needs: a folder beside the others, and one row of the registry."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from endpoints import providers
from endpoints.catalog import registry
from endpoints.catalog.facts import facts
from endpoints.catalog.model_lists import fetch
from endpoints.providers.base import Endpoint, PromptMessage
from endpoints.providers.provider import Preset, Provider, Variables
from endpoints.providers.registry import PROVIDERS, presets
from endpoints.services.model_calls import stream
from messages.events import Finished
from messages.parts import Reasoning
from messages.reducer import MessageParts
from runs.prompt import prompt_of
from tests.model_server.fixtures import ModelServer
from tests.runs.test_prompt import JOB

FOLDER = {
    "__init__.py": "",
    "endpoint.py": """
from endpoints.providers.base import ParameterRules
from endpoints.providers.site import from_key


def build(site, provider):
    return from_key(site, provider, None, fetch=True, parameters=ParameterRules(reasoning_key="acme_thoughts"))
""",
    "facts.py": """
import re

from endpoints.providers.provider import ProviderFacts

FACTS = ProviderFacts(windows={"acme-": 64_000}, thinking_names=re.compile("acme-deep"))
""",
}


@pytest.fixture
def acme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, model_server: ModelServer, fresh_registry: None
) -> Iterator[Endpoint]:
    folder = tmp_path / "acme"
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(tmp_path)])
    endpoint = importlib.import_module("endpoints.providers.acme.endpoint")
    own_facts = importlib.import_module("endpoints.providers.acme.facts")
    row = Provider(
        name="acme", label="Acme", wire="openai", build=endpoint.build, parameters=PROVIDERS["custom"].parameters,
        facts=own_facts.FACTS, base_url=model_server.url, models=("acme-deep-1",),
        variables=Variables("ACME_API_KEY", "ACME_MODELS", "ACME_REVERSE_PROXY"),
        preset=Preset("acme", "Acme", "Models of Acme", base_url="https://api.acme.example/v1"),
    )  # fmt: skip
    monkeypatch.setitem(PROVIDERS, "acme", row)
    monkeypatch.setenv("ACME_API_KEY", "sk-acme")
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LOCAL_MODEL_URL = ""
    registry.reset()
    acme = registry.current().get("acme")
    assert acme is not None
    yield acme
    for name in [module for module in sys.modules if module.startswith("endpoints.providers.acme")]:
        del sys.modules[name]


async def test_a_turn_is_asked_and_its_thoughts_are_read_by_the_providers_own_key(
    acme: Endpoint, model_server: ModelServer
) -> None:
    text = "[[reasoning field=acme_thoughts]]"
    history = [PromptMessage.of("user", text)]
    job = replace(JOB, model="acme-deep-1", history=history, settings={"reasoning_effort": "high"})
    parts = MessageParts()
    async for event in stream(prompt_of(job, acme).request):
        parts.apply(event)
    (asked,) = model_server.requests()
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["Authorization"] == "Bearer sk-acme"
    body = {name: asked["body"][name] for name in ("model", "messages", "reasoning_effort", "stream")}
    assert body == {
        "model": "acme-deep-1", "messages": [{"role": "user", "content": text}], "reasoning_effort": "high",
        "stream": True,
    }  # fmt: skip
    thoughts, _ = parts.parts
    assert [part.type for part in parts.parts] == ["think", "text"]
    assert thoughts != Reasoning("")
    assert isinstance(parts.finished, Finished)


def test_its_folder_says_what_is_known_of_its_models(acme: Endpoint) -> None:
    deep, plain = facts(acme, "acme-deep-1"), facts(acme, "acme-plain-1")
    assert [(model_facts.window, model_facts.window_source) for model_facts in (deep, plain)] == [(64_000, "table")] * 2
    assert [model_facts.thinks for model_facts in (deep, plain)] == [True, False]


async def test_the_environment_switches_it_on_its_list_is_read_and_the_set_up_offers_it(acme: Endpoint) -> None:
    assert (acme.display.label, acme.origin.provider, acme.models.names) == ("Acme", "acme", ("acme-deep-1",))
    assert (await fetch(acme)).names
    assert "acme" in [preset.slug for preset in presets()]
