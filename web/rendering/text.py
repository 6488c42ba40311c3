"""Character handling that all renderers share, before and after rendering."""

import re

# What cannot be sent as UTF-8, and what stands for formulas while a text is parsed (`web.rendering.masks`).
_UNFIT = re.compile("[\0\x02\x0e-\x1f\ud800-\udfff]")


def escape(text: str) -> str:
    """Escape for an element's content."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Escape for a double-quoted attribute."""
    return escape(text).replace('"', "&quot;")


def normalise(text: str) -> str:
    """Return `text` with one kind of line end and no character that can't be sent as UTF-8, or controls a terminal."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNFIT.sub("\ufffd", text)


def is_blank(text: str) -> bool:
    """Whether Markdown takes `text` for empty lines. Other white space, such as a no-break space, is content."""
    return not text.strip(" \t\n")
