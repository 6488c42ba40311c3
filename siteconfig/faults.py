"""Errors in a configuration file: the place, the line, and what is allowed there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    path: str  # as in ``endpoints.custom[0].models.default``; empty for the file as a whole
    line: int  # from 1; 0 when it has none
    message: str

    def __str__(self) -> str:
        where = _("line %d") % self.line if self.line else ""
        return ", ".join(part for part in (self.path, where) if part) + ": " + self.message


class ConfigFaults(ImproperlyConfigured):
    """The configuration cannot be used. `faults` has every reason, not only the first."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(faults)
        lines = [_("%(file)s cannot be used:") % {"file": file}, *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines))

    @property
    def cannot_be_bypassed(self) -> bool:
        """Whether not even CONFIG_BYPASS_VALIDATION lets a site start."""
        return any(fault.path == "imageOutputType" for fault in self.faults)


def path_of(key_path: KeyPath) -> str:
    """
    >>> path_of(("endpoints", "custom", 0, "models"))
    'endpoints.custom[0].models'
    """
    text = ""
    for step in key_path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class Lines:
    """Finds the line of a place in a YAML document, or of the nearest place above it that is there."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, key_path: KeyPath) -> int:
        node, line = self._root, 0
        if node is None:
            return 0
        line = node.start_mark.line + 1
        for step in key_path:
            child = _child(node, step)
            if child is None:
                break
            line, node = child
        return line

    def repeated_keys(self) -> Iterator[tuple[KeyPath, int]]:
        """Yield every key that stands twice in one mapping: YAML readers take the last without a word."""
        if self._root is not None:
            yield from _repeated(self._root, (), set())


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == str(step):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        value = node.value[step]
        return value.start_mark.line + 1, value
    return None


def _repeated(node: yaml.Node, key_path: KeyPath, seen: set[int]) -> Iterator[tuple[KeyPath, int]]:
    if id(node) in seen:  # an alias leads back to what was looked at
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated(value, (*key_path, index), seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in keys:
                yield (*key_path, name), key.start_mark.line + 1
            keys.add(name)
            yield from _repeated(value, (*key_path, name), seen)


_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda _context: _("must be at least %(ge)s"),
    "greater_than": lambda _context: _("must be greater than %(gt)s"),
    "less_than_equal": lambda _context: _("must be at most %(le)s"),
    "string_too_long": lambda context: ngettext(
        "must have at most %(max_length)s character",
        "must have at most %(max_length)s characters",
        context["max_length"],
    ),
    "too_long": lambda context: ngettext(
        "must have at most %(max_length)s item", "must have at most %(max_length)s items", context["max_length"]
    ),
}


def message_of(error: Mapping[str, Any], allowed: Sequence[str]) -> str:
    """Return pydantic's finding in words that say what is allowed; never the value, which may be a secret."""
    kind = str(error["type"])
    context: dict[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        return _("is not a known key here. Allowed: %s") % ", ".join(allowed)
    if kind == "value_error":
        return str(context["error"])
    if kind in {"literal_error", "enum"}:
        return _("must be one of: %s") % str(context["expected"])
    if kind == "union_tag_invalid":
        return _("must be one of: %s") % str(context["expected_tags"])
    if kind in _BOUNDS:
        return str(_BOUNDS[kind](context) % context)
    messages: dict[str, str] = {
        "missing": _("is required"),
        "string_type": _("must be text (put it in quotes)"),
        "bool_type": _("must be true or false"),
        "bool_parsing": _("must be true or false"),
        "list_type": _("must be a list"),
        "dict_type": _("must be a mapping of keys to values"),
        "model_type": _("must be a mapping of keys to values"),
        "model_attributes_type": _("must be a mapping of keys to values"),
        "string_too_short": _("must not be empty"),
        "string_pattern_mismatch": _("has characters that are not allowed here"),
        "too_short": _("must have at least one item"),
        "int_type": _("must be a whole number"),
        "float_type": _("must be a number"),
        "finite_number": _("must be a number"),
        "invalid_key": _("must be text (put it in quotes)"),
    }
    return messages.get(kind) or str(error["msg"])
