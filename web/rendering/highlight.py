"""Highlights source code as HTML with a dozen classes, which `static/css/messages/code.css` colours."""

from functools import cache

from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import Token

from web.rendering.text import escape

_CLASS_OF = {
    Token.Comment: "c",
    Token.Comment.Preproc: "cp",
    Token.Keyword: "k",
    Token.Keyword.Type: "kt",
    Token.Literal.String: "s",
    Token.Literal.String.Escape: "se",
    Token.Literal.Number: "m",
    Token.Name.Attribute: "na",
    Token.Name.Builtin: "nb",
    Token.Name.Class: "nc",
    Token.Name.Decorator: "nd",
    Token.Name.Function: "nf",
    Token.Name.Tag: "nt",
    Token.Name.Variable: "nv",
    Token.Operator.Word: "k",
    Token.Generic.Deleted: "gd",
    Token.Generic.Inserted: "gi",
    Token.Generic.Heading: "gh",
    Token.Generic.Subheading: "gh",
}
TOKEN_CLASSES = frozenset(_CLASS_OF.values())


def is_known(language: str) -> bool:
    return language in _aliases()


def highlight(language: str, code: str) -> str:
    """Return `code` as escaped, coloured HTML. May take any time: only a worker calls this."""
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    runs: list[tuple[str, list[str]]] = []
    for token, text in lexer.get_tokens(code):
        name = _class_of(token)
        if runs and runs[-1][0] == name:
            runs[-1][1].append(text)
        else:
            runs.append((name, [text]))
    return "".join(_span(name, escape("".join(texts))) for name, texts in runs)


def _span(name: str, html: str) -> str:
    return f'<span class="{name}">{html}</span>' if name and not html.isspace() else html


@cache
def _class_of(token: "type(Token)") -> str:  # type: ignore[valid-type]
    while token is not Token:
        if token in _CLASS_OF:
            return _CLASS_OF[token]
        token = token.parent
    return ""


@cache
def _aliases() -> frozenset[str]:
    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)
