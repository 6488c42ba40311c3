"""What people typed, shown as they typed it."""

from django.utils.safestring import SafeString, mark_safe

from chat.rendering.highlight import escape


def render_user_text(text: str) -> SafeString:
    """Return `text` escaped. Line breaks stay as they are: the stylesheet keeps them (``white-space: pre-wrap``)."""
    return mark_safe(escape(text).replace('"', "&quot;"))  # noqa: S308 (escaped here)
