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


def _cells(parameter: Parameter) -> Iterator[str]:
    yield f"`{parameter.key}`"
    yield str(parameter.label)
    yield parameter.control
    yield parameter.type
    yield "" if parameter.default in (None, "", ()) else f"`{str(parameter.default).lower()}`"
    yield _range(parameter)
    yield parameter.belongs or "message"
    yield str(parameter.description) + (" Kept, and without effect yet." if parameter.waits else "")


def _range(parameter: Parameter) -> str:
    if parameter.options:
        return " · ".join(f"`{option}`" for option in parameter.options if option)
    if parameter.max_items:
        return f"up to {parameter.max_items}"
    if parameter.low is None or parameter.high is None:
        return ""
    return f"{parameter.low:.12g} to {parameter.high:.12g}, step {parameter.step or 1:.12g}"
