"""Bare web addresses in a text, and where each ends."""

import re

from chat.rendering.text import escape, escape_attribute

# Scripts whose words and particles follow an address without a space.
_GLUED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3100-\u312f"
    "\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_PLAIN = r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%\[\]{}]"
# Letters, digits and marks beyond ASCII belong to an address, its punctuation does not. Those of glued scripts do where
# they begin a piece of it, as in /wiki/東京, but not behind Latin letters, as in /ko을.
_FOREIGN = rf"(?![{_GLUED}])[^\W\x00-\x7f]"
_OWN_PIECE = rf"(?<=[/=#?&_%.+-])[{_GLUED}]+"
ADDRESS = re.compile(rf"https?://(?:{_PLAIN}|{_FOREIGN}|{_OWN_PIECE})+", re.IGNORECASE)
_AFTER = ".,;:!?'\"*_~"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def link_addresses(text: str, *, isolate: bool = False) -> str:
    """Return escaped HTML in which every bare address is a link; `isolate` keeps it from turning around."""
    pieces = []
    done = 0
    direction = ' dir="ltr"' if isolate else ""
    for found in ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if address.endswith("//"):
            continue
        pieces.append(escape(text[done : found.start()]))
        pieces.append(f'<a{direction} href="{escape_attribute(address)}">{escape(address)}</a>')
        done = found.start() + len(address)
    pieces.append(escape(text[done:]))
    return "".join(pieces)


def _trimmed(address: str) -> str:
    """Leave the punctuation of the sentence out, and brackets that the address did not open itself."""
    unopened = {close: address.count(close) - address.count(opening) for close, opening in _BRACKETS.items()}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in _AFTER or last in _BRACKETS.values():
            end -= 1
        elif unopened.get(last, 0) > 0:
            unopened[last] -= 1
            end -= 1
        else:
            break
    return address[:end]
