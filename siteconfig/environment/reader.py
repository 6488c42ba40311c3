"""The only reader of the environment and of `.env`: all settings are read through it.

An invalid value stops the start with the variable's name and the allowed values: a typing error must never turn a
security setting off. Errors are collected, so that one start reports all of them. No message contains a value, which
may be a secret.
"""

import ast
import operator
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from siteconfig.environment.env_file import parse

YES: Final = frozenset({"true", "yes", "on", "1", "y", "t"})
NO: Final = frozenset({"false", "no", "off", "0", "n", "f"})
PLACEHOLDER: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_PRODUCT: Final = re.compile(r"[0-9_+\-*() ]{1,100}")
_OPERATORS: Final[Mapping[type, Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


class Environment:
    """Typed reading of variables. What is empty or blank counts as not set."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.notices: list[str] = []
        self.asked: set[str] = set()
        self.from_files: set[str] = set()

    def read_file(self, path: Path) -> None:
        """Take from a file what the environment does not have. A file that is not there says nothing."""
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return
        except UnicodeDecodeError:
            self.faults.append(f"{path.name} is not text in UTF-8")
            return
        except OSError as error:
            self.faults.append(f"{path.name} cannot be read: {error.strerror}")
            return
        contents = parse(text, os.environ)
        self.faults += [f"{path.name}, {fault}" for fault in contents.faults]
        self.notices += [f"{path.name}: {notice}" for notice in contents.notices]
        for name, value in contents.values.items():
            if name not in os.environ:
                os.environ[name] = value
                self.from_files.add(name)

    def text(self, name: str, default: str = "") -> str:
        """Return a text without the blanks around it."""
        self.asked.add(name)
        return os.environ.get(name, "").strip() or default

    def secret(self, name: str) -> str:
        """Return a password or key as it is, but for the line's end that files of secrets have."""
        self.asked.add(name)
        return os.environ.get(name, "").rstrip("\r\n")

    def switch(self, name: str, default: bool) -> bool:
        word = self.text(name).lower()
        if word and word not in YES | NO:
            self.fault(name, "must be true or false (also yes or no, on or off, 1 or 0)")
        return word in YES if word in YES | NO else default

    def whole(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """Return a whole number. It may be written as a product or sum, such as ``1000 * 60 * 15``."""
        text = self.text(name)
        if not text:
            return default
        number = _worked_out(text)
        if number is None or number < least or (most is not None and number > most):
            bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
            self.fault(name, f"must be a whole number {bounds}")
            return default
        return number

    def choice(self, name: str, default: str, allowed: Collection[str]) -> str:
        """Return one of the words that are allowed, however its letters are written."""
        text = self.text(name)
        choice = next((option for option in allowed if option.lower() == text.lower()), None)
        if text and choice is None:
            self.fault(name, f"must be one of {', '.join(allowed)}")
        return choice or default

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return what a variable lists with commas, each once."""
        return tuple(dict.fromkeys(item.strip() for item in self.text(name).split(",") if item.strip())) or default

    def site(self, name: str, default: str) -> str:
        """Return the address of a site, without the slash at its end."""
        text = self.text(name)
        if text and not _is_site(text):
            self.fault(name, "must be an address that begins with http:// or https://")
            return default
        scheme, mark, rest = (text or default).partition("://")
        return f"{scheme.lower()}{mark}{rest}".rstrip("/")

    def file(self, name: str) -> str:
        """Return the path of a file that can be read, or nothing."""
        path = self.text(name)
        if path and not os.access(path, os.R_OK):
            self.fault(name, "must be the path of a readable file")
            return ""
        return path

    def file_text(self, name: str) -> str:
        """Return what stands in the file that a variable names, or nothing."""
        path = self.file(name)
        try:
            return Path(path).read_text("utf-8-sig") if path else ""
        except (OSError, UnicodeDecodeError):
            self.fault(name, "must be the path of a UTF-8 text file")
            return ""

    def fault(self, name: str, problem: str) -> None:
        self.faults.append(f"{name} {problem}")

    def check(self) -> None:
        """Raise `ImproperlyConfigured` with all that was found wrong since the last time."""
        faults, self.faults = list(dict.fromkeys(self.faults)), []
        if faults:
            raise ImproperlyConfigured("\n".join(faults))

    def suspicious(self) -> list[str]:
        """Return what programs that start Parley may have left of a file of theirs, by variable."""
        suspicions = []
        for name in sorted(self.asked - self.from_files):
            value = os.environ.get(name, "").strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
                suspicions.append(f"{name} in the environment is in quotes, which become part of the value")
            elif re.search(r"\s#", value):
                suspicions.append(
                    f"{name} in the environment has a # after a space, so a comment may have become part of the value"
                )
        return suspicions


def _worked_out(text: str) -> int | None:
    if not _PRODUCT.fullmatch(text):
        return None
    try:
        return _number(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _number(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_number(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_number(node.left), _number(node.right))
    raise ValueError


def _is_site(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


env = Environment()
