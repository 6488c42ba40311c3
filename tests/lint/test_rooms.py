"""Where things stand, and what they are called: `docs/architecture.md`, “The house”, as tests."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import grimp
import pytest

from tests.house import PACKAGES, ROOT, sources, tree_of

DOMAINS: Final = ("accounts", "billing", "endpoints", "files", "agents", "chat")
AT_THE_TOP: Final = {"__init__.py", "models.py", "access.py", "admin.py", "tasks.py", "apps.py"}
# Names that Django or a test runner demands of every module or class of its kind.
EVERYBODYS: Final = {"Command", "Meta"}
BANNED: Final = {
    "MOST": "MAX_…", "LONGEST": "MAX_…", "LEAST": "MIN_…", "MANY": "MAX_…", "LOT": "BATCH_SIZE",
    "remembered": "ttl_cache", "otherwise": "on_no_row", "Painter": "RunRenderer", "Closer": "ResultBatcher",
    "abandon": "cancel_for_deletion", "patiently": "retry_while_db_down", "Standing": "AccountSummary",
    "screenful": "page of messages", "doors": "access", "circles_of": "managed_groups_of",
    **dict.fromkeys(("found", "each", "told", "who", "trial", "circles", "spots"), "the noun"),
}  # fmt: skip


def ours() -> Iterator[Path]:
    yield from (path for path in sources() if not {"migrations", "vendor"} & set(path.parts))


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_loose_file_stands_at_the_top_of_a_domain(domain: str) -> None:
    assert {path.name for path in (ROOT / domain).glob("*.py")} <= AT_THE_TOP


def test_no_class_name_is_defined_twice() -> None:
    """Classes within a class have its name before their own, and are found by it."""
    where = defaultdict(list)
    for path in ours():
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef) and node.name not in EVERYBODYS:
                where[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


def names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a module defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.rpartition(".")[2]


def is_banned(name: str) -> bool:
    return name in BANNED or bool(re.fullmatch(r"_?(MOST|LONGEST|LEAST|MANY|LOT)(_\w+)?", name))


def test_what_has_a_standard_word_is_called_by_it() -> None:
    banned = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in (*ours(), *sorted((ROOT / "tests").rglob("*.py")))
        for name in names(tree_of(path))
        if is_banned(name)
    }
    assert banned == set()


@pytest.mark.parametrize("name", ["MOST", "LONGEST_NAME", "_LOT", "doors"])
def test_the_rule_sees_them(name: str) -> None:
    assert is_banned(name)
    assert name in set(names(ast.parse(f"{name} = 1")))


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    below = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    modules = TopologicalSorter(below)
    modules.prepare()  # raises `CycleError`, which names the modules
    assert len(below) > 500
