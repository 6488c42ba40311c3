"""`librechat.yaml`: what it may say, and how its faults are told."""

from pathlib import Path

import pytest
from celery.signals import worker_init
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

import endpoints.tasks  # noqa: F401 (listens for the start of a worker)
from endpoints.catalog import registry
from endpoints.services.checks import check_configuration
from siteconfig.configuration import ConfigFaults, load_config

GOOD = """
version: 1.3.17
cache: true
interface: {customWelcome: Hello}
endpoints:
  agents: {recursionLimit: 50}
  custom:
    - name: Groq
      apiKey: "${GROQ_API_KEY}"
      baseURL: "https://${GROQ_HOST}/openai/v1/"
      models:
        default: [llama-a, {name: llama-b, description: The small one}, llama-a]
        fetch: true
      titleConvo: false
      titleModel: current_model
      modelDisplayLabel: Llama
      headers: {X-Team: "${TEAM}"}
      addParams: {safe_prompt: true, web_search: false}
      dropParams: [stop, user]
      customParams: {defaultParamsEndpoint: custom}
      iconURL: https://example.org/icon.png
      summarize: false
"""

BAD = """version: 1.3.5
cachee: true
cache: true
cache: false
endpoints:
  customs: []
  custom:
    - name: openAI
      apiKey: 12
      baseURL: ftp://x
      models:
        default: [a, 3, {nam: y}]
        fetch: maybe
      headers: {"X Y": a}
      customParams: {foo: 1}
      addParams: {web_search: often}
    - name: ok
      baseURL: "${NOT_SET}"
      models: {default: []}
      dropParams: stop
    - 7
"""


@pytest.fixture
def config_file(tmp_path: Path, settings: Settings, fresh_registry: None) -> Path:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    return tmp_path / "librechat.yaml"


def faults_of(file: Path, text: str) -> list[tuple[str, int, str]]:
    file.write_text(text)
    with pytest.raises(ConfigFaults) as caught:
        load_config(file)
    return [(fault.path, fault.line, fault.message) for fault in caught.value.faults]


def test_a_file_in_use_is_read(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GROQ_API_KEY": "gsk-1", "GROQ_HOST": "api.groq.com", "TEAM": "blue"}.items():
        monkeypatch.setenv(name, value)
    config_file.write_text(GOOD)
    config = load_config(config_file)
    assert config.not_in_use == (
        "cache",
        "interface.customWelcome",
        "endpoints.agents",
        "endpoints.custom[].models.default[].description",
    )
    (notice,) = config.notices
    assert str(notice) == "endpoints.custom[0].summarize, line 22: is unknown and has no effect"
    (endpoint,) = registry.current().endpoints
    assert (endpoint.name, endpoint.display.label, endpoint.connection.wire) == ("Groq", "Groq", "openai")
    assert endpoint.connection.base_url == "https://api.groq.com/openai/v1"
    assert endpoint.connection.api_key == "gsk-1"
    assert endpoint.models.names == ("llama-a", "llama-b")
    assert endpoint.models.fetch
    assert (endpoint.titles.wanted, endpoint.titles.model) == (False, "current_model")
    assert endpoint.display.model_label == "Llama"
    assert endpoint.connection.headers == {"X-Team": "blue"}
    assert endpoint.parameters.add == {"safe_prompt": True, "web_search": False}
    assert endpoint.parameters.drop == ("stop", "user")
    assert (endpoint.origin.custom, endpoint.origin.local, endpoint.origin.written_by_operator) == (True, False, True)
    assert "gsk-1" not in repr(endpoint)
    assert "blue" not in repr(endpoint)


def test_every_fault_is_told_with_its_place_and_what_is_allowed(config_file: Path) -> None:
    faults = faults_of(config_file, BAD)
    places = [(path, line) for path, line, _ in faults]
    custom = "endpoints.custom"
    assert places == [
        ("cachee", 2),
        ("cache", 4),
        ("endpoints.customs", 6),
        (f"{custom}[0].name", 8),
        (f"{custom}[0].apiKey", 9),
        (f"{custom}[0].baseURL", 10),
        (f"{custom}[0].models.default[1]", 12),
        (f"{custom}[0].models.default[2].name", 12),
        (f"{custom}[0].models.fetch", 13),
        (f"{custom}[0].headers", 14),
        (f"{custom}[0].customParams.foo", 15),
        (f"{custom}[0].addParams", 16),
        (f"{custom}[1].apiKey", 17),
        (f"{custom}[1].models", 19),
        (f"{custom}[1].dropParams", 20),
        (f"{custom}[2]", 21),
    ]
    messages = {path: message for path, _, message in faults}
    assert messages["cachee"].startswith("is not a known key here. Allowed: version, endpoints, ")
    assert messages["endpoints.customs"].startswith("is not a known key here. Allowed: custom, ")
    assert messages[f"{custom}[0].name"].startswith("must not be one of: azureOpenAI, openAI")
    assert messages[f"{custom}[1].apiKey"] == "is required"


@pytest.mark.parametrize(
    ("text", "path", "line", "sentence"),
    [
        ("version: [1\nendpoints: {", "", 2, "not valid YAML"),
        ("- a\n- b", "", 1, "must be a mapping"),
        ("endpoints: {custom: []}", "version", 1, "is required"),
        ("version: 1\nendpoints: {}", "endpoints", 2, "must not be empty"),
        ("version: 1\nendpoints: !!python/object/apply:os.system [id]", "", 2, "not valid YAML"),
        ("version: 1\n" + "endpoints: " + "[" * 101 + "]" * 101, "", 0, "nested too deeply"),
        ("version: 1\nendpoints: " + "[" * 100_000 + "]" * 100_000, "", 0, "nested too deeply"),
        ("version: 1\nendpoints: &e\n  custom: [*e]", "", 0, "nested too deeply"),
        ("\x00", "", 0, "not valid YAML"),
    ],
)
def test_files_of_another_kind_are_refused_with_a_reason(
    config_file: Path, text: str, path: str, line: int, sentence: str
) -> None:
    faults = faults_of(config_file, text)
    assert any((where, at) == (path, line) and sentence in message for where, at, message in faults), faults


def test_names_that_stand_twice_are_a_fault(config_file: Path) -> None:
    entry = "{name: A, apiKey: k, baseURL: 'https://a.example.org', models: {default: [m]}}"
    ((path, _, message),) = faults_of(config_file, f"version: 1\nendpoints:\n  custom:\n    - {entry}\n    - {entry}\n")
    assert (path, message) == ("endpoints.custom", "every `name` must be unique; used twice: A")


def test_a_file_that_is_not_there_or_empty_says_nothing(config_file: Path) -> None:
    assert load_config(config_file).document.endpoints.custom == []
    config_file.write_text("# nothing yet\n")
    assert load_config(config_file).document.endpoints.custom == []


@pytest.mark.security
def test_case_46_what_a_variable_holds_is_not_read_again(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "${INNER}-${JWT_SECRET}")
    monkeypatch.setenv("INNER", "planted")
    monkeypatch.setenv("JWT_SECRET", "planted-too")
    config_file.write_text(
        "version: 1\nendpoints:\n  custom:\n    - name: A\n      apiKey: k\n      baseURL: https://a.example.org\n"
        "      models: {default: [m]}\n      headers: {X-A: '${OUTER}', X-B: '${JWT_SECRET}', X-C: '${SECRET_KEY}'}\n"
    )
    config = load_config(config_file)
    (entry,) = config.document.endpoints.custom
    assert entry.headers == {}
    assert [notice.message for notice in config.notices] == [
        "OUTER itself contains a placeholder",
        "JWT_SECRET is a secret of this site and can't be sent to an endpoint",
        "SECRET_KEY is not set",
    ]


@pytest.mark.security
def test_a_fault_never_shows_the_value(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-planted")
    text = (
        "version: 1\nendpoints:\n  custom:\n    - {name: A, apiKey: k, baseURL: '${MY_KEY}', titleConvo: '${MY_KEY}'}\n"
    )
    assert "sk-planted" not in str(faults_of(config_file, text))


def test_a_faulty_file_stops_every_command_and_process(config_file: Path) -> None:
    config_file.write_text("version: 1\nendpoint: {}\n")
    with pytest.raises(ConfigFaults, match="endpoint, line 2: is not a known key"):
        registry.current()
    (message,) = check_configuration()
    assert message.id == "endpoints.E001"
    with pytest.raises(SystemCheckError, match=r"endpoints\.E001"):
        call_command("check")


def test_a_worker_ends_at_once(config_file: Path) -> None:
    config_file.write_text("version: 1\nendpoint: {}\n")
    with pytest.raises(SystemExit, match="endpoint, line 2"):
        worker_init.send(sender=None)
    config_file.write_text("version: 1\n")
    worker_init.send(sender=None)
