"""Parser events to HTML. Nothing from a user or model becomes a tag, a class, an id or a URL that loads."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from web.rendering import bidi
from web.rendering.addresses import link_addresses
from web.rendering.highlight import is_known
from web.rendering.jobs import MAX_CODE_CHARACTERS, MAX_TEX_CHARACTERS, Job, Jobs
from web.rendering.text import escape, escape_attribute
from web.rendering.words import Words

MAX_DEPTH = 60  # containers nested deeper than this are flattened: browsers and the sanitiser slow down
SHIFT = 2  # the page has an h1 and messages an h2, so a reply's own headings begin at h3

_LINK = re.compile(r"https?://[^\s]|mailto:[^\s]", re.IGNORECASE)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,32}", re.ASCII)
_SIMPLE = {
    "DefinitionList": ("", ""),
    "Emphasis": ("<em>", "</em>"),
    "HtmlBlock": ('<p class="raw" dir="auto">', "</p>"),
    "Paragraph": ('<p dir="auto">', "</p>"),
    "Strikethrough": ("<del>", "</del>"),
    "Strong": ("<strong>", "</strong>"),
}


def code_block(info: str, body_html: str, words: Words) -> str:
    """Return a code block with its head; `body_html` is escaped, or a mark."""
    language = _language(info)
    return (
        f'<div class="code" data-lang="{language}"><div class="code-head"><span>{language}</span>'
        f'<button type="button" class="copy" data-copy="">{escape(words.copy)}</button></div>'
        f'<pre tabindex="0" dir="ltr"><code>{body_html}</code></pre></div>'
    )


def _language(info: str) -> str:
    match = _LANGUAGE.match(info.strip())
    return match[0].lower() if match else ""


class Writer:
    """Writes one block, with marks for what is drawn elsewhere (`jobs`).

    A `live` block is still growing: its code is left plain, since it will be written again. In a text with letters
    that run right to left (`mixed`) each container says which way it runs, by what most of its letters do: browsers go
    by the first letter, and look past what says so itself.
    """

    def __init__(self, words: Words, *, live: bool = False, mixed: bool = False) -> None:
        self.jobs: Jobs = {}
        self._words = words
        self._live = live
        self._out: list[str] = []
        self._ends: list[str] = []  # what closes each open container
        self._code: list[str] | None = None  # the text of the code block being read
        self._info = ""
        self._alt: list[str] = []
        self._images: list[str] = []  # the addresses of the images being read
        self._links = 0
        self._alignments: tuple[str, ...] = ()
        self._column = 0
        self._cell = "td"
        self._mixed = mixed
        self._directions: list[bidi.Count | None] = []  # of the open containers

    def write(self, events: Iterable[Any]) -> str:
        out = self._out
        for event in events:
            if type(event) is str:
                out.append(_BARE[event] if not self._images else " ")
                continue
            ((name, value),) = event.items()
            if self._images and name not in {"Start", "End"}:
                self._alt.append(str(value))
            else:
                _HANDLERS[name](self, value)
        return "".join(out)

    # --- containers ---------------------------------------------------------------------------------

    def start(self, tag: Any) -> None:
        name, value = (tag, None) if type(tag) is str else next(iter(tag.items()))
        if self._images and name != "Image":
            self._ends.append("")
            self._directions.append(None)
            return
        simple = _SIMPLE.get(name)
        start, end = simple or _STARTS[name](self, value)
        if len(self._ends) >= MAX_DEPTH and name not in _NEVER_FLATTENED:
            start = end = ""
        self._directions.append(bidi.Count(len(self._out)) if self._mixed and bidi.OPEN in start else None)
        self._out.append(start)
        self._ends.append(end)

    def end(self, tag: Any) -> None:
        name = tag if type(tag) is str else next(iter(tag))
        end = self._ends.pop()
        if count := self._directions.pop():
            self._out[count.index] = count.settle(self._out[count.index])
            if outer := self._counting():
                outer.add(count)
        if name in _ENDS and not (self._images and name != "Image"):
            _ENDS[name](self)
        self._out.append(end)

    def _counting(self) -> bidi.Count | None:
        return next((count for count in reversed(self._directions) if count), None)

    def start_heading(self, value: Any) -> tuple[str, str]:
        level = min(int(value["level"][1]) + SHIFT, 6)
        return f'<h{level} dir="auto">', f"</h{level}>"

    def start_list(self, first: int | None) -> tuple[str, str]:
        if first is None:
            return '<ul dir="auto">', "</ul>"
        return ('<ol dir="auto">' if first == 1 else f'<ol dir="auto" start="{first}">'), "</ol>"

    def start_item(self, _: Any) -> tuple[str, str]:
        return "<li>", "</li>"

    def start_quote(self, kind: str | None) -> tuple[str, str]:
        if kind is None:
            return '<blockquote dir="auto">', "</blockquote>"
        title = escape(getattr(self._words, kind.lower()))
        start = f'<blockquote dir="auto" class="{kind.lower()}"><p class="alert-title" dir="auto">{title}</p>'
        return start, "</blockquote>"

    def start_footnote(self, label: str) -> tuple[str, str]:
        return f'<div class="footnote"><sup class="footnote-ref">{escape(label)}</sup>', "</div>"

    # --- code ---------------------------------------------------------------------------------------

    def start_code(self, kind: Any) -> tuple[str, str]:
        self._code = []
        self._info = "" if kind == "Indented" else kind["Fenced"]
        return "", ""

    def end_code(self) -> None:
        code = "".join(self._code or ())
        self._code = None
        language = _language(self._info)
        drawn = not self._live and len(code) <= MAX_CODE_CHARACTERS and is_known(language)
        body = self._mark(Job("code", code, language)) if drawn else escape(code)
        self._out.append(code_block(self._info, body, self._words))

    def _mark(self, job: Job) -> str:
        self.jobs[job.key] = job
        return job.mark

    # --- tables -------------------------------------------------------------------------------------

    def start_table(self, alignments: tuple[str, ...]) -> tuple[str, str]:
        self._alignments = alignments
        label = escape_attribute(self._words.table)
        start = f'<div class="table" role="group" tabindex="0" aria-label="{label}"><table dir="auto">'
        return start, "</tbody></table></div>"

    def start_head(self, _: Any) -> tuple[str, str]:
        self._column, self._cell = 0, "th"
        return "<thead><tr>", "</tr></thead><tbody>"

    def start_row(self, _: Any) -> tuple[str, str]:
        self._column, self._cell = 0, "td"
        return "<tr>", "</tr>"

    def start_cell(self, _: Any) -> tuple[str, str]:
        alignment = self._alignments[self._column] if self._column < len(self._alignments) else "None"
        self._column += 1
        name = self._cell
        direction = bidi.OPEN if self._mixed else ""
        classes = "" if alignment == "None" else f' class="{alignment.lower()}"'
        return f"<{name}{direction}{classes}>", f"</{name}>"

    # --- links and images ---------------------------------------------------------------------------

    def start_link(self, value: Any) -> tuple[str, str]:
        self._links += 1
        address = value["dest_url"]
        if value["link_type"] == "Email":
            address = f"mailto:{address}"
        if self._links > 1 or not _LINK.match(address):
            return "", ""
        title = f' title="{escape_attribute(value["title"])}"' if value["title"] else ""
        return f'<a href="{escape_attribute(address)}"{title}>', "</a>"

    def end_link(self) -> None:
        self._links -= 1

    def start_image(self, value: Any) -> tuple[str, str]:
        if not self._images:
            self._alt = []
        self._images.append(value["dest_url"])
        return "", ""

    def end_image(self) -> None:
        """An image becomes its description and where it would come from: loading it would tell that host."""
        address = self._images.pop()
        if self._images:
            return
        alt = " ".join("".join(self._alt).split()) or self._words.image
        self._out.append(f'<span class="image-off"><span class="image-alt" dir="auto">{escape(alt)}</span>')
        host = _host(address)
        if host and not self._links:
            self._out.append(f' <a href="{escape_attribute(address)}"><bdi>{escape(host)}</bdi></a>')
        elif host:
            self._out.append(f" <bdi>{escape(host)}</bdi>")
        self._out.append("</span>")

    # --- inline -------------------------------------------------------------------------------------

    def text(self, value: str) -> None:
        if self._code is not None:
            self._code.append(value)
            return
        if self._mixed and (count := self._counting()):
            count.read(value)
        if "://" in value and not self._links:
            self._out.append(link_addresses(value, isolate=self._mixed))
        else:
            self._out.append(escape(value))

    def inline_code(self, value: str) -> None:
        self._out.append(f"<code>{escape(value)}</code>")

    def inline_math(self, value: str) -> None:
        self._write_formula(value, block=False)

    def display_math(self, value: str) -> None:
        self._write_formula(value, block=True)

    def pending(self, value: str) -> None:
        """A formula that goes on is shown as it is written."""
        self._out.append(f'<code class="tex">{escape(value)}</code>')

    def _write_formula(self, tex: str, *, block: bool) -> None:
        job = Job("block" if block else "inline", tex.strip())
        self._out.append(self._mark(job) if len(job.source) <= MAX_TEX_CHARACTERS else job.plain)

    def html(self, value: str) -> None:
        self._out.append("<br>" if _BREAK.fullmatch(value) else escape(value))

    def footnote_reference(self, label: str) -> None:
        self._out.append(f'<sup class="footnote-ref">{escape(label)}</sup>')

    def task(self, done: bool) -> None:
        name, label = ("task done", self._words.done) if done else ("task", self._words.to_do)
        self._out.append(f'<span class="{name}" role="img" aria-label="{escape_attribute(label)}"></span> ')


def _host(address: str) -> str:
    if not address.lower().startswith(("http://", "https://")):
        return ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


# A table's parts need each other; code blocks, links and images keep count of themselves.
_NEVER_FLATTENED = {"Table", "TableHead", "TableRow", "TableCell", "CodeBlock", "Image"}
_BARE = {"SoftBreak": "\n", "HardBreak": "<br>", "Rule": "<hr>"}
_STARTS: dict[str, Callable[[Writer, Any], tuple[str, str]]] = {
    "BlockQuote": Writer.start_quote,
    "CodeBlock": Writer.start_code,
    "FootnoteDefinition": Writer.start_footnote,
    "Heading": Writer.start_heading,
    "Image": Writer.start_image,
    "Item": Writer.start_item,
    "Link": Writer.start_link,
    "List": Writer.start_list,
    "Table": Writer.start_table,
    "TableCell": Writer.start_cell,
    "TableHead": Writer.start_head,
    "TableRow": Writer.start_row,
}
_ENDS: dict[str, Callable[[Writer], None]] = {
    "CodeBlock": Writer.end_code,
    "Image": Writer.end_image,
    "Link": Writer.end_link,
}
_HANDLERS: dict[str, Callable[[Writer, Any], None]] = {
    "Code": Writer.inline_code,
    "DisplayMath": Writer.display_math,
    "End": Writer.end,
    "FootnoteReference": Writer.footnote_reference,
    "Html": Writer.html,
    "InlineHtml": Writer.html,
    "InlineMath": Writer.inline_math,
    "Pending": Writer.pending,
    "Start": Writer.start,
    "TaskListMarker": Writer.task,
    "Text": Writer.text,
}
