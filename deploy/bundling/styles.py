"""Style sheets: an entry in `static/css` includes the parts it imports."""

import re
from pathlib import Path

from deploy.bundling.sources import CannotBundle, bare_style, read, resolve

IMPORT = re.compile(r'^@import (?:url\()?"([^"]+)"\)?;\n', re.MULTILINE)


def bundle(root: Path, entry: str) -> str:
    """Return the style sheet `entry` with each part in the place of its import."""

    def part(match: re.Match[str]) -> str:
        path = resolve(entry, match[1])
        text = read(root, path, entry)
        if "@import" in text or "url(" in text:
            raise CannotBundle(f"{path}: only an entry names other files; their addresses are relative to it")
        return text

    bundled = bare_style(IMPORT.sub(part, read(root, entry, entry)))
    if "@import" in bundled:
        raise CannotBundle(f'{entry}: an import is written as a line of its own: @import "folder/part.css";')
    return bundled
