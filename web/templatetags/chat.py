"""Template tags for what a page holds many of."""

from uuid import UUID

from django import template
from django.utils.safestring import SafeString

from chat.models import Conversation
from web import fragments
from web.pages import ChatPage
from web.presenters import MessageView, PartView
from web.templatetags.ui import preferences

register = template.Library()


@register.simple_tag(takes_context=True)
def article(context: template.Context, message: MessageView) -> SafeString:
    """Return a message with its parts as this page shows them."""
    return fragments.article(
        message,
        part=lambda part: _part(context, part),
        quotes=lambda: _included(context, "chat/quotes.html", message=message),
    )


@register.simple_tag
def unchanging(template_name: str) -> SafeString:
    """Return a template that has no variables, like `{% include %}` without rendering it each time."""
    return fragments.unchanging(template_name)


@register.simple_tag
def conversation_row(row: Conversation, current: UUID | None) -> SafeString:
    """Return a row of the list of conversations; `current` is the id of the one on view."""
    return fragments.conversation_row(row, is_current=row.id == current)


@register.simple_tag
def header_actions(page: ChatPage, oob: bool = False) -> SafeString:
    """Return what is done to the chat on view."""
    return fragments.header_actions(page, is_oob=oob)


def _part(context: template.Context, part: PartView) -> str:
    match part.template:
        case fragments.TEXT_PART:
            return fragments.text_part(part)
        case fragments.TYPED_PART if not preferences(context).own_markdown:
            return fragments.typed_part(part)
        case name:
            return _included(context, name, part=part)


def _included(context: template.Context, name: str, **values: object) -> str:
    assert context.template is not None  # noqa: S101 (it is being rendered)
    with context.push(**values):
        return context.template.engine.get_template(name).render(context)
