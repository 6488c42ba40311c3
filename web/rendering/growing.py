"""The end of a growing text: ambiguous syntax is held back, open syntax is shown as if it were closed."""

import re

_HEADER = 1_000  # characters; a longer line is shown at once
_DELIMITERS = re.compile(r"[ \t|:-]*\Z")
# Signs that mean something else when more comes, and links whose address is not whole.
_UNDECIDED = re.compile(
    r"(?:(?:\A|\n)[ \t]*(?:[-+*#>=]+|\d{1,9}[.)]?|[`~]{1,3})[ \t]*|[*_~`$\\]+|<[^>\n]{0,40}|https?:?/?/?"
    r"|\n[ \t>]*(?::?-[-|: \t]*)?|!?\[[^\[\]\n]{0,300}(?:\]|\]\([^()\n]{0,500})?)\Z"
)
_CODE = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_SIGNS = re.compile(r"(?<![\\*])(\*{1,3})(?=[^\s*])|(?<=[^\s*\\])(\*{1,3})(?!\*)|(?<![\\~])(~~)(?!~)")
# The first line of a table that stands in a list, in a quotation or under another line, and the line under it.
_TABLE = re.compile(r"(?:\A|(?<=\n))[ \t>]*(?:[-*+][ \t]+)?\|[^\n]{0,1000}(?:\n[ \t>]*[|:-]?[ \t|:-]*)?\Z")
_LAST_PARAGRAPH = 4_000  # characters looked at


def may_become_table(source: str) -> bool:
    """Whether a text begins as a table does, and the line that decides is not whole."""
    if not source.lstrip(" ").startswith("|"):
        return False
    header, newline, rest = source.partition("\n")
    if len(header) > _HEADER:
        return False
    return not newline or ("\n" not in rest and bool(_DELIMITERS.match(rest)))


def undecided(text: str) -> int:
    """Return how many characters at the end of `text` cannot be judged yet."""
    if (start := _begun_table(text)) >= 0:
        return len(text) - start
    match = _UNDECIDED.search(text, max(0, len(text) - 900))
    return len(match[0]) if match else 0


def _begun_table(text: str) -> int:
    """Return where the first two lines of a table begin that are not whole, or a row that is not; -1 if none does."""
    last = text.rfind("\n") + 1
    first = text.rfind("\n", 0, max(last - 1, 0)) + 1
    above = text[text.rfind("\n", 0, max(first - 1, 0)) + 1 : first]
    for start in [first, last] if "|" not in above else [last]:
        if _TABLE.match(text, start):
            return max(start - 1, 0)
    return -1


def closed(source: str) -> tuple[str, str]:
    """Return what is shown of `source`, with the ends of emphasis and code that are still to come, and what is not."""
    body = source[: len(source) - undecided(source)]
    visible = body.rstrip()
    before, gap, _ = visible.rpartition("\n\n")
    ends = ends_of(visible[max(len(before + gap), len(visible) - _LAST_PARAGRAPH) :])
    return (visible + ends, source[len(visible) :]) if ends else (body, source[len(body) :])


def ends_of(paragraph: str) -> str:
    """Return what closes the emphasis and the code that are open at the end of a paragraph, the innermost first."""
    text = _CODE.sub("", paragraph)
    code = re.search(r"(?<!`)(`{1,2})(?!`)[^`\n]*\Z", text)
    if code:
        return code[1] + ends_of(text[: code.start()])
    open_signs: list[str] = []
    for match in _SIGNS.finditer(text):
        sign = match[0]
        if sign in open_signs:
            del open_signs[open_signs.index(sign) :]
        elif match[2] is None:
            open_signs.append(sign)
    return "".join(reversed(open_signs))
