"""Which endpoints and models there are."""

import re
from pathlib import Path

import pytest
from pytest_django import Settings

from endpoints.catalog import registry
from endpoints.catalog.model_list_reader import MAX_NAME_LENGTH
from endpoints.providers.provider import Provider
from endpoints.providers.registry import PROVIDERS

CUSTOM = """
version: 1
endpoints:
  custom:
    - {name: Mine, apiKey: k, baseURL: "https://mine.example.org/v1", models: {default: [big, small]}}
    - {name: Unset, apiKey: "${NOT_SET_ANYWHERE}", baseURL: "https://a.example.org", models: {default: [m]}}
    - {name: Personal, apiKey: user_provided, baseURL: "https://a.example.org", models: {default: [m]}}
    - {name: OLLAMA, apiKey: k, baseURL: "http://ollama:11434/v1", models: {default: [m]}}
    - {name: Messages, provider: anthropic, apiKey: k, baseURL: "https://b.example.org", models: {default: [m]}}
"""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, settings: Settings, fresh_registry: None) -> None:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LOCAL_MODEL_URL = ""


def write(settings: Settings, text: str = CUSTOM) -> None:
    settings.LIBRECHAT_CONFIG.write_text(text)


def test_nothing_configured_is_an_empty_registry() -> None:
    current = registry.current()
    assert current.endpoints == ()
    assert current.default() is None
    assert current.models("openAI") == ()
    assert not current.allows("openAI", "gpt-5")
    assert not current.only_local


@pytest.mark.parametrize(
    "provider", [PROVIDERS[name] for name in ("openAI", "google", "anthropic")], ids=lambda provider: provider.name
)
def test_a_key_switches_a_provider_on(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(provider.variables.key, " sk-1 ")
    (endpoint,) = registry.current().endpoints
    assert (endpoint.name, endpoint.connection.api_key, endpoint.connection.base_url) == (
        provider.name,
        "sk-1",
        provider.base_url,
    )
    assert (endpoint.origin.provider, endpoint.display.icon) == (provider.name, provider.name)
    assert endpoint.models.names == provider.models
    assert endpoint.connection.base_url.startswith("https://")
    registry.reset()
    monkeypatch.setenv(provider.variables.models, "one, two,,one")
    monkeypatch.setenv(provider.variables.url, "http://127.0.0.1:9/v1/")
    (endpoint,) = registry.current().endpoints
    assert endpoint.models.names == ("one", "two")
    assert endpoint.connection.base_url == "http://127.0.0.1:9/v1"
    assert not endpoint.models.fetch
    assert registry.current().default() == (endpoint, "one")


@pytest.mark.parametrize("key", ["", "  "])
def test_without_a_key_a_provider_is_off(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    assert registry.current().endpoints == ()


def test_custom_endpoints_come_after_the_built_in_and_the_local_model_last(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings)
    monkeypatch.setenv("GOOGLE_KEY", "k")
    settings.LOCAL_MODEL_URL = "http://127.0.0.1:8123/v1"
    endpoints = registry.current().endpoints
    assert [endpoint.name for endpoint in endpoints] == ["google", "Mine", "Personal", "ollama", "Messages", "Local"]
    assert [endpoint.display.order for endpoint in endpoints] == [0, 1, 2, 3, 4, 5]
    assert (endpoints[4].connection.wire, endpoints[4].connection.model_prefix) == ("anthropic", "anthropic/")
    local = endpoints[-1]
    assert local.origin.local
    assert local.display.label == "Local model"
    assert local.models.names == ("smollm2-135m-instruct",)
    assert local.connection.api_key == settings.LOCAL_MODEL_KEY


def test_the_operator_chooses_order_and_selection(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings)
    monkeypatch.setenv("GOOGLE_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ENDPOINTS", "custom,google")
    names = [endpoint.name for endpoint in registry.current().endpoints]
    assert names == ["Mine", "Personal", "ollama", "Messages", "google"]


def test_only_models_that_are_offered_are_allowed(settings: Settings) -> None:
    write(settings)
    current = registry.current()
    assert current.allows("Mine", "big")
    assert current.allows("Personal", "any/model-of-mine:1")  # the key is theirs, and so is the bill
    assert current.allows("Personal", "a model of mine (70B)")
    for name in ("", " padded", "two\nlines", "hidden\u200bsign", "x" * (MAX_NAME_LENGTH + 1)):
        assert not current.allows("Personal", name)
    for name, model in (("Mine", "huge"), ("Mine", ""), ("mine", "big"), ("Nobody", "big")):
        assert not current.allows(name, model)


def test_what_is_left_out_is_told(settings: Settings) -> None:
    write(settings)
    where, reason = registry.current().notices
    assert re.fullmatch(r"endpoints\.custom\[\d\]\.apiKey, line \d+: NOT_SET_ANYWHERE is not set", where)
    assert reason == "endpoint Unset is left out: NOT_SET_ANYWHERE is not set"
    personal = registry.current().get("Personal")
    assert personal is not None
    assert (personal.connection.key_from_user, personal.connection.api_key, personal.connection.base_url) == (
        True,
        "",
        "https://a.example.org",
    )
