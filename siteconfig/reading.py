"""Reads YAML by the rules of YAML 1.2, as existing files expect: `on` and `2024-10-21` are strings.

Fractions know how they are written, so that money is no binary float (`WrittenFloat`).
"""

import re
from typing import Any

import yaml

from core.written_numbers import WrittenFloat

MAX_DEPTH = 100
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C, it takes a tenth of the time
_OTHERWISE = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}


class _Loader(_BASE):  # type: ignore[misc]
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _OTHERWISE]
        for first, resolvers in _BASE.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _fraction(loader: Any, node: yaml.ScalarNode) -> WrittenFloat:
    return WrittenFloat.of(node.value, loader.construct_yaml_float(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _fraction)


def read(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the document as nodes, which know their lines, and as values.

    Raises `yaml.YAMLError`, and `RecursionError` for a document that is nested too deeply.
    """
    _check_depth(text)
    return yaml.compose(text, Loader=_Loader), yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)


def _check_depth(text: str) -> None:
    """Raise `RecursionError` at the first mapping or list that lies too deep: the reader in C would crash there."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise RecursionError
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
