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
from django.template.smartif import TokenBase
from django.utils.functional import Promise
from django.utils.html import escape
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
        self.nodes = NodeList()

    def render(self, context: template.Context) -> SafeString:
        if self.template is None:
            engine = context.template.engine  # type: ignore[union-attr]  # it is being rendered
            self.template = engine.get_template(f"components/{self.name}.html")
            self.nodes = self._settled(self.template)
        values = ComponentVariables(self.constants)
        for key, expression in self.values.items():
            value = expression.resolve(context)
            values[key] = str(value) if isinstance(value, Promise) else value  # translated once, used twice
        if self.attributes:
            attributes = self.attributes.render(context).strip()
            values["attributes"] = mark_safe(f" {attributes}" if attributes else "")  # noqa: S308 – of a template
        if self.body:
            values["body"] = self.body.render(context)
        # Cheaper than `Template.render` with a new context, and as far from the page's variables.
        state = context.render_context
        page, context.dicts = context.dicts, [values]
        outer, state.template = state.template, self.template
        try:
            return self.nodes.render(context)
        finally:
            context.dicts, state.template = page, outer

    def _settled(self, whole: Template) -> NodeList:
        """Return the nodes of the component's template without what this component's constants decide."""
        open_names = set(self.values)
        open_names |= {name for name in ("attributes", "body") if getattr(self, name)}
        return _settle(whole.nodelist, template.Context(ComponentVariables(self.constants)), open_names)


def _constant(expression: FilterExpression) -> object:
    """Return what an expression is on every page and in every language; `NOTHING` where that is not known."""
    if expression.filters:
        return NOTHING
    value = expression.var
    if isinstance(value, Variable):
        return WORDS.get(str(value.var), NOTHING) if value.literal is None else value.literal
    return NOTHING if isinstance(value, Promise) else value


class Input(Node):
    """Shows one input of the component: a text at once, anything else in Django's way."""

    def __init__(self, name: str, node: Shown) -> None:
        self.name = name
        self.node = node

    def render(self, context: template.Context) -> str:
        value = context.dicts[-1][self.name]
        if type(value) is SafeString:
            return value
        if type(value) is str and context.autoescape:
            return escape(value)
        return self.node.render(context)


class InputCondition(TokenBase):
    """The condition of `{% if name %}` about one input of the component."""

    def __init__(self, name: str) -> None:
        self.name = name

    def eval(self, context: template.Context) -> object:
        return context.dicts[-1][self.name]


def _settle(nodes: Iterable[Node], constants: template.Context, open_names: set[str]) -> NodeList:
    return NodeList(_joined(_settled(nodes, constants, open_names)))


def _settled(nodes: Iterable[Node], constants: template.Context, open_names: set[str]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, IfNode):
            yield from _settled_branch(node, constants, open_names)
        elif not isinstance(node, Shown):
            yield node
        elif _is_settled(node.filter_expression, open_names):
            value = node.filter_expression.resolve(constants)
            yield TextNode(node.render(constants)) if isinstance(value, str) else node  # a number is of a language
        elif name := _name_alone(node.filter_expression):
            yield Input(name, node)
        else:
            yield node


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes; texts that stand together are one."""
    for is_text, run in groupby(nodes, lambda node: type(node) is TextNode):
        if is_text:
            yield TextNode("".join(node.s for node in run if isinstance(node, TextNode)))
        else:
            yield from run


def _settled_branch(node: IfNode, constants: template.Context, open_names: set[str]) -> Iterator[Node]:
    """Yield the branch that the constants choose, or the `{% if %}` with those that are left."""
    branches: list[tuple[Any, NodeList]] = []
    for condition, nodelist in node.conditions_nodelists:
        if condition is None or _is_settled(condition, open_names):
            if condition is not None and not condition.eval(constants):  # type: ignore[arg-type]
                continue
            branches.append((None, _settle(nodelist, constants, open_names)))
            break
        branches.append((_quick(condition), _settle(nodelist, constants, open_names)))
    if branches and branches[0][0] is None:
        yield from branches[0][1]
    elif branches:
        settled = copy(node)
        settled.conditions_nodelists = branches
        yield settled


def _quick(condition: Any) -> Any:
    """Return the condition with its plain names looked up among the component's inputs alone."""
    if name := _name_alone(getattr(condition, "value", None)):
        return InputCondition(name)
    quick = copy(condition)
    for part in ("first", "second"):
        if isinstance(getattr(condition, part, None), TokenBase):
            setattr(quick, part, _quick(getattr(condition, part)))
    return quick


def _name_alone(expression: object) -> str | None:
    """Return `name` if the expression is nothing but `{{ name }}`."""
    if not isinstance(expression, FilterExpression) or expression.filters:
        return None
    variable = expression.var
    if not isinstance(variable, Variable) or variable.translate or len(variable.lookups or ()) != 1:
        return None
    return None if variable.var in WORDS else str(variable.var)


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
