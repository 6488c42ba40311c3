"""Pages are built of `templates/components/`, and the styleguide shows what there is."""

import re
from pathlib import Path

import pytest
from django.template import Context, Engine, TemplateSyntaxError
from django.test import Client
from django.urls import reverse
from django.utils.safestring import SafeString
from pytest_django import Settings

from core.components import Component

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "components"
COMPONENTS = sorted(path.name for path in FOLDER.glob("*.html"))
OF_OTHERS = {"admin", "unfold"}  # built of what the administration's package has
BY_HAND = re.compile(
    r"<dialog\b|"
    r'class="(?:button|icon-button|menu|menu-item|card|card-body|badge|chip|choice|continue|dialog-acts)[ "]|'
    r'class="field"'
)


def engine(**templates: str) -> Engine:
    sources = {f"components/{name}.html": source for name, source in templates.items()}
    return Engine(
        loaders=[("django.template.loaders.locmem.Loader", sources)], libraries={"components": "core.components"}
    )


def rendered(source: str, *, context: dict[str, object] | None = None, **templates: str) -> str:
    template = engine(**templates).from_string("{% load components %}" + source)
    return template.render(Context(context or {}))


def test_a_component_has_its_variables_attributes_and_body() -> None:
    source = """{% component "link" label=_("Rename") kind=kind|upper %}
    {% attributes %}  href="/{{ place }}"  {% endattributes %}<b>{{ place }}</b>{% endcomponent %}"""
    link = "<a{{ attributes }}>{{ label }} {{ kind }} {{ body }}</a>"

    shown = rendered(source, link=link, context={"kind": "quiet", "place": "a&b"})

    assert re.sub(r"\s+", " ", shown) == '<a href="/a&amp;b">Rename QUIET <b>a&amp;b</b></a>'


def test_a_component_has_no_other_variable_of_the_page() -> None:
    shown = rendered('{% component "x" %}{% endcomponent %}', x="[{{ label }}{{ body }}]", context={"label": "leaked"})

    assert shown == "[]"


def test_an_input_is_shown_and_asked_for_as_django_does() -> None:
    """What is not text, an input in a branch and one that a loop hides: each as in any template."""
    source = '{% component "x" count=count label=label day=day items=items %}{% endcomponent %}'
    x = (
        "{% if label and not missing %}{{ label }}:{% elif count %}-{% else %}none:{% endif %}{{ count }} {{ day }} "
        "{% for label in items %}{{ label }}{% if label %}+{% endif %}{% endfor %}{{ label }}"
    )

    shown = rendered(source, x=x, context={"count": 2, "label": "<", "day": None, "items": ["", "<"]})

    assert shown == "&lt;:2 None &lt;+&lt;"
    assert rendered(source, x=x, context={"count": 0, "label": "", "day": "", "items": []}) == "none:0  "


def test_constants_choose_among_branches_that_inputs_choose_too() -> None:
    x = "{% if kind == 'a' %}A{% elif open %}open{% elif kind == 'b' %}B{{ kind }}{% elif later %}later{% endif %}"
    source = '{% component "x" kind="KIND" open=open later=later %}{% endcomponent %}'

    def with_kind(kind: str, **context: object) -> str:
        return rendered(source.replace("KIND", kind), x=x, context=context)

    assert [with_kind(kind, open=1) for kind in "abc"] == ["A", "open", "open"]
    assert [with_kind(kind, later=1) for kind in "abc"] == ["A", "Bb", "later"]


def test_what_people_wrote_is_escaped_once() -> None:
    source = '{% component "x" label=title %}{{ title }}{% endcomponent %}'

    assert rendered(source, x="{{ label }}|{{ body }}", context={"title": "<b>&"}) == "&lt;b&gt;&amp;|&lt;b&gt;&amp;"


def test_components_stand_in_each_other() -> None:
    source = '{% component "a" %}{% component "b" %}1{% endcomponent %}{% endcomponent %}'

    assert rendered(source, a="<i>{{ body }}</i>", b="<b>{{ body }}</b>") == "<i><b>1</b></i>"


@pytest.mark.parametrize("tag", ["component x", 'component "x" label', 'component "x" data-do="y"', 'component "x" a='])
def test_a_tag_that_says_nothing_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        engine().from_string("{% load components %}{% " + tag + " %}{% endcomponent %}")


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_says_first_what_it_takes(name: str) -> None:
    assert (FOLDER / name).read_text().startswith("{# ")


@pytest.mark.django_db
def test_the_styleguide_shows_each_component(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    shown: set[str] = set()
    render = Component.render

    def noted(component: Component, context: Context) -> SafeString:
        shown.add(f"{component.name}.html")
        return render(component, context)

    monkeypatch.setattr(Component, "render", noted)
    response = Client().get(reverse("chat:styleguide"))

    assert response.status_code == 200
    included = {str(template.name).removeprefix("components/") for template in response.templates}
    assert set(COMPONENTS) - shown - included == set()


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if not {"components", *OF_OTHERS} & set(path.relative_to(ROOT / "templates").parts)
    ],
    ids=lambda path: str(path.relative_to(ROOT / "templates")),
)
def test_a_page_writes_no_component_by_hand(path: Path) -> None:
    assert BY_HAND.findall(path.read_text()) == []
