"""Searching a person's messages.

Three methods find the newest hits; none depends on the planner's estimate of how frequent a word is. A look at the
newest messages finds frequent words. The word index finds all hits of rare words. Walking back in time finds frequent
words whose filters leave few hits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, dumps, loads
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.models.access import is_granted_sql
from chat.models import Conversation, Project
from chat.services.search.query import Query, parse
from chat.services.search.text import fold, is_unspaced
from core import rate_limits
from core.paging import Signed

PAGE = 20
_PLACE = Signed("search")
MAX_COUNTED_HITS = 5_000  # hits; with more than these, the newest are looked for by time
RECENT = 1_000  # messages looked at first
RANKED = 1_000  # hits, the newest of which are put in order by how well they fit
LOOKED_AT = 20_000  # characters of a message that count for its place
WALK = 500  # hits taken by the first walk, from which filters may leave few; each further one takes twice as many
ROUNDS = 9  # walks at most: a quarter of a million hits
LIKE_TITLES = 20
_LIKENESS = 0.45  # of a title to what was typed, from 0 to 1 (see pg_trgm); the default of 0.6 misses a swapped letter


@dataclass(frozen=True, slots=True)
class Hit:
    """A message in which everything was found."""

    message_id: UUID
    conversation_id: UUID
    title: str
    is_archived: bool
    is_user: bool
    sender: str
    model: str
    text: str
    created_at: datetime
    project: str  # its name, where the person may see it


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits in the order asked for. `total` is None when nobody counted; `terms` are to be marked in the texts."""

    hits: list[Hit]
    next_cursor: str | None
    total: int | None
    terms: tuple[str, ...]


def search(*, user: User, query: Query, cursor: str | None = None, limit: int = PAGE) -> SearchPage:
    """Return one page of the messages that `query` describes. A cursor that is not ours gives the first page.

    Raises `rate_limits.TooOften`.
    """
    terms = (*query.phrases, *query.words)
    if query.is_empty or query.faults:
        return SearchPage([], None, 0, terms)
    count(user)
    wanted, query = _tsquery(user, query)
    position = _not_after(query.until, _position(cursor))
    values = _values(user, query, wanted, position, limit + 1)
    with transaction.atomic(), connection.cursor() as db:
        db.execute(_RECENT.format(filters=_filters(query)), values)
        if len(rows := db.fetchall()) > limit:
            return _page(rows, limit, terms)
        db.execute(_FEW.format(filters=_filters(query)), values)
        rows = db.fetchall()
        if rows[0][-1] > MAX_COUNTED_HITS:
            return _by_time(db, query, values, limit, terms)
    return _page([row for row in rows if row[0] is not None], limit, terms, total=rows[0][-2])


def search_best(*, user: User, query: Query, cursor: str | None = None, limit: int = PAGE) -> SearchPage:
    """Return one page of the messages that `query` describes, those that fit best first. Raises `rate_limits.TooOften`.

    Of very many hits the newest `RANKED` are put in order. A cursor that is not ours gives the first page.
    """
    terms = (*query.phrases, *query.words)
    if query.is_empty or query.faults:
        return SearchPage([], None, 0, terms)
    count(user)
    wanted, query = _tsquery(user, query)
    offset = _offset(cursor)
    said = [text for term in dict.fromkeys(terms) if (text := fold(term))]
    values = _values(user, query, wanted, _not_after(query.until, None), limit + 1) | {
        "ranked": RANKED,
        "looked_at": LOOKED_AT,
        "offset": offset,
        "said": said,
        "together": _patterns([" ".join(query.words)])[0],
        "named": _patterns(terms) or ["%"],
    }
    with transaction.atomic(), connection.cursor() as db:
        db.execute(_BEST.format(filters=_filters(query)), values)
        rows = db.fetchall()
    more = dumps(offset + limit, salt="search-best") if len(rows) > limit else None
    return SearchPage([_hit(row) for row in rows[:limit]], more, None, terms)


def _page(rows: list[tuple[Any, ...]], limit: int, terms: tuple[str, ...], *, total: int | None = None) -> SearchPage:
    hits = [_hit(row) for row in rows[:limit]]
    more = len(rows) > limit
    return SearchPage(hits, _PLACE.write((hits[-1].created_at, hits[-1].message_id)) if more else None, total, terms)


def conversation_ids(*, user: User, text: str) -> list[UUID]:
    """Return the conversations whose title is like `text`, or in which all its words were said.

    Raises `rate_limits.TooOften`.
    """
    query = parse(text)
    if query.is_empty or query.faults:
        return []
    count(user)
    wanted, query = _tsquery(user, query)
    values = _values(user, query, wanted, None, MAX_COUNTED_HITS)
    with transaction.atomic(), connection.cursor() as db:
        ids = [row[0] for row in _titles(db, user, query, limit=1_000)]
        db.execute(_CONVERSATIONS.format(filters=_filters(query)), values)
        ids += [row[0] for row in db.fetchall()]
    return list(dict.fromkeys(ids))


def count(user: User) -> None:
    """Count one search. Raises `rate_limits.TooOften`."""
    rate_limits.count(rate_limits.named("search_user"), str(user.id))


def titles(*, user: User, query: Query) -> list[Conversation]:
    """Return the conversations whose title is like what is looked for, the likest first, typing errors forgiven."""
    if query.is_empty or query.faults:
        return []
    with transaction.atomic(), connection.cursor() as db:
        ids = [row[0] for row in _titles(db, user, query, limit=LIKE_TITLES)]
    by_id = Conversation.objects.visible_to(user).in_bulk(ids)
    return [by_id[conversation_id] for conversation_id in ids if conversation_id in by_id]


_MAY_SEE = is_granted_sql(Project.KIND, thing="p.id", user="c.owner_id")
_COLUMNS = f"""m.id, c.id, c.title, c.archived_at IS NOT NULL, m.author = 'user', m.sender, m.model, m.text,
    h.created_at, CASE WHEN p.owner_id = c.owner_id OR {_MAY_SEE} THEN p.name ELSE '' END"""
_JOINS = """
JOIN chat_conversation c ON c.id = h.conversation_id AND c.owner_id = %(owner)s AND c.deleted_at IS NULL
    AND NOT c.is_temporary
JOIN chat_message m ON m.id = h.message_id
LEFT JOIN chat_project p ON p.id = c.project_id
WHERE (%(since)s::timestamptz IS NULL OR h.created_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR h.created_at < %(until)s) {filters}
"""
_FEW = f"""
WITH hits AS MATERIALIZED (SELECT * FROM chat_search(%(query)s::tsquery, %(many)s + 1)),
kept AS (SELECT {_COLUMNS} FROM hits h {_JOINS}),
page AS (
    SELECT * FROM kept AS k (id, conversation, title, archived, by_user, sender, model, text, created_at, project)
    WHERE %(moment)s::timestamptz IS NULL OR (created_at, id) < (%(moment)s, %(last)s::uuid)
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
)
SELECT page.*, (SELECT count(*) FROM kept), (SELECT count(*) FROM hits)
FROM (SELECT 1) AS always LEFT JOIN page ON true
ORDER BY created_at DESC NULLS LAST, id DESC
"""
_RECENT = f"""
WITH h AS MATERIALIZED (
    SELECT * FROM chat_search_recent(%(owner)s, %(query)s::tsquery, %(moment)s, %(last)s, %(recent)s)
)
SELECT {_COLUMNS} FROM h {_JOINS} ORDER BY h.created_at DESC, h.message_id DESC LIMIT %(limit)s
"""
# Of what is everywhere, the latest: lists show the latest first, too.
_HITS = """
few AS MATERIALIZED (SELECT * FROM chat_search(%(query)s::tsquery, %(many)s + 1)),
h AS MATERIALIZED (
    SELECT * FROM few WHERE (SELECT count(*) FROM few) <= %(many)s
  UNION ALL
    SELECT * FROM chat_search_newest(
        %(owner)s, %(query)s::tsquery, %(moment)s, %(last)s,
        CASE WHEN (SELECT count(*) FROM few) > %(many)s THEN %(many)s ELSE 0 END)
)"""
_CONVERSATIONS = f"WITH {_HITS} SELECT DISTINCT c.id FROM h {_JOINS}"
# How often each word is said, for the length of the message; then words side by side as typed, and a fitting title.
_BEST = f"""
WITH {_HITS}, kept AS (
    SELECT {_COLUMNS}, chat_fold(c.title) LIKE ALL(%(named)s) AS is_named,
        chat_fold(left(m.text, %(looked_at)s)) AS folded
    FROM h {_JOINS} ORDER BY h.created_at DESC, h.message_id DESC LIMIT %(ranked)s
)
SELECT kept.* FROM kept ORDER BY
    (SELECT coalesce(sum(ln(1 + (length(folded) - length(replace(folded, word, ''))) / length(word))), 0)
        FROM unnest(%(said)s::text[]) AS said (word)) / (1 + ln(1 + length(folded) / 500.0))
    + CASE WHEN folded LIKE %(together)s THEN 1.5 ELSE 0 END + CASE WHEN is_named THEN 1 ELSE 0 END DESC, 9 DESC, 1 DESC
OFFSET %(offset)s LIMIT %(limit)s
"""
_BY_TIME = f"""
WITH h AS MATERIALIZED (
    SELECT * FROM chat_search_newest(%(owner)s, %(query)s::tsquery, %(moment)s, %(last)s, %(walk)s)
), kept AS (SELECT {_COLUMNS} FROM h {_JOINS})
SELECT kept.*, oldest.created_at, oldest.message_id, oldest.number
FROM (SELECT created_at, message_id, (SELECT count(*) FROM h) AS number FROM h ORDER BY created_at, message_id LIMIT 1)
    AS oldest LEFT JOIN kept ON true ORDER BY 9 DESC NULLS LAST, 1 DESC
"""
_TITLES = """
SELECT id, word_similarity(%(text)s, chat_fold(title)) AS likeness FROM chat_conversation
WHERE owner_id = %(owner)s AND deleted_at IS NULL AND NOT is_temporary
    AND (chat_fold(title) LIKE ALL(%(patterns)s) OR (%(forgiving)s AND %(text)s <%% chat_fold(title)))
ORDER BY chat_fold(title) LIKE ALL(%(patterns)s) DESC, likeness DESC, updated_at DESC LIMIT %(limit)s
"""


def _by_time(db: Any, query: Query, values: dict[str, Any], limit: int, terms: tuple[str, ...]) -> SearchPage:
    """Return a page of words that are everywhere: walk back until the filters have left enough."""
    matching: list[tuple[Any, ...]] = []
    for number in range(ROUNDS):
        walk = WALK * 2**number
        db.execute(_BY_TIME.format(filters=_filters(query)), values | {"walk": walk})
        rows = db.fetchall()
        matching += [row for row in rows if row[0] is not None]
        too_old = rows and values["since"] and rows[0][-3] < values["since"]
        if len(matching) > limit or not rows or rows[0][-1] < walk or too_old:
            return _page(matching, limit, terms)
        values = values | {"moment": rows[0][-3], "last": rows[0][-2]}
    hits = [_hit(row) for row in matching]
    return SearchPage(hits, _PLACE.write((values["moment"], values["last"])), None, terms)


def _values(
    user: User, query: Query, wanted: str, position: tuple[datetime, UUID] | None, limit: int
) -> dict[str, Any]:
    moment, last = position or (None, None)
    return {
        "owner": user.id,
        "query": wanted,
        "many": MAX_COUNTED_HITS,
        "recent": RECENT,
        "limit": limit,
        "moment": moment,
        "last": last,
        "since": _midnight(query.since),
        "until": _midnight(query.until),
        "phrases": _patterns(query.phrases),
        "excluded_phrases": _patterns(query.excluded_phrases),
        "titles": _patterns(query.titles),
        "models": _patterns(query.models, form=str),
        "projects": [fold(name) for name in query.projects],
        "tags": [fold(name) for name in query.tags],
    }


_IN_ONE_LINE = r"translate(chat_fold(m.text), E'\n\t', '  ')"  # a phrase may go on in the next line


def _filters(query: Query) -> str:
    """Return the conditions beyond words; every value is a parameter."""
    filters = []
    if query.phrases:
        filters.append(f"{_IN_ONE_LINE} LIKE ALL(%(phrases)s)")
    if query.excluded_phrases:
        filters.append(f"{_IN_ONE_LINE} NOT LIKE ALL(%(excluded_phrases)s)")
    if query.titles:
        filters.append("chat_fold(c.title) LIKE ALL(%(titles)s)")
    if query.models:
        filters.append("coalesce(nullif(m.model, ''), c.model) ILIKE ANY(%(models)s)")
    if query.projects:
        filters.append(f"chat_fold(p.name) = ANY(%(projects)s) AND (p.owner_id = c.owner_id OR {_MAY_SEE})")
    if query.tags:
        filters.append(
            "EXISTS (SELECT 1 FROM chat_conversation_tags ct JOIN chat_tag t ON t.id = ct.tag_id"
            " WHERE ct.conversation_id = c.id AND chat_fold(t.name) = ANY(%(tags)s))"
        )
    return "".join(f" AND {condition}" for condition in filters)


def _tsquery(user: User, query: Query) -> tuple[str, Query]:
    """Return the words as a tsquery: the same function cuts them that cut the messages. The last may be a beginning.

    A word of which nothing is left when it is cut, such as a lone symbol, becomes a phrase of the query returned.
    """
    with connection.cursor() as db:
        db.execute(
            "SELECT chat_lexemes(word, true) FROM unnest(%s::text[]) WITH ORDINALITY AS given (word, ordinal)"
            " ORDER BY ordinal",
            [[*query.words, *query.excluded]],
        )
        lexemes = [row[0] for row in db.fetchall()]
    wanted, unwanted = lexemes[: len(query.words)], lexemes[len(query.words) :]
    terms = [_quoted(f"o:{user.id.hex}")]
    terms += [_quoted(f"r:{query.role}")] if query.role else []
    terms += [_quoted("c:code")] if query.has_code else []
    for number, lexeme in enumerate(wanted, 1):
        terms += [_beginning(lexeme)] if number == len(wanted) and lexeme else map(_term, lexeme)
    terms += ["!(" + " & ".join(map(_term, lexeme)) + ")" for lexeme in unwanted if lexeme]
    bare = tuple(
        word for word, lexeme in zip(query.words, wanted, strict=True) if not lexeme and word not in query.phrases
    )
    return " & ".join(terms), replace(query, phrases=(*query.phrases, *bare))


def _beginning(lexemes: Sequence[str]) -> str:
    """Return the last word as a tsquery: a beginning is enough, when it is longer than two letters."""
    whole = max(lexemes, key=len)
    exact = " & ".join(map(_term, lexemes))
    return f"(({exact}) | {_quoted(whole)}:*)" if len(whole) > 2 else f"({exact})"


def _term(lexeme: str) -> str:
    """Return a lexeme as a term of a tsquery. A single character of a script without spaces begins a pair."""
    return f"{_quoted(lexeme)}:*" if len(lexeme) == 1 and is_unspaced(lexeme) else _quoted(lexeme)


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _titles(db: Any, user: User, query: Query, *, limit: int) -> list[tuple[UUID, float]]:
    text = " ".join([*query.titles, *query.words])
    if not text or (query.has_filters and not query.titles):
        return []
    db.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_LIKENESS)])
    patterns = _patterns([*query.titles, *query.words])
    values = {"owner": user.id, "text": fold(text), "patterns": patterns, "forgiving": len(text) > 3, "limit": limit}
    db.execute(_TITLES, values)
    return list(db.fetchall())


def _patterns(texts: Sequence[str], form: Callable[[str], str] = fold) -> list[str]:
    escaped = (form(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") for text in texts)
    return [f"%{text}%" for text in escaped]


def _not_after(day: date | None, position: tuple[datetime, UUID] | None) -> tuple[datetime, UUID] | None:
    """Return where to begin: at the cursor, or where the days that count end."""
    moment = _midnight(day)
    if moment is None or (position and position[0] <= moment):
        return position
    return moment, UUID(int=0)


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _hit(row: tuple[Any, ...]) -> Hit:
    message, conversation, title, archived, by_user, sender, model, text, created, project = row[:10]
    return Hit(message, conversation, title, archived, by_user, sender, model, text, created, project or "")


def _offset(cursor: str | None) -> int:
    try:
        return int(loads(cursor or "", salt="search-best"))
    except BadSignature:
        return 0


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    position = _PLACE.read(cursor or "")
    if position is None or not isinstance(position[0], datetime):
        return None
    return position[0], position[1]
