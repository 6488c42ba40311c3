"""The tag `component`: what pages are built of, from `templates/components/`.

    {% load components %}
    {% component "icon_button" label=_("Copy message") icon_name="copy" classes="small" %}
      {% attributes %}data-do="copy-message" hx-get="{% url … %}"{% endattributes %}
    {% endcomponent %}

The component's template has the variables that are named, `attributes` (what its element gets beside its own, after
a space) and `body` (what stands between the tags), and nothing else of the page. Its first lines say which it takes.

A page has hundreds of them, so what is decided by constants is decided once, when a component is first shown: a branch
of its `{% if %}`, a class, an icon's name.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import groupby
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Template, TextNode, Token, Variable
from django.template.base import VariableNode as Shown
from django.template.defaulttags import IfNode
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
NOTHING = object()
WORDS = {"True": True, "False": False, "None": None}


class ComponentVariables(dict[str, object]):
    """What a component is given. What it is not given is empty, without Django's long way to find that out."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> object:
        return WORDS.get(key, "")


class Attributes(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


class Component(Node):
    child_nodelists = ("attributes", "body")

    def __init__(self, name: str, values: dict[str, FilterExpression], attributes: NodeList, body: NodeList) -> None:
        self.name = name
        constants = {key: _constant(expression) for key, expression in values.items()}
        self.constants = {key: value for key, value in constants.items() if value is not NOTHING}
        self.values = {key: expression for key, expression in values.items() if constants[key] is NOTHING}
        self.attributes = attributes
        self.body = body
        self.template: Template | None = None

    def render(self, context: template.Context) -> SafeString:
        if self.template is None:
            engine = context.template.engine  # type: ignore[union-attr]  # it is being rendered
            self.template = self._settled(engine.get_template(f"components/{self.name}.html"))
        values = ComponentVariables(self.constants)
        for key, expression in self.values.items():
            value = expression.resolve(context)
            values[key] = str(value) if isinstance(value, Promise) else value  # translated once, used twice
        if self.attributes:
            attributes = self.attributes.render(context).strip()
            values["attributes"] = mark_safe(f" {attributes}" if attributes else "")  # noqa: S308 – of a template
        if self.body:
            values["body"] = self.body.render(context)
        page, context.dicts = context.dicts, [values]  # cheaper than a new context, and as far from the page's
        try:
            return self.template.render(context)
        finally:
            context.dicts = page

    def _settled(self, whole: Template) -> Template:
        """Return the component's template without what this component's constants decide."""
        open_names = set(self.values)
        open_names |= {name for name in ("attributes", "body") if getattr(self, name)}
        settled = copy(whole)
        nodes = _settle(whole.nodelist, template.Context(ComponentVariables(self.constants)), open_names)
        settled.nodelist = NodeList(_joined(nodes))
        return settled


def _constant(expression: FilterExpression) -> object:
    """Return what an expression is on every page and in every language; `NOTHING` where that is not known."""
    if expression.filters:
        return NOTHING
    value = expression.var
    if isinstance(value, Variable):
        return WORDS.get(str(value.var), NOTHING) if value.literal is None else value.literal
    return NOTHING if isinstance(value, Promise) else value


def _settle(nodes: Iterable[Node], constants: template.Context, open_names: set[str]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, IfNode):
            yield from _settle_branch(node, constants, open_names)
        elif isinstance(node, Shown) and _is_settled(node.filter_expression, open_names):
            value = node.filter_expression.resolve(constants)
            yield TextNode(node.render(constants)) if isinstance(value, str) else node  # a number is of a language
        else:
            yield node


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes; texts that stand together are one."""
    for is_text, run in groupby(nodes, lambda node: type(node) is TextNode):
        if is_text:
            yield TextNode("".join(node.s for node in run if isinstance(node, TextNode)))
        else:
            yield from run


def _settle_branch(node: IfNode, constants: template.Context, open_names: set[str]) -> Iterator[Node]:
    for condition, nodelist in node.conditions_nodelists:
        if condition is not None and not _is_settled(condition, open_names):
            yield node
            return
        if condition is None or condition.eval(constants):  # type: ignore[arg-type]
            yield from _settle(nodelist, constants, open_names)
            return


def _is_settled(part: Any, open_names: set[str]) -> bool:
    """Whether a condition or an expression has no variable that is known only when it is shown."""
    if isinstance(part, FilterExpression):
        variables = [part.var, *(value for _, values in part.filters for is_variable, value in values if is_variable)]
        return not any(_is_open(variable, open_names) for variable in variables)
    parts = [getattr(part, name, None) for name in ("first", "second", "value")]
    return all(child is None or _is_settled(child, open_names) for child in parts if not isinstance(child, str))


def _is_open(variable: object, open_names: set[str]) -> bool:
    if not isinstance(variable, Variable):
        return isinstance(variable, Promise)
    return variable.lookups is not None and variable.lookups[0] in open_names


@register.tag
def attributes(parser: Parser, token: Token) -> Attributes:
    nodes = parser.parse(("endattributes",))
    parser.delete_first_token()
    return Attributes(nodes)


@register.tag
def component(parser: Parser, token: Token) -> Component:
    _, name, *bits = token.split_contents()
    pairs = [bit.partition("=") for bit in bits]
    if name[0] not in "\"'" or not all(key.isidentifier() and value for key, _, value in pairs):
        message = f"{token.contents}: a component takes its name in quotes and variables as key=value"
        raise template.TemplateSyntaxError(message)
    nodes = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return Component(
        name[1:-1],
        {key: parser.compile_filter(value) for key, _, value in pairs},
        NodeList(node for node in nodes if isinstance(node, Attributes)),
        NodeList(node for node in nodes if not isinstance(node, Attributes)),
    )
