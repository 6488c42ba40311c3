"""The file is looked at again while the site runs."""

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from endpoints.catalog import registry
from siteconfig import live
from siteconfig.configuration import ConfigFaults

ENTRY = "{{name: {}, apiKey: k, baseURL: 'https://a.example.org', models: {{default: [m]}}}}"


def text(name: str) -> str:
    return f"version: 1\nendpoints:\n  custom:\n    - {ENTRY.format(name)}\n"


@pytest.fixture
def live_config(tmp_path: Path, settings: Settings, fresh_registry: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    monkeypatch.setattr(live, "LOOK_AGAIN_SECONDS", 0.0)
    settings.LIBRECHAT_CONFIG.write_text(text("First"))
    return tmp_path / "librechat.yaml"


def names() -> list[str]:
    return [endpoint.name for endpoint in registry.current().endpoints if not endpoint.origin.local]


def replace_file(file: Path, new: str) -> None:
    """Write as editors do: a new file takes the old one's place."""
    other = file.with_suffix(".new")
    other.write_text(new)
    other.replace(file)


def test_an_edit_takes_effect_without_a_restart(live_config: Path) -> None:
    assert names() == ["First"]
    unchanged = registry.current()
    assert registry.current() is unchanged
    replace_file(live_config, text("Second"))
    assert names() == ["Second"]
    assert live.faults() == ()


def test_a_broken_edit_keeps_the_last_good_file_and_is_told_until_it_is_mended(live_config: Path) -> None:
    assert names() == ["First"]
    replace_file(live_config, text("Second") + "speling: 1\n")
    assert names() == ["First"]
    (fault,) = live.faults()
    assert (fault.path, fault.line) == ("speling", 5)
    assert names() == ["First"]  # nor is it read again and again
    replace_file(live_config, text("Third"))
    assert names() == ["Third"]
    assert live.faults() == ()


def test_a_file_that_vanishes_stays_in_use(live_config: Path) -> None:
    assert names() == ["First"]
    live_config.unlink()
    assert names() == ["First"]
    (fault,) = live.faults()
    assert fault.message == "librechat.yaml is missing, so its last version stays in use"


def test_a_file_that_comes_later_is_found(live_config: Path) -> None:
    live_config.unlink()
    assert names() == []
    live_config.write_text(text("Late"))
    assert names() == ["Late"]


def test_the_file_is_not_asked_about_at_every_use(live_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_AGAIN_SECONDS", 60.0)
    registry.reset()
    assert names() == ["First"]
    looked: list[Path] = []
    monkeypatch.setattr(live, "_seen", looked.append)
    replace_file(live_config, text("Second"))
    assert names() == ["First"]
    assert looked == []


def test_the_environment_is_that_of_the_start(live_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names() == ["First"]
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "k")
    assert names() == ["First"]


def test_a_start_with_a_faulty_file_is_refused_unless_validation_is_bypassed(
    live_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_config.write_text("version: 1\nspeling: 1\n")
    with pytest.raises(ConfigFaults):
        registry.current()
    monkeypatch.setenv("CONFIG_BYPASS_VALIDATION", " True ")
    assert names() == []
    assert [fault.path for fault in live.faults()] == ["speling"]
    registry.reset()
    live_config.write_text("version: 1\nimageOutputType: gif\n")
    with pytest.raises(ConfigFaults, match="imageOutputType, line 2: must be one of"):
        registry.current()


def test_a_web_address_is_no_file(settings: Settings, fresh_registry: None) -> None:
    settings.LIBRECHAT_CONFIG = Path("https://example.org/librechat.yaml")
    with pytest.raises(ConfigFaults, match="is a web address"):
        registry.current()


def test_specs_without_an_endpoint_are_left_out_with_a_notice(live_config: Path) -> None:
    specs = "".join(
        f"    - {{name: {name}, label: L, preset: {preset}}}\n"
        for name, preset in (
            ("good", "{endpoint: First}"), ("agent", "{agent_id: a}"), ("lost", "{endpoint: Nowhere}"), ("none", "{}"),
        )
    )  # fmt: skip
    live_config.write_text(text("First") + "modelSpecs:\n  list:\n" + specs)
    current = registry.current()
    assert [spec.name for spec in current.specs] == ["good", "agent"]
    assert current.notices == (
        "model spec lost is left out: there is no endpoint “Nowhere”",
        "model spec none is left out: there is no endpoint “”",
    )
