"""The built-in providers' models: lists, prices and windows agree, and one command renews them."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.services.price_map import installed
from endpoints.catalog import default_models, renewal
from endpoints.catalog.facts import MIN_PROMPT_TOKENS, facts
from endpoints.catalog.prices import price_in_force
from endpoints.management.commands import models as command
from endpoints.providers.base import Endpoint
from endpoints.providers.registry import PROVIDERS, built_in
from tests.endpoint_maker import make_endpoint

_PREFIX = {"google": "gemini/", "anthropic": "anthropic/", "bedrock": "bedrock/"}


def endpoint(family: Any) -> Endpoint:
    adapter: Any = "litellm" if family in _PREFIX else "openai"
    return make_endpoint(family, family, adapter, provider=family, model_prefix=_PREFIX.get(family, ""))


DEFAULTS = [(provider.name, model) for provider in built_in() for model in provider.models]


@pytest.mark.django_db
@pytest.mark.parametrize(("family", "model"), DEFAULTS)
def test_every_default_model_has_a_price_and_a_window(family: str, model: str) -> None:
    own_endpoint = endpoint(family)
    price, known = price_in_force(own_endpoint, model), facts(own_endpoint, model)
    assert price.is_known
    assert price.rates is not None
    assert price.rates.prompt > 0
    assert known.window_source != "assumed"
    assert known.max_output > 0
    # What is sent fits what the provider takes as a prompt, whatever the window is said to be.
    listed = default_models.known()[family][model]["window"]
    assert min(MIN_PROMPT_TOKENS, listed // 2) <= known.usable(max_tokens=0, chosen=None) <= listed


def test_every_provider_with_models_is_in_the_file() -> None:
    assert {provider.name: provider.models for provider in built_in() if provider.models} == {
        name: tuple(models) for name, models in default_models.known().items()
    }


def test_the_file_is_as_the_installed_price_list_has_it() -> None:
    """Fails after an update of litellm: `manage.py models renew` writes it anew."""
    before = renewal.read()
    assert renewal.to_text(renewal.renewed(before, installed(), add=False)) == default_models.FILE.read_text()


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "built_in.json"
    path.write_text(default_models.FILE.read_text())
    monkeypatch.setattr(command, "FILE", path)
    monkeypatch.setattr(renewal, "FILE", path)
    return path


def test_renewing_takes_figures_keeps_what_is_gone_and_tells(copy: Path, tmp_path: Path, capsys: Any) -> None:
    given = {
        "gpt-4o": {"input_cost_per_token": 9.499999999999999e-07, "output_cost_per_token": 1e-05,
                   "max_input_tokens": 64_000, "max_output_tokens": 4_000},
        "gpt-5.9": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "max_input_tokens": 9_000},
        "gpt-5.9-2026-01-01": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "max_input_tokens": 9},
        "gemini/gemini-2.5-pro": {"input_cost_per_token": 1e-06},  # half an entry
    }  # fmt: skip
    path = tmp_path / "map.json"
    path.write_text(json.dumps(given))
    before = copy.read_text()
    with pytest.raises(CommandError, match="gpt-4o"):
        call_command("models", "renew", file=str(path), check=True)
    assert copy.read_text() == before
    call_command("models", "renew", file=str(path))
    price_list = json.loads(copy.read_text())
    assert price_list["openAI"]["gpt-4o"] == {
        "window": 64_000, "reply": 4_000, "prompt": "0.95", "completion": "10", "cache_read": "0.95",
        "cache_write": "0.95",
    }  # fmt: skip
    assert "gpt-5.9" not in price_list["openAI"]
    assert price_list["google"] == json.loads(before)["google"]
    output = capsys.readouterr().out
    assert "openAI gpt-4o: window 128000 -> 64000" in output
    assert "google gemini-2.5-pro: price list kept -> no longer there" in output
    call_command("models", "renew", file=str(path), add=True)
    assert list(json.loads(copy.read_text())["openAI"])[-1] == "gpt-5.9"
    assert "openAI gpt-5.9: model None -> new" in capsys.readouterr().out


def test_what_is_no_price_list_is_refused(copy: Path, tmp_path: Path) -> None:
    for text in ("[]", "{", ""):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(CommandError):
            call_command("models", "renew", file=str(tmp_path / "bad.json"))


@pytest.mark.django_db
def test_what_the_price_list_has_no_more_says_where_its_figures_can_be_read() -> None:
    for provider, models in default_models.known().items():
        for model, figures in models.items():
            is_listed = bool(installed().get(PROVIDERS[provider].facts.price_prefix + model))
            assert ("source" in figures) != is_listed, model


@pytest.mark.django_db
def test_figures_that_are_kept_have_long_prompts_prices_and_thoughts_too() -> None:
    google = endpoint("google")
    rates = price_in_force(google, "gemini-3-pro-preview").rates
    assert rates is not None
    assert [rates.at(tokens).to_json() for tokens in (200_000, 200_001)] == [
        {"prompt": "2", "completion": "12", "cache_read": "0.2", "cache_write": "2"},
        {"prompt": "4", "completion": "18", "cache_read": "0.4", "cache_write": "4"},
    ]
    assert facts(google, "gemini-3-pro-preview").reasoning
    assert not facts(endpoint("openAI"), "chatgpt-4o-latest").reasoning


def test_a_model_that_comes_back_to_the_list_is_wholly_as_the_list_has_it() -> None:
    before = {"openAI": {"gpt-9": {"window": 9, "reply": 9, "source": "a page", "reasons": True}}}
    entries = {"gpt-9": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "max_input_tokens": 5_000,
                         "input_cost_per_token_above_200k_tokens": 4e-06}}  # fmt: skip
    rates = {"completion": "2", "cache_read": "1", "cache_write": "1"}
    assert renewal.renewed(before, entries, add=False)["openAI"]["gpt-9"] == {
        "window": 5_000, "reply": 0, "prompt": "1", **rates, "above": {"200000": {"prompt": "4", **rates}},
    }  # fmt: skip
