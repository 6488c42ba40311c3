"""`core.prebuilt`: a filled template is what rendering it would have given, and is rendered once for each shape."""

from typing import Any
from uuid import UUID

import pytest
from django.template import Context, Engine, Template
from django.utils import translation
from django.utils.safestring import SafeString

from core import prebuilt
from core.prebuilt import Holes, Prebuilt

SOURCE = """{% load i18n %}<li id="{{ id }}"{% if is_on %} class="on"{% endif %}
    title="{% blocktranslate with name=name %}Edit “{{ name }}”{% endblocktranslate %}">
    {% url "chat:conversation" id %} {% translate "Cancel" %} {{ name }}{{ html }}</li>"""
ID = UUID("0190b6f0-0000-7000-8000-000000000001")


def _context(is_on: bool, holes: Holes) -> dict[str, Any]:
    return {"is_on": is_on, "id": holes.id("id"), "name": holes.text("name"), "html": holes.text("html")}


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> dict[str, Template]:
    """The template `row.html`, and others that a test puts beside it."""
    engine = Engine.get_default()
    loaded = {"row.html": engine.from_string(SOURCE)}
    monkeypatch.setattr(Engine, "get_template", lambda self, name: loaded[name])
    return loaded


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("name", ["Cats", "<b>\"&'", "{{ id }}", "%(name)s %s", "\\1", "", "日本語 العربية"], ids=ascii)
def test_filling_gives_what_rendering_gives(
    templates: dict[str, Template], is_on: bool, language: str, name: str
) -> None:
    html = SafeString("<i>1 & 2</i>")
    row = Prebuilt("row.html", _context)
    with translation.override(language):
        rendered = templates["row.html"].render(Context({"is_on": is_on, "id": ID, "name": name, "html": html}))
        values = {"id": str(ID), "name": name, "html": html}
        assert row.fill(is_on, values) == row.fill(is_on, values) == rendered


def test_a_template_is_rendered_once_for_each_shape_and_language(templates: dict[str, Template]) -> None:
    built = []

    def context(is_on: bool, holes: Holes) -> dict[str, Any]:
        built.append(is_on)
        return _context(is_on, holes)

    row = Prebuilt("row.html", context)
    for language in ("en", "de", "en"):
        with translation.override(language):
            for number in range(3):
                row.fill(True, {"id": str(ID), "name": f"Chat {number}", "html": ""})
                row.fill(False, {"id": str(ID), "name": f"Chat {number}", "html": ""})
    assert built == [True, False, True, False]


def test_an_edited_template_is_rendered_anew(templates: dict[str, Template]) -> None:
    row = Prebuilt("row.html", _context)
    values = {"id": str(ID), "name": "Cats", "html": ""}
    row.fill(True, values)
    templates["row.html"] = Engine.get_default().from_string("<p>{{ name }}</p>")
    assert row.fill(True, values) == "<p>Cats</p>"


def test_few_shapes_are_kept(templates: dict[str, Template], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prebuilt, "MAX_SHAPES", 4)
    templates["row.html"] = Engine.get_default().from_string("{{ number }} {{ name }}")
    row: Prebuilt[int] = Prebuilt("row.html", lambda number, holes: {"number": number, "name": holes.text("name")})
    assert [row.fill(number, {"name": "x"}) for number in range(20)] == [f"{number} x" for number in range(20)]
    assert len(row._built) <= 4


def test_a_template_without_holes_is_kept_whole(templates: dict[str, Template]) -> None:
    templates["row.html"] = Engine.get_default().from_string("<hr>")
    row: Prebuilt[None] = Prebuilt("row.html", lambda _, holes: {})
    assert [row.fill(None, {}), row.fill(None, {})] == ["<hr>", "<hr>"]
