"""The HTML allow-list: all HTML passes through it, whatever produced it."""

import nh3

from web.rendering.highlight import TOKEN_CLASSES

# fmt: off
_TEXT = {
    "a", "bdi", "blockquote", "br", "button", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}
_MATH = {
    "math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd",
    "mtext", "mtr", "munder", "munderover", "none",
}
_MATH_ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "display", "displaystyle", "fence", "form",
    "height", "largeop", "linebreak", "linethickness", "lspace", "mathbackground", "mathcolor", "mathsize",
    "mathvariant", "maxsize", "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "columnspan", "rowspan", "depth", "width", "xmlns",
}
# What MathML has no attribute for; `static/css/formulas.css` has the rules, `worker/formulas.js` the use.
_MATH_CLASSES = {
    "actuarial", "circle-pad", "downstrike", "longdiv-arc", "longdiv-top", "mathcal", "mathscr", "menclose",
    "phasor-angle", "phasor-bottom", "sout", "textcircle", "upstrike",
    *(f"tml-{name}" for name in (
        "absolute", "almost", "bold", "cancel", "cancelto", "colors", "depth-0", "depth-2", "display", "edge", "em",
        "eqn", "fbox", "flex", "frame", "half", "ink", "hat-1", "hat-2", "hat-3", "hat-4", "italic", "jot", "left",
        "lrg-pad", "med-pad", "mirror", "nudge", "overline", "prime", "relative", "right", "shift-left", "small",
        "sml-pad", "tag", "tageqn", "tilde-2", "tilde-3", "tilde-4", "underline", "vec", "wide", "xcancel",
    )),
    *(f"tml-p{side}-{tenths}" for side in "trbl" for tenths in range(31)),
    *(f"tml-m-{eighteenths}" for eighteenths in range(37)),
    *(f"tml-b{side}-{kind}" for side in "trbl" for kind in ("solid", "dashed", "double")),
    *(f"chr-{size}{kind}" for size in ("sml", "med", "lrg") for kind in ("", "-vec")),
    *(f"wbk-{size}" for size in ("acc", "vec")),
    *(f"wbk-{size}{kind}" for size in ("sml", "med", "lrg") for kind in ("", "-acc", "-vec")),
}
# fmt: on
_ATTRIBUTES = {
    "a": {"dir", "href", "title"},
    "blockquote": {"dir"},
    "button": {"type", "data-copy"},
    "div": {"data-lang", "role", "tabindex", "aria-label"},
    "h3": {"dir"},
    "h4": {"dir"},
    "h5": {"dir"},
    "h6": {"dir"},
    "ol": {"dir", "start"},
    "p": {"dir"},
    "pre": {"tabindex", "dir"},
    "span": {"dir", "role", "tabindex", "aria-label"},
    "table": {"dir"},
    "td": {"dir"},
    "th": {"dir"},
    "ul": {"dir"},
}
_CLASSES = {
    "blockquote": {"note", "tip", "important", "warning", "caution"},
    "button": {"copy"},
    "code": {"tex", "source"},
    "div": {"code", "code-head", "footnote", "table"},
    "p": {"alert-title", "raw"},
    "span": {"image-off", "image-alt", "math-block", "tml-eqn", "tml-tag", "task", "done", *TOKEN_CLASSES},
    "sup": {"footnote-ref"},
    "td": {"left", "center", "right"},
    "th": {"left", "center", "right"},
}
_cleaner = nh3.Cleaner(
    tags=_TEXT | _MATH,
    clean_content_tags=set(),
    attributes=_ATTRIBUTES | dict.fromkeys(_MATH, _MATH_ATTRIBUTES),
    allowed_classes=_CLASSES | dict.fromkeys(_MATH, _MATH_CLASSES),
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    generic_attribute_prefixes=set(),
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


_words_cleaner = nh3.Cleaner(
    tags={"b", "br", "code", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "u"}, attributes={}
)


def clean_words(html: str) -> str:
    """Return `html` with nothing left but words and their emphasis: it may stand within a link or an option."""
    return _words_cleaner.clean(html)


def clean(html: str) -> str:
    """Return `html` with everything outside the allow-list removed."""
    return _cleaner.clean(html)
