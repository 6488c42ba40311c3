"""Parsing files of lines ``NAME=value``, such as `.env`.

Libraries that read such files differ in how they treat comments, skip lines they do not understand, or both. Here any
line may hold a security setting, so a line that cannot be parsed is an error.

* ``# …`` is a comment at the start of a line, and after a value with a blank before it, but not inside quotes.
* Single quotes and backticks keep everything unchanged. In double quotes ``\\n``, ``\\r``, ``\\t``, ``\\"``, ``\\\\``
  and ``\\$`` are escapes as in a shell; any other backslash is literal. Quoted values may span several lines.
* ``${NAME}``, except in single quotes and backticks, is that variable: from the environment, else from an earlier line.
  ``${NAME:-text}`` falls back to the text if the variable is not set. A ``$`` without braces is an ordinary character.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_ASSIGNMENT: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=")
_COMMENT: Final = re.compile(r"\s#.*")
_AFTER_QUOTE: Final = re.compile(r"\s*(?:#.*)?")
_IN_DOUBLE: Final = re.compile(r"""\\([nrt"\\$])|\$\{([^}\n]*)\}""")
_UNQUOTED: Final = re.compile(r"(\Z.)|\$\{([^}\n]*)\}")  # its first group never matches
_END: Final = {
    "'": re.compile(r"([^']*)'"),
    "`": re.compile(r"([^`]*)`"),
    '"': re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL),
}
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t"}
_TYPOGRAPHIC: Final = "“”„‟‘’‚«»"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class EnvFile:
    """What a file says. Faults and notices name lines and variables, never values."""

    values: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


class _Unreadable(Exception):
    pass


def parse(text: str, environment: Mapping[str, str]) -> EnvFile:
    """Return what `text` says; of a variable that stands there twice the last value counts, as everywhere."""
    env_file = EnvFile()
    seen: dict[str, int] = {}
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        line, here = lines[number], number + 1
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            start = _ASSIGNMENT.match(line)
            if start is None or "\0" in line:
                raise _Unreadable("is not NAME=value; there must be no space before the =")
            rest = "\n".join([line[start.end() :], *lines[number:]])
            value, extra = _value(rest, {**env_file.values, **environment})
        except _Unreadable as fault:
            env_file.faults.append(f"line {here} {fault}")
            continue
        number += extra
        name = start[1]
        if name in seen and env_file.values[name] != value:
            env_file.notices.append(f"{name} is set in lines {seen[name]} and {here}; the last one is used")
        env_file.values[name], seen[name] = value, here
    return env_file


def _value(rest: str, known: Mapping[str, str]) -> tuple[str, int]:
    """Return the value at the start of `rest`, and how many more lines it takes."""
    line = rest.partition("\n")[0]
    quote = line.lstrip()[:1]
    if quote in _END:
        return _quoted(rest, quote, known)
    if quote and quote in _TYPOGRAPHIC:
        raise _Unreadable(f"has typographic quotes; use plain ones, ' and {chr(34)}")
    return _filled(_COMMENT.sub("", line).strip(), _UNQUOTED, known), 0


def _quoted(rest: str, quote: str, known: Mapping[str, str]) -> tuple[str, int]:
    begun = rest.index(quote) + 1
    end = _END[quote].match(rest, begun)
    if end is None:
        raise _Unreadable("begins with a quote that is never closed")
    if not _AFTER_QUOTE.fullmatch(rest[end.end() :].partition("\n")[0]):
        raise _Unreadable("has text after the closing quote")
    value = _filled(end[1], _IN_DOUBLE, known) if quote == '"' else end[1]
    return value, end[1].count("\n")


def _filled(text: str, pattern: re.Pattern[str], known: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return _ESCAPED.get(match[1], match[1])
        name, instead, default = match[2].partition(":-")
        if not _NAME.fullmatch(name):
            raise _Unreadable(
                "has ${…} around something that is not a variable name; use single quotes to keep it as text"
            )
        if not known.get(name) and not instead:
            raise _Unreadable(f"needs {name}, which is not set; use single quotes to keep ${{…}} as text")
        return known.get(name) or default

    return pattern.sub(replaced, text)
