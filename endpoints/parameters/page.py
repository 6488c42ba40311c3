"""Renders the table of parameters as a page of the documentation."""

from collections.abc import Iterator

from django.utils import translation

from siteconfig.parameters.fields import Parameter
from siteconfig.parameters.table import SETS, SYNONYMS

_HEAD = """# Parameters of models

Written by `manage.py parameters_page` from `siteconfig/parameters/table.py`; change it there.

What a person sets is kept with the conversation under these names, in the API as on the page. Which set a model has is
decided by its endpoint: by `customParams.defaultParamsEndpoint`, else by who runs it, for Bedrock by who made it. An
endpoint's `paramDefinitions` change single controls, its `dropParams` take them away. A control that is left alone is
not sent. What is set and cannot be used by a model is not sent to it either, and the panel says why.

Names that mean the same in different sets: {synonyms}. A conversation that moves to another endpoint keeps them.
"""


def render() -> str:
    """Return the page, in English."""
    with translation.override("en"):
        same = "; ".join(", ".join(f"`{name}`" for name in names) for names in SYNONYMS)
        return "\n".join([_HEAD.format(synonyms=same), *_sections()])


def _sections() -> Iterator[str]:
    sections: dict[tuple[Parameter, ...], list[str]] = {}
    for name, parameters in SETS.items():
        sections.setdefault(parameters, []).append(name)
    for parameters, names in sections.items():
        yield "## " + ", ".join(f"`{name}`" for name in names) + "\n"
        yield "| key | name | control | type | default | range or choices | belongs to | what it does |"
        yield "|---|---|---|---|---|---|---|---|"
        for parameter in parameters:
            yield "| " + " | ".join(_cells(parameter)) + " |"
        yield ""


def _cells(each: Parameter) -> Iterator[str]:
    yield f"`{each.key}`"
    yield str(each.label)
    yield each.control
    yield each.type
    yield "" if each.default in (None, "", ()) else f"`{str(each.default).lower()}`"
    yield _range(each)
    yield each.belongs or "message"
    yield str(each.description) + (" Kept, and without effect yet." if each.waits else "")


def _range(each: Parameter) -> str:
    if each.options:
        return " · ".join(f"`{option}`" for option in each.options if option)
    if each.max_items:
        return f"up to {each.max_items}"
    if each.low is None or each.high is None:
        return ""
    return f"{each.low:.12g} to {each.high:.12g}, step {each.step or 1:.12g}"
