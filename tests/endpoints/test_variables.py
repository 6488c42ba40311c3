"""``${NAME}`` in the file: what is filled in, what cannot be, and that nobody ever sees or sends it."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from endpoints.catalog import registry
from endpoints.catalog.registry import Registry
from siteconfig.environment.reader import env

FILE = """
version: 1.2.9
endpoints:
  custom:
    - name: Acme
      apiKey: ${ACME_KEY}
      baseURL: ${ACME_URL}
      headers:
        X-Note: "n=${ACME_NOTE}; ${NOT_SET_AT_ALL}"
        X-Hash: ${ACME_HASH}
        X-Bare: Bearer $ACME_KEY
      addParams: {user: "${NOT_SET_AT_ALL}", top_k: 3, stop: ["${NOT_SET_AT_ALL}", "x"]}
      models:
        default: ["${ACME_MODEL}", "${ACME_OTHER_MODEL}", "${ACME_MODELS}", {name: "${ACME_THIRD}"}]
        fetch: false
      titleModel: "${ACME_TITLE_MODEL}"
      iconURL: "/static/${ACME_ICON}.svg"
    - {name: Keyless, apiKey: "${NOT_SET_AT_ALL}", baseURL: "https://second.example/v1", models: {default: [m]}}
    - {name: Bare, apiKey: $ACME_KEY, baseURL: "https://third.example/v1", models: {default: [m]}}
    - {name: Half, apiKey: "${ACME_KEY", baseURL: "https://fourth.example/v1", models: {default: [m]}}
    - {name: Empty, apiKey: "${ACME_EMPTY}", baseURL: "https://fifth.example/v1", models: {default: [m]}}
    - {name: Blank, apiKey: "${ACME_BLANK}", baseURL: "https://sixth.example/v1", models: {default: [m]}}
    - {name: Nowhere, apiKey: k, baseURL: "https://${NOT_SET_AT_ALL}/v1", models: {default: [m]}}
    - {name: Modelless, apiKey: k, baseURL: "https://seventh.example/v1", models: {default: ["${NOT_SET_AT_ALL}"]}}
    - {name: Spaced, apiKey: "${ ACME_KEY }", baseURL: "https://eighth.example/v1", models: {default: [m]}}
    - {name: Fetching, apiKey: k, baseURL: "https://ninth.example/v1", models: {default: ["${NO_ONE}"], fetch: true}}
"""
VARIABLES = {
    "ACME_KEY": "sk-example-1", "ACME_URL": "https://llm.example/v1", "ACME_MODEL": "acme-small",
    "ACME_MODELS": "acme-small, acme-large", "ACME_NOTE": "a # b", "ACME_HASH": "a#b", "ACME_EMPTY": "",
    "ACME_BLANK": "  ",
}  # fmt: skip


@pytest.fixture
def load(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def loaded(text: str = FILE, **variables: str) -> Registry:
        for name, value in (VARIABLES | variables).items():
            monkeypatch.setenv(name, value)
        settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
        settings.LIBRECHAT_CONFIG.write_text(text)
        registry.reset()
        return registry.current()

    yield loaded
    registry.reset()


@pytest.mark.django_db
def test_what_is_set_is_filled_in_and_the_rest_goes_nowhere(load: Callable[..., Registry]) -> None:
    current = load()
    acme = current.get("Acme")
    assert acme is not None
    assert (acme.connection.api_key, acme.connection.base_url) == ("sk-example-1", "https://llm.example/v1")
    assert dict(acme.connection.headers) == {"X-Hash": "a#b"}
    assert acme.models.names == ("acme-small", "acme-large")
    assert (acme.titles.model, acme.display.icon) == ("", "")
    assert acme.parameters.add == {"top_k": 3, "stop": ["x"]}
    names = [endpoint.name for endpoint in current.endpoints]
    assert names == ["Acme", "Fetching"]
    assert "${" not in repr(current.endpoints)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "notice",
    [
        "endpoints.custom[0].headers.X-Note, line 9: NOT_SET_AT_ALL is not set",
        "endpoints.custom[0].headers.X-Bare, line 11: a variable is written as ${ACME_KEY}, with braces",
        "endpoints.custom[0].models.default[1], line 14: ACME_OTHER_MODEL is not set",
        "endpoints.custom[0].titleModel, line 16: ACME_TITLE_MODEL is not set",
        "endpoint Keyless is left out: NOT_SET_AT_ALL is not set",
        "endpoint Bare is left out: a variable is written as ${ACME_KEY}, with braces",
        "endpoint Half is left out: a variable is written as ${NAME}, with both braces around its name",
        "endpoint Spaced is left out: a variable is written as ${NAME}, with both braces around its name",
        "endpoint Empty is left out: ACME_EMPTY is not set",
        "endpoint Blank is left out: ACME_BLANK is not set",
        "endpoint Nowhere is left out: NOT_SET_AT_ALL is not set",
        "endpoints.custom, line 4: endpoint Modelless is left out because none of its models is set",
    ],
)
def test_the_variable_and_its_key_are_named(load: Callable[..., Registry], notice: str) -> None:
    assert notice in load().notices


@pytest.mark.django_db
def test_the_command_says_so_too(load: Callable[..., Registry], settings: Settings) -> None:
    load()
    out = StringIO()
    call_command("config", "check", str(settings.LIBRECHAT_CONFIG), stdout=out)
    assert "endpoints.custom[0].models.default[1], line 14: ACME_OTHER_MODEL is not set" in out.getvalue()
    assert "sk-example-1" not in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_KEY"])
def test_a_providers_key_that_was_not_filled_in_is_none(load: Callable[..., Registry], name: str) -> None:
    current = load("version: 1\n", **{name: "${MY_KEY}"})
    assert current.endpoints == ()
    assert current.notices == (f"{name} holds the name of another variable, which is not set",)


@pytest.mark.django_db
def test_a_variable_that_holds_one_is_not_put_in(load: Callable[..., Registry]) -> None:
    current = load(ACME_KEY="${OTHER}")
    assert current.get("Acme") is None
    assert "endpoint Acme is left out: ACME_KEY itself contains a placeholder" in current.notices


@pytest.mark.django_db
def test_a_variable_of_the_file_that_looks_odd_is_told(load: Callable[..., Registry]) -> None:
    load(ACME_KEY='"sk-example-1"')
    notices = [notice for notice in env.suspicious() if notice.startswith("ACME_")]
    assert notices == [
        "ACME_KEY in the environment is in quotes, which become part of the value",
        "ACME_NOTE in the environment has a # after a space, so a comment may have become part of the value",
    ]


AZURE = """
version: 1
endpoints:
  azureOpenAI:
    groups:
      - group: good
        apiKey: k
        instanceName: a
        version: v1
        deploymentName: ${ACME_MODEL}
        baseURL: https://${INSTANCE_NAME}.example/${DEPLOYMENT_NAME}
        additionalHeaders: {X-A: "${NOT_SET_AT_ALL}", X-B: "${ACME_HASH}"}
        models: {good-model: true}
      - {group: bad, apiKey: k, instanceName: b, version: "${NOT_SET_AT_ALL}", deploymentName: d, models: {bad: true}}
"""


@pytest.mark.django_db
def test_azures_own_placeholders_stay_and_others_do_not(load: Callable[..., Registry]) -> None:
    endpoint = load(AZURE).get("azureOpenAI")
    assert endpoint is not None
    assert endpoint.models.names == ("good-model",)
    variant = endpoint.models.variants["good-model"]
    assert (variant.connection.base_url, dict(variant.connection.headers)) == (
        "https://a.example/acme-small",
        {"X-B": "a#b"},
    )
    assert "endpoint azureOpenAI (bad) is left out: NOT_SET_AT_ALL is not set" in registry.current().notices
