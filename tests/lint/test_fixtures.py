"""The names of fixtures: who reads a test finds what it asks for, and changes it for all who use it."""

import ast
from collections import defaultdict
from typing import Final

from tests.house import ROOT, tree_of

OVERRIDDEN: Final = {
    "short_lease_stack": "the fixtures beside it use it too, and one module needs other settings below them",
}


def is_fixture(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        "fixture" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def test_no_two_fixtures_have_one_name() -> None:
    """Another one of the same name is the same, and belongs in `tests/cast.py` or beside it, or it has its own."""
    paths = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in filter(is_fixture, tree_of(path).body):
            paths[node.name].append(path.relative_to(ROOT).as_posix())  # type: ignore[attr-defined]
    assert {name: where for name, where in paths.items() if len(where) > 1 and name not in OVERRIDDEN} == {}
