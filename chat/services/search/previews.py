"""The beginning of a message as one line of plain text, without Markdown syntax."""

import re

_MARKS = (
    (re.compile(r"^\s{0,3}(?:```|~~~).*$", re.MULTILINE), " "),  # fences, with their language
    (re.compile(r"^\s{0,3}(?:[-*_]\s*){3,}$", re.MULTILINE), " "),  # rules
    (re.compile(r"^\s*\|?[\s:|-]*-{2,}[\s:|-]*$", re.MULTILINE), " "),  # the line below a table's head
    (re.compile(r"^\s{0,3}(?:>\s?)+(?:\[!\w+\])?", re.MULTILINE), ""),  # quotations
    (re.compile(r"^\s{0,3}#{1,6}\s+|\s#+$", re.MULTILINE), ""),  # headings
    (re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?", re.MULTILINE), ""),  # items of lists
    (re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),  # links and images
    (re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1", re.DOTALL), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"`+([^`\n]+)`+"), r"\1"),
    (re.compile(r"\s*\|\s*"), " "),  # cells
    (re.compile(r"\*\*(?=\w)|(?<!\w)`+(?=\w)"), ""),  # what was cut off before its end
)


def bare_words(text: str) -> str:
    """Return `text` on one line, without the marks of Markdown."""
    if not text.isalnum():
        for pattern, kept in _MARKS:
            text = pattern.sub(kept, text)
    return " ".join(text.split())
