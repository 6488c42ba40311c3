"""Renders people's own messages as they typed them."""

from django.utils.safestring import SafeString, mark_safe

from web.rendering.text import escape_attribute


def render_user_text(text: str) -> SafeString:
    """Return `text` escaped. Line breaks stay as they are: the stylesheet keeps them (``white-space: pre-wrap``)."""
    return mark_safe(escape_attribute(text))  # noqa: S308 (escaped here)
