"""What the documentation names is there."""

import re
from collections.abc import Iterator

import pytest

from tests.house import PACKAGES, ROOT

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md"))),
)
FOLDERS = (*PACKAGES, "docs", "findings", "requirements", "static", "templates", "tests")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`")
MODULE = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+){{2,}})`")  # of two words: a key of the file, too


def missing(text: str) -> Iterator[str]:
    """Yield the paths and modules that a page names and that are not there."""
    for name in PATH.findall(text):
        if not (ROOT / name).exists():
            yield name
    for name in MODULE.findall(text):
        parts = name.split(".")
        # A package, a module, or a name in one, or a method of a class in one.
        modules = [ROOT.joinpath(*parts[: len(parts) - last]).with_suffix(".py") for last in range(3)]
        if not ROOT.joinpath(*parts).is_dir() and not any(module.is_file() for module in modules):
            yield name


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_a_page_names_is_there(page: str) -> None:
    assert list(missing((ROOT / page).read_text())) == []


def test_a_place_that_moved_is_noticed() -> None:
    names = (
        "`chat/rendering/pool.py`, `web/rendering/pool.py`, `chat.services.doors.of`, `chat.services.tree.tree.path`"
    )
    assert list(missing(names)) == ["chat/rendering/pool.py", "chat.services.doors.of"]
