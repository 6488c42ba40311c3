"""Icons, presets and what administrators hear about them."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from endpoints.catalog import registry
from endpoints.catalog.icons import MARKS, Icon, icon_of, is_shown
from endpoints.catalog.specs import faults_of_preset, parameters_of_preset, to_dict
from endpoints.providers.compatible.hosts import ICONS
from siteconfig.schema.model_specs import ModelSpec

SITE = "https://chat.example.org"


def spec(**fields: object) -> ModelSpec:
    return ModelSpec.model_validate({"name": "a", "label": "A", "preset": {"endpoint": "x"}} | fields)


def test_every_known_endpoint_has_a_mark_of_its_own() -> None:
    root = ElementTree.parse(django_settings.BASE_DIR / "static" / "marks.svg").getroot()  # noqa: S314 (our own file)
    symbols = {symbol.get("id"): "".join(part.get("d", "") + str(part.attrib) for part in symbol) for symbol in root}
    assert set(symbols) == MARKS
    assert ICONS <= MARKS
    assert len(set(symbols.values())) == len(MARKS)


@pytest.mark.security
@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/images/mine.png", "/images/mine.png"), (f"{SITE}/images/mine.png?v=2", "/images/mine.png?v=2"),
        ("https://example.org/x.png", ""), ("//example.org/x.png", ""), ("http://chat.example.org/x.png", ""),
        ("https://chat.example.org.evil.example/x.png", ""), ("https://chat.example.org@evil.example/x.png", ""),
        ("/\\evil.example/x.png", ""), ("\\\\evil.example/x.png", ""), ("///evil.example/x.png", "/evil.example/x.png"),
        ("javascript:alert(1)", ""), ("data:image/png;base64,AA", ""), ("x.png", ""), ("https://[bad", ""),
        (f"{SITE}//evil.example/x.png", ""), (" //evil.example/x.png", ""), ("/\t/evil.example/x.png", ""),
    ],
)  # fmt: skip
def test_a_picture_comes_from_this_site_alone(settings: Settings, address: str, path: str) -> None:
    settings.DOMAIN = SITE
    assert icon_of(address, name="Mine") == (Icon(path=path) if path else Icon(letter="M"))
    assert is_shown(address) is bool(path)


def test_an_icon_is_a_mark_by_its_name_or_the_next_or_a_letter() -> None:
    assert icon_of("openAI", name="x") == Icon(mark="openai")
    assert icon_of("", "Together.AI", name="x") == Icon(mark="together.ai")
    assert icon_of("https://example.org/x.png", "groq", name="x") == Icon(mark="groq")
    assert icon_of("nobody", name="“äther”") == Icon(letter="Ä")
    assert icon_of(name="…") == Icon(letter="•")


def test_a_preset_gives_the_parameters_that_models_take() -> None:
    made = spec(preset={"endpoint": "x", "model": "m", "temperature": 0.2, "max_tokens": "2000", "top_p": 7,
                        "tools": ["t"], "stop": [], "promptPrefix": "", "system": "Be kind"})  # fmt: skip
    assert parameters_of_preset(made) == {"temperature": 0.2, "max_tokens": 2000, "system": "Be kind"}
    assert faults_of_preset(made) == ["top_p"]


@pytest.mark.security
def test_what_clients_are_told_of_a_spec() -> None:
    secret = {"promptPrefix": "s1", "system": "s2", "instructions": "s3", "additional_instructions": "s4",
              "context": "s5", "tools": ["s6"], "additionalModelRequestFields": {"a": "s7"}}  # fmt: skip
    made = spec(preset={"endpoint": "x", "temperature": 1, **secret}, subagents={"agent_ids": ["s8"]}, order=3)
    assert to_dict(made, enforced=True) == {
        "name": "a", "label": "A", "order": 3, "preset": {"endpoint": "x", "temperature": 1},
    }  # fmt: skip
    assert to_dict(made, enforced=False)["preset"] == {"endpoint": "x", "temperature": 1, **secret}
    assert "s8" not in str(to_dict(made, enforced=False))


def test_administrators_hear_what_is_passed_over(settings: Settings, tmp_path: Path) -> None:
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text("""
version: 1.3.0
endpoints:
  custom:
    - {name: X, apiKey: k, baseURL: "http://127.0.0.1:9", iconURL: "https://example.org/x.png", models: {default: [m]}}
modelSpecs:
  list:
    - {name: a, label: A, group: G, groupIcon: "//example.org/g.png", preset: {endpoint: X, temperature: 9}}
    - {name: b, label: B, group: G, iconURL: xai, preset: {endpoint: X}}
""")
    registry.reset()
    reason = "is not shown: it must be a path of this site or the name of a known endpoint"
    assert registry.current().notices == (
        "model spec a: no model takes this temperature",
        f"endpoint X: the icon https://example.org/x.png {reason}",
        f"group G: the icon //example.org/g.png {reason}",
    )
    registry.reset()
