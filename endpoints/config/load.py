"""Reading the file: safe YAML with line numbers, `${VAR}` once, then the schema."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from endpoints.config.schema import NOT_IN_USE, CustomEndpoint, Document

SIZE_LIMIT = 4 * 1024 * 1024
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Never filled in, whatever the file says: the reference, section 1.
_SECRETS = {
    "JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "CREDS_IV", "MEILI_MASTER_KEY", "MONGO_URI", "REDIS_URI",
    "REDIS_PASSWORD", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "LOCAL_MODEL_KEY",
}  # fmt: skip

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the file. `line` counts from 1, 0 where there is none."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.message}"


class ConfigFaults(Exception):
    """The file cannot be used; `faults` are all of them."""

    def __init__(self, file: Path, faults: list[Fault]) -> None:
        self.file = file
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__(f"{file} has {len(faults)} faults:\n" + "\n".join(f"  {each}" for each in self.faults))


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says. `not_in_use` names keys that are accepted and have no effect yet."""

    custom: tuple[CustomEndpoint, ...] = ()
    not_in_use: tuple[str, ...] = ()


@dataclass(slots=True)
class _Lines:
    """Where each path of the document stands, from the marks of the YAML nodes."""

    line_of: dict[Steps, int] = field(default_factory=dict)

    def note(self, node: yaml.Node | None, path: Steps = ()) -> None:
        if node is None:
            return
        self.line_of.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                step = (*path, str(key.value))
                self.line_of[step] = key.start_mark.line + 1
                self.note(value, step)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self.note(value, (*path, index))

    def nearest(self, path: Steps) -> int:
        while path not in self.line_of and path:
            path = path[:-1]
        return self.line_of.get(path, 0)


def load_config(file: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Return what `file` says; an absent file says nothing. Raises `ConfigFaults` with every fault."""
    if not file.exists():
        return Config()
    document, lines = _read(file)
    if document is None:
        return Config()
    if not isinstance(document, dict):
        raise ConfigFaults(file, [Fault("", 1, "The file must be a mapping of keys, such as “version: 1.3.17”.")])
    unused = tuple(name for name in NOT_IN_USE if name in document)
    checked = {name: value for name, value in document.items() if name not in NOT_IN_USE}
    try:
        parsed = Document.model_validate(substitute(checked, environment or os.environ))
    except ValidationError as error:
        raise ConfigFaults(file, [_fault(each, lines) for each in error.errors()]) from None
    twice = _names_twice(parsed.endpoints.custom, lines)
    if twice:
        raise ConfigFaults(file, twice)
    return Config(custom=tuple(parsed.endpoints.custom), not_in_use=unused)


def substitute(value: Any, environment: Mapping[str, str]) -> Any:
    """Fill in ``${NAME}`` in every string, once: what was filled in is never read again. Unset stays as it is."""
    if isinstance(value, str):
        return _VARIABLE.sub(
            lambda match: match[0] if match[1] in _SECRETS else environment.get(match[1], match[0]), value
        )
    if isinstance(value, list):
        return [substitute(each, environment) for each in value]
    if isinstance(value, dict):
        return {key: substitute(each, environment) for key, each in value.items()}
    return value


def _read(file: Path) -> tuple[Any, _Lines]:
    lines = _Lines()
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise ConfigFaults(file, [Fault("", 0, f"The file is larger than {SIZE_LIMIT} bytes.")])
        text = file.read_text(encoding="utf-8")
        if re.search(r"^[^#\n]*[:\-]\s+\*\w", text, re.MULTILINE):
            raise ConfigFaults(file, [Fault("", 0, "Aliases (*name) are not allowed.")])
        lines.note(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text), lines
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults(file, [Fault("", 0, f"The file cannot be read: {error}")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigFaults(file, [Fault("", mark.line + 1 if mark else 0, f"This is not YAML: {problem}")]) from None
    except RecursionError:
        raise ConfigFaults(file, [Fault("", 0, "The file is nested too deeply.")]) from None


def _fault(error: Any, lines: _Lines) -> Fault:
    # pydantic adds names of union members to the path; they are not in the file.
    steps: Steps = tuple(step for step in error["loc"] if not (isinstance(step, str) and step in _UNION_STEPS))
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    return Fault(path, lines.nearest(steps), _message(error))


_UNION_STEPS = {"constrained-str", "NamedModel", "str", "int", "float"}


def _message(error: Any) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "Unknown key. Remove it, or check its spelling."
        case "missing":
            return "Missing. It is required."
        case _:
            given = error.get("input")
            shown = f" (it is {str(given)[:60]!r})" if isinstance(given, str | int | float | bool) else ""
            return f"{error['msg']}.{shown}"


def _names_twice(entries: list[CustomEndpoint], lines: _Lines) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for index, entry in enumerate(entries):
        if entry.name in seen:
            path: Steps = ("endpoints", "custom", index, "name")
            message = f"“{entry.name}” is the name of an earlier endpoint."
            faults.append(Fault(f"endpoints.custom[{index}].name", lines.nearest(path), message))
        seen.add(entry.name)
    return faults
