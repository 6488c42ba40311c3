"""Finding bare URLs in a text, and where each ends."""

import re
from collections.abc import Iterator

from web.rendering.text import escape, escape_attribute

# Scripts whose words and particles follow an address without a space.
_GLUED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3100-\u312f"
    "\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks of letters: signs of vowels, accents that are written apart, points.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a03\u0a3c-\u0a51\u0a70"
    "\u0a71\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c81-\u0c83"
    "\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d81-\u0d83\u0dca-\u0ddf\u0f71-\u0f84\u3099\u309a\u200c\u200d"
)
_PLAIN = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%\[\]{}]"
# Letters, digits and marks beyond ASCII belong to an address, its punctuation does not. Those of glued scripts do where
# they begin a piece of it, as in /wiki/東京 and _(消歧义), alone or as in 第1章, and where another piece follows, as in
# /2024年/10月.html; but not behind Latin letters, as in /ko을, and no particle by itself, as in /에서.
_FOREIGN = rf"(?![{_GLUED}])(?:[^\W\x00-\x7f]|[{_MARKS}])"
_PARTICLE = "を|(?:에서|으로|까지|부터|에|로|을|를|은|는|의|와|과|이|가|도)(?![\uac00-\ud7af])"
_OWN_PIECE = rf"(?:(?<=[=#?&_%.+-])|(?<=_\()|(?<=/)(?!{_PARTICLE}))[{_GLUED}](?:[{_GLUED}]|\d+(?=[{_GLUED}]))*"
_INNER_PIECE = rf"(?<=\d)[{_GLUED}]{{1,4}}(?=[/_-][\w.]|\.[a-z])"
ADDRESS = re.compile(rf"https?://(?:{_PLAIN}|{_FOREIGN}|{_OWN_PIECE}|{_INNER_PIECE})+", re.IGNORECASE)
# A name that begins with underscores as it ends, as in #object.__init__.
_OWN_NAME = re.compile(r"(?<=[^\w])(_+)[^\W_]\w*?\1\Z")
_AFTER = ".,;:!?'\"*_~"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def link_addresses(text: str, *, isolate: bool = False) -> str:
    """Return escaped HTML in which every bare address is a link; `isolate` keeps it from turning around."""
    pieces = []
    done = 0
    direction = ' dir="ltr"' if isolate else ""
    for start, end in bare_addresses(text):
        address = text[start:end]
        pieces.append(escape(text[done:start]))
        pieces.append(f'<a{direction} href="{escape_attribute(address)}">{escape(address)}</a>')
        done = end
    pieces.append(escape(text[done:]))
    return "".join(pieces)


def bare_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each bare address begins and ends."""
    for match in ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if not address.endswith("//"):
            yield match.start(), match.start() + len(address)


def _trimmed(address: str) -> str:
    """Leave the punctuation of the sentence out, and brackets that the address did not open itself."""
    unopened = {close: address.count(close) - address.count(opening) for close, opening in _BRACKETS.items()}
    end = len(address)
    while end:
        last = address[end - 1]
        if last == "_" and _OWN_NAME.search(address, max(0, end - 100), end):
            break
        if last in _AFTER or last in _BRACKETS.values():
            end -= 1
        elif unopened.get(last, 0) > 0:
            unopened[last] -= 1
            end -= 1
        else:
            break
    return address[:end]
