"""TeX formulas to MathML, which browsers show without a script. Only a worker imports this: it runs Temml."""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path

import quickjs

from web.rendering.sanitise import clean
from web.rendering.text import escape

MEMORY = 64_000_000  # bytes of the engine
STACK = 1_000_000
_FOLDER = Path(__file__).parent / "worker"
_SCRIPTS = ("vendor/temml.min.js", "vendor/mhchem.js", "vendor/texvc.js", "formulas.js")
_TAG = re.compile(r"<[^>]*>")


def to_mathml(tex: str, *, block: bool) -> str | None:
    """Return a formula as MathML with its source behind it: the stylesheet shows one of the two, as the reader prefers.

    None for what is not understood wholly: its source is better than half of it.
    """
    mathml = _convert(tex, block)
    if mathml is None:
        return None
    both = f'{mathml}<code class="tex source">{escape(tex)}</code>'
    return f'<span class="math-block" tabindex="0">{both}</span>' if block else both


def _convert(tex: str, block: bool) -> str | None:
    mathml: str | None = json.loads(_engine().get("convert")(tex, block)) if tex else None
    if mathml is None:
        return None
    safe = clean(mathml)
    return safe if _text_of(safe) == _text_of(mathml) else None  # what the sanitiser would take away must not be missed


def _text_of(html: str) -> str:
    return "".join(unescape(_TAG.sub("", html)).split())


@cache
def _engine() -> quickjs.Context:
    engine = quickjs.Context()
    engine.set_memory_limit(MEMORY)
    engine.set_max_stack_size(STACK)
    for name in _SCRIPTS:
        engine.eval((_FOLDER / name).read_text("utf-8-sig"))
    return engine
