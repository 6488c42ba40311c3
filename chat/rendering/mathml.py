"""TeX formulas to MathML, which browsers show without a script."""

import re
from functools import lru_cache
from xml.etree.ElementTree import tostring

from latex2mathml import exceptions
from latex2mathml.converter import Converter

from chat.rendering.text import escape

MAX_CHARACTERS = 2_000

# Definitions could expand without end.
_REFUSED = re.compile(r"\\(?:re)?newcommand|\\providecommand|\\[egx]?def\b|\\let\b|\\newenvironment")
# The converter writes characters as references inside text; serialising escapes their ampersand.
_REFERENCE = re.compile(r"&amp;(#(?:x[0-9A-Fa-f]{1,6}|[0-9]{1,7});)")
_FAULTS: tuple[type[Exception], ...] = (
    *(fault for fault in vars(exceptions).values() if isinstance(fault, type) and issubclass(fault, Exception)),
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)


@lru_cache(maxsize=512)
def to_mathml(tex: str, *, block: bool) -> str:
    """Return a formula as MathML, or its source in ``<code class="tex">`` when it can't be converted.

    The source stands behind the MathML, too: the stylesheet shows one of the two, as the reader prefers.
    """
    tex = tex.strip()
    mathml = _convert(tex, "block" if block else "inline")
    if not mathml:
        return f'<code class="tex">{escape(tex)}</code>'
    both = f'{mathml}<code class="tex source">{escape(tex)}</code>'
    return f'<span class="math-block" tabindex="0">{both}</span>' if block else both


def _convert(tex: str, display: str) -> str:
    if not tex or len(tex) > MAX_CHARACTERS or _REFUSED.search(tex):
        return ""
    try:
        # Not `convert`: that one unescapes its output, so a "<" in the source would become markup.
        tree = Converter(display=display).convert_to_element(tex)
    except _FAULTS:
        return ""
    return _REFERENCE.sub(r"&\1", tostring(tree, encoding="unicode"))
