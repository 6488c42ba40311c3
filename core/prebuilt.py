"""Templates that are rendered once for each of their shapes, and then only filled in.

A page holds hundreds of messages and rows which are the same but for an id and a few texts. `Prebuilt` renders such a
template once for each language and *shape* (all that decides which branches it takes and which words it says), with
stand-ins for what differs, its *holes*. From then on showing one is joining texts:

    row = Prebuilt("components/row.html", lambda shape, hole: {"id": hole.id("id"), "title": hole.text("title"), …})
    row.fill(shape, {"id": conversation.id, "title": conversation.title})

A hole may stand wherever the template shows its value as it is: between tags, in an attribute, as the argument of
`{% url %}` or of `{% blocktranslate %}`. Conditions see a stand-in as a text that is not empty. What the template does
anything else with (a filter, a number's plural form) belongs to the shape.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.template import Context, Engine, Template
from django.urls import get_script_prefix
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

Shape = TypeVar("Shape", bound=Hashable)
NEVER = "(?!)"  # matches nothing
MAX_SHAPES = 512  # that one template keeps, of all languages


class Holes:
    """Makes the stand-ins. They are random, so no text that belongs to the shape is taken for one."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}  # by stand-in

    def id(self, name: str) -> UUID:
        """Return the stand-in for an id."""
        stand_in = uuid4()
        self.names[str(stand_in)] = name
        return stand_in

    def text(self, name: str) -> str:
        """Return the stand-in for a text, which is escaped when it is filled in unless it is safe."""
        stand_in = uuid4().hex
        self.names[stand_in] = name
        return stand_in


class Prebuilt(Generic[Shape]):
    """A template and the way to its context: `context_of` is given the shape and makes the holes."""

    def __init__(self, template_name: str, context_of: Callable[[Shape, Holes], Mapping[str, Any]]) -> None:
        self.template_name = template_name
        self.context_of = context_of
        self._template: Template | None = None
        self._built: dict[Hashable, tuple[str, ...]] = {}

    def fill(self, shape: Shape, values: Mapping[str, str]) -> SafeString:
        """Return the template as HTML. `values` has one for each hole that this shape shows."""
        template = Engine.get_default().get_template(self.template_name)
        if template is not self._template or len(self._built) >= MAX_SHAPES:  # it was edited and loaded anew
            self._template, self._built = template, {}
        key = (get_language(), get_script_prefix(), shape)
        built = self._built.get(key)
        if built is None:
            built = self._built[key] = self._build(template, shape)
        pieces = list(built)
        for place in range(1, len(pieces), 2):
            pieces[place] = conditional_escape(values[pieces[place]])
        return mark_safe("".join(pieces))  # noqa: S308 (of a template, filled with what is escaped)

    def _build(self, template: Template, shape: Shape) -> tuple[str, ...]:
        """Return the template's HTML in pieces: texts, and between each two of them the name of a hole."""
        holes = Holes()
        html = template.render(Context(dict(self.context_of(shape, holes))))
        pieces = re.split(f"({'|'.join(holes.names) or NEVER})", html)
        return tuple(holes.names.get(piece, piece) for piece in pieces)
