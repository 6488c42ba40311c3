"""Load our templates without the whitespace that only lays out their source.

A template is indented and wrapped for its reader; the page gets none of that. It is taken out of a template's tokens
once, when the template is compiled, by one rule about *breaks*: a break is whitespace that holds the end of a line.

* Beside an HTML tag or a template tag (``{% … %}``) a break goes away.
* Between words, and a ``{{ variable }}`` is a word, it becomes one space.
* Inside an HTML tag, between attributes, it becomes one space; before the tag's ``>`` it goes away.
* Nothing is changed in the values of attributes, in ``pre``, ``textarea``, ``script`` and ``style``, in HTML comments,
  and in ``{% blocktranslate %}`` and ``{% verbatim %}``.

Whitespace within a line is always kept. So a space that people see stands within a line; where the line ends at a tag
beside it, it is written ``{{ " " }}``: breaks beside it go away, and it is text by the time the template is compiled.
Comments (``{# … #}`` and ``{% comment %}``) are as if they were not there.

Tokens keep their line numbers, so errors name the right line. Templates of Django and of other packages are left alone.
"""

import re
from collections.abc import Iterable, Iterator

from django.template import Origin, Template, TemplateDoesNotExist
from django.template.base import DebugLexer, Lexer, NodeList, Parser, Token, TokenType
from django.template.loaders import app_directories, base, cached

BREAK = re.compile(r"[ \t\r\f]*\n[ \t\r\n\f]*")
BREAK_AT_END = re.compile(r"[ \t\r\f]*\n[ \t\r\n\f]*(/?)\Z")
TAG = re.compile(r"<(?:!--|[/!]?[a-zA-Z][^\s/>]*|/?\Z)")  # the last: its name is a template tag's
IN_TAG = re.compile("[\"'>]")
SPACE = {'" "', "' '"}
RAW_ELEMENTS = {"pre", "textarea", "script", "style"}
RAW_TAGS = ("blocktranslate", "blocktrans", "verbatim")


def compact(tokens: Iterable[Token]) -> list[Token]:
    """Return a template's tokens without comments and without breaks that mean nothing."""
    joined_tokens = list(_joined(_without_comments(tokens)))
    scanner = _Scanner()
    for index, token in enumerate(joined_tokens):
        if token.token_type == TokenType.TEXT:
            is_before_tag = index + 1 == len(joined_tokens) or not _is_word(joined_tokens[index + 1])
            token.contents = scanner.read(token.contents, is_before_tag=is_before_tag)
        elif token.token_type == TokenType.VAR:
            scanner.is_after_tag = not _is_word(token)
            if scanner.is_after_tag:
                token.token_type, token.contents = TokenType.TEXT, " "
        else:
            scanner.pass_tag(token.contents)
    return [token for token in joined_tokens if token.contents or token.token_type != TokenType.TEXT]


def _is_word(token: Token) -> bool:
    return token.token_type == TokenType.VAR and token.contents not in SPACE


def _without_comments(tokens: Iterable[Token]) -> Iterator[Token]:
    is_comment = False
    for token in tokens:
        name = token.contents.partition(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if is_comment:
            is_comment = name != "endcomment"
        elif name == "comment":
            is_comment = True
        elif token.token_type != TokenType.COMMENT:
            yield token


def _joined(tokens: Iterable[Token]) -> Iterator[Token]:
    """Join neighbouring texts: what a comment stood between is one break."""
    last = None
    for token in tokens:
        if last and last.token_type == token.token_type == TokenType.TEXT:
            last.contents += token.contents
            continue
        if last:
            yield last
        last = token
    if last:
        yield last


class _Scanner:
    """Reads a template's text from piece to piece and knows where in the HTML it is."""

    def __init__(self) -> None:
        self.is_after_tag = True
        self.ends = TAG  # what ends the part of the document that is being read
        self.part = "content"  # or "tag", "value", "raw"
        self.element = ""
        self.is_kept = ""  # the template tag that ends what must stay as it is

    def pass_tag(self, contents: str) -> None:
        name = contents.partition(" ")[0]
        if self.is_kept:
            self.is_kept = "" if name == self.is_kept else self.is_kept
        elif name in RAW_TAGS:
            self.is_kept = f"end{name}"
        elif name == "attributes":  # of a component: the inside of its HTML tag
            self.part, self.ends, self.element = "tag", IN_TAG, ""
        elif name == "endattributes":
            self.part, self.ends = "content", TAG
        self.is_after_tag = True

    def read(self, text: str, *, is_before_tag: bool) -> str:
        pieces = []
        position = 0
        while position < len(text):
            end = self.ends.search(text, position)
            piece = text[position : end.start() if end else len(text)]
            pieces.append(piece if self.is_kept else self._shortened(piece, end, is_before_tag=is_before_tag))
            if end is None:
                break
            pieces.append(end[0])
            position = end.end()
            self._enter(end[0])
        self.is_after_tag = False
        return "".join(pieces)

    def _shortened(self, piece: str, end: re.Match[str] | None, *, is_before_tag: bool) -> str:
        if self.part == "tag":
            if end and end[0] == ">":
                piece = BREAK_AT_END.sub(r"\1", piece)
            return BREAK.sub(" ", piece)
        if self.part != "content":
            return piece
        is_after_tag, is_before_tag = self.is_after_tag, is_before_tag if end is None else True

        def shortened(match: re.Match[str]) -> str:
            is_beside_tag = (is_after_tag and match.start() == 0) or (is_before_tag and match.end() == len(piece))
            return "" if is_beside_tag else " "

        return BREAK.sub(shortened, piece)

    def _enter(self, end: str) -> None:
        """Go into the part of the document that begins after what ended the last one."""
        if self.part == "content" and end == "<!--":
            self.part, self.ends = "raw", re.compile("(?<=--)>")
        elif self.part == "content" or (self.part == "raw" and end != ">"):
            self.part, self.ends, self.element = "tag", IN_TAG, end[1:].lower()
        elif self.part == "value":
            self.part, self.ends = "tag", IN_TAG
        elif end != ">":
            self.part, self.ends = "value", re.compile(end)
        elif self.part == "tag" and self.element in RAW_ELEMENTS:
            self.part, self.ends = "raw", re.compile(f"</{self.element}", re.IGNORECASE)
        else:
            self.part, self.ends, self.is_after_tag = "content", TAG, True


class CompactTemplate(Template):
    """A template compiled from its tokens without breaks; its source is what stands in the file."""

    def compile_nodelist(self) -> NodeList:
        lexer = DebugLexer(self.source) if self.engine.debug else Lexer(self.source)
        parser = Parser(
            compact(lexer.tokenize()), self.engine.template_libraries, self.engine.template_builtins, self.origin
        )
        try:
            nodes = parser.parse()
        except Exception as error:
            if self.engine.debug and hasattr(error, "token"):
                error.template_debug = self.get_exception_info(error, error.token)  # type: ignore[attr-defined]
            raise
        self.extra_data = parser.extra_data
        return nodes


class _Builder(base.Loader):
    """Django's way to find a template, except for the kind of template that is made of it."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        tried = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                contents = self.get_contents(origin)  # type: ignore[attr-defined]
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            is_ours = not isinstance(origin.loader, app_directories.Loader) and template_name.endswith(".html")
            kind = CompactTemplate if is_ours else Template
            return kind(contents, origin, template_name, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)


class Loader(cached.Loader, _Builder):
    """Django's caching loader; templates of the folders in ``DIRS`` are compacted."""
