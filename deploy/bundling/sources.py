"""Shared by scripts and styles: which files are entries, and removing comments."""

import re
from pathlib import Path

# An entry is a file of its own for the browser; all other folders hold parts, which are served inside entries only.
ENTRY_FOLDERS = {"js": {"js", "js/lazy", "js/frame"}, "css": {"css"}}
TEXT = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
STYLE_COMMENT = re.compile(rf"({TEXT})|/\*.*?\*/", re.DOTALL)
SCRIPT_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n", re.DOTALL | re.MULTILINE)


class CannotBundle(Exception):
    """A source cannot be put into one file; the text says which, where and why."""


def is_source(path: str) -> bool:
    """Whether a path below `static/` is a script or style of ours, and not vendored."""
    suffix = path.rpartition(".")[2]
    return suffix in ENTRY_FOLDERS and path.startswith(f"{suffix}/")


def is_entry(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return is_source(path) and folder in ENTRY_FOLDERS[name.rpartition(".")[2]]


def read(root: Path, path: str, importer: str) -> str:
    """Return a source's text. Raises `CannotBundle` where there is no such file."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CannotBundle(f"{importer}: there is no {path}") from None


def resolve(importer: str, address: str) -> str:
    """Return the path below `static/` that a relative address means in `importer`."""
    folder = importer.split("/")[:-1]
    for step in address.split("/"):
        if step == "..":
            folder = folder[:-1]
        elif step != ".":
            folder = [*folder, step]
    return "/".join(folder)


def bare_script(text: str, path: str) -> str:
    """Return a script without the comments that have lines of their own."""
    bare = SCRIPT_COMMENT.sub("", text)
    for number, line in enumerate(bare.splitlines(), 1):
        if line.count("`") % 2:
            raise CannotBundle(f"{path}: a template literal goes over several lines, near {line.strip()!r} ({number})")
    return bare


def bare_style(text: str) -> str:
    """Return a style without comments, empty lines and indentation."""
    lines = STYLE_COMMENT.sub(lambda match: match[1] or "", text).splitlines()
    return "".join(f"{line.strip()}\n" for line in lines if line.strip())
