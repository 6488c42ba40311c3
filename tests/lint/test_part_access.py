"""Only `messages` knows the JSON of a message's parts: elsewhere a part is typed, and nothing looks up its keys."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house import PACKAGES, ROOT, sources, tree_of

LOOKUPS = {"get", "pop", "setdefault"}
APART = {"messages", "deploy"}  # what `deploy` calls a part is one of a path or a command


def name_of(node: ast.expr) -> str:
    """Return what the value is called: `part` in ``part``, ``view.part`` and ``part[0]``."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value):
            return name_of(value)
    return ""


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def looked_into(tree: ast.Module) -> Iterator[str]:
    """Yield what is asked for one of its keys by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value, key) if is_text(key):
                yield name_of(value)
            case ast.Call(ast.Attribute(value, method), [key, *_]) if method in LOOKUPS and is_text(key):
                yield name_of(value)
            case ast.Compare(key, [ast.In() | ast.NotIn()], [value]) if is_text(key):
                yield name_of(value)


def takes_apart(tree: ast.Module) -> bool:
    return any(re.fullmatch(r"(\w+_)?parts?", name) for name in looked_into(tree))


def test_no_part_is_taken_apart_by_its_keys() -> None:
    others = sources(*(package for package in PACKAGES if package not in APART))
    assert [path.relative_to(ROOT).as_posix() for path in others if takes_apart(tree_of(path))] == []


@pytest.mark.parametrize(
    "line",
    ['part["type"]', 'part.get("text")', 'message.parts[0]["text"]', '"redacted" in part', 'last_part.pop("x", 1)'],
)
def test_the_rule_sees_it(line: str) -> None:
    assert takes_apart(ast.parse(line))


@pytest.mark.parametrize("line", ["part.text", "parts[0]", 'address["part"]', "part.get(key)", 'name in {"part"}'])
def test_the_rule_allows(line: str) -> None:
    assert not takes_apart(ast.parse(line))
