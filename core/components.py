"""The tag `component`: what pages are built of, from `templates/components/`.

    {% load components %}
    {% component "icon_button" label=_("Copy message") icon_name="copy" classes="small" %}
      {% attributes %}data-do="copy-message" hx-get="{% url … %}"{% endattributes %}
    {% endcomponent %}

The component's template has the variables that are named, `attributes` (what its element gets beside its own, after
a space) and `body` (what stands between the tags), and nothing else of the page. Its first lines say which it takes.
"""

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Template, Token
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Attributes(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        return self.nodelist.render(context)


class Component(Node):
    child_nodelists = ("attributes", "body")

    def __init__(self, name: str, values: dict[str, FilterExpression], attributes: NodeList, body: NodeList) -> None:
        self.name = name
        self.values = values
        self.attributes = attributes
        self.body = body
        self.template: Template | None = None

    def render(self, context: template.Context) -> SafeString:
        if self.template is None:
            engine = context.template.engine  # type: ignore[union-attr]  # it is being rendered
            self.template = engine.get_template(f"components/{self.name}.html")
        values = {}
        for key, expression in self.values.items():
            value = expression.resolve(context)
            values[key] = str(value) if isinstance(value, Promise) else value  # translated once, used twice
        attributes = self.attributes.render(context).strip()
        values["attributes"] = mark_safe(f" {attributes}" if attributes else "")  # noqa: S308 – of a template
        values["body"] = self.body.render(context)
        return self.template.render(context.new(values))


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
