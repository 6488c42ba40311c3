"""Parsing the search field. Unknown syntax is searched as words, or reported as a fault."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from chat.services.search.text import mixes_scripts

MAX_CHARACTERS = 1_000  # characters; the rest is not looked at
MAX_WORDS = 32

_TOKEN = re.compile(r'((?:-(?!-))?)(?:([a-z]{2,10}):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_OPERATORS = {"before", "after", "on", "model", "project", "tag", "role", "from", "has", "title"}
_ROLES = {"user": "user", "me": "user", "assistant": "assistant", "model": "assistant", "ai": "assistant"}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_EDGES = ".,;:!?()[]{}<>'`*_‘’‹›¿¡…、。，；：！？（）「」『』《》〈〉【】،؛؟।"
# Keyboards and editors put these in the place of plain quotation marks.
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_INNER_SYMBOL = re.compile(r"[^\w\s]")


@dataclass(frozen=True, slots=True)
class Query:
    """`words` must all be there, `phrases` as they stand, `excluded` and `excluded_phrases` not at all. Days are the
    person's own: `since` is the first day that counts, `until` the first that does not. `faults` says what could not be
    understood.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_phrases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    role: str = ""
    has_code: bool = False
    since: date | None = None
    until: date | None = None
    faults: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        return self == Query(faults=self.faults)

    @property
    def has_filters(self) -> bool:
        """Whether more is asked for than words."""
        return replace(self, words=(), phrases=(), excluded=(), excluded_phrases=(), faults=()) != Query()


def parse(text: str) -> Query:
    """Return what `text` asks for.

    >>> parse('cats -dogs "purr loudly" role:me')
    Query(words=('cats', 'purr', 'loudly'), phrases=('purr loudly',), excluded=('dogs',), \
excluded_phrases=(), titles=(), models=(), projects=(), tags=(), role='user', \
has_code=False, since=None, until=None, faults=())
    """
    query = Query()
    for match in _TOKEN.finditer(text[:MAX_CHARACTERS].replace("\x00", " ").translate(_QUOTES)):
        minus, operator, quoted, bare = match.groups()
        value = " ".join((quoted if quoted is not None else bare).split())
        if operator and operator.lower() in _OPERATORS and value:
            query = _operator(query, operator.lower(), value)
            continue
        if operator:
            value = f"{operator}:{value}"
        query = _said(query, value, quoted=quoted is not None and not operator, without=bool(minus))
    return replace(query, words=query.words[:MAX_WORDS], phrases=query.phrases[:MAX_WORDS])


def _said(query: Query, value: str, *, quoted: bool, without: bool) -> Query:
    value = value if quoted else value.strip(_EDGES)
    if not value:
        return query
    # What is no word by itself, as c++ or a.b(), is looked for as it stands, too; and what is cut into several.
    literal = quoted or bool(_INNER_SYMBOL.search(value)) or any(map(mixes_scripts, value.split()))
    if without and literal:
        return replace(query, excluded_phrases=(*query.excluded_phrases, value))
    if without:
        return replace(query, excluded=(*query.excluded, value))
    phrases = (*query.phrases, value) if literal else query.phrases
    return replace(query, words=(*query.words, *value.split()), phrases=phrases)


def _operator(query: Query, name: str, value: str) -> Query:
    if name in {"before", "after", "on"}:
        return _dated(query, name, value)
    if name in {"role", "from"}:
        role = _ROLES.get(value.lower())
        return replace(query, role=role) if role else _fault(query, _("role: must be “user” or “assistant”."))
    if name == "has":
        is_code = value.lower() == "code"
        return replace(query, has_code=True) if is_code else _fault(query, _("has: can only be “code”."))
    many: dict[str, Any] = {f"{name}s": (*getattr(query, f"{name}s"), value)}
    return replace(query, **many)


def _dated(query: Query, name: str, value: str) -> Query:
    span = _span(value)
    if span is None:
        message = _("“%(value)s” is not a date. Use a format like 2026-11-21, 2026-11 or 2026.")
        return _fault(query, message % {"value": value[:40]})
    first, after = span
    if name == "before":
        return replace(query, until=first)
    if name == "after":
        return replace(query, since=after)
    return replace(query, since=first, until=after)


def _span(value: str) -> tuple[date, date] | None:
    """Return the first day of a date, month or year, and the first day after it."""
    match = _DATE.fullmatch(value)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        if day:
            return first, first + timedelta(days=1)
        if month:
            return first, date(first.year + month // 12, month % 12 + 1, 1)
        return first, date(first.year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None


def _fault(query: Query, message: str) -> Query:
    return replace(query, faults=(*query.faults, message))
