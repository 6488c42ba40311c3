"""The packages of the product, for tests that read its code."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = (
    "core", "messages", "siteconfig", "accounts", "billing", "endpoints", "files", "agents", "chat", "runs",
    "web", "api", "config", "deploy",
)  # fmt: skip


def sources(*packages: str) -> Iterator[Path]:
    """Yield the modules of `packages`, or of all, as paths below `ROOT`."""
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module's syntax tree, parsed once for all tests.

    CPython 3.11 raises `SystemError` here now and then, in a process whose other threads and collected generators move
    the depth that its parser counts; the same text is parsed the next time.
    """
    for _ in range(4):
        try:
            return ast.parse(path.read_text())
        except SystemError:
            continue
    return ast.parse(path.read_text())
