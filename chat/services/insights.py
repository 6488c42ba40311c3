"""Usage statistics of the site, from the ledger and the runs, never from what people wrote.

Each table is one query, so the page's cost does not depend on its content. Days are in UTC.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SPANS: Final = (7, 30, 90)  # days
MAX_ROWS: Final = 50  # of a table that is not by day


@dataclass(frozen=True, slots=True)
class InsightTable:
    """Named columns of numbers; the first column says what a row is of. `by_day`: one row for every day."""

    slug: str
    title: str | Promise
    head: Sequence[str | Promise]
    rows: Sequence[Sequence[Any]]
    by_day: bool = False


def table(slug: str, *, days: int) -> InsightTable:
    """Return one table for the last so many days, today among them. Raises `KeyError` for an unknown one."""
    return _TABLES[slug](slug, timezone.now().astimezone(UTC).date() - timedelta(days=days - 1), days)


def tables(*, days: int) -> list[InsightTable]:
    """Return all tables. One query each."""
    return [table(slug, days=days) for slug in _TABLES]


def _activity(slug: str, first: date, days: int) -> InsightTable:
    rows = _query(
        "SELECT (created_at AT TIME ZONE 'UTC')::date, count(*), count(DISTINCT owner_id) FROM chat_generation"
        " WHERE created_at >= %s GROUP BY 1",
        first,
    )
    return InsightTable(
        slug,
        _("Replies and active users by day"),
        (_("Day"), _("Replies"), _("Active users")),
        _every_day(rows, first, days, 2),
        by_day=True,
    )


_SUMS: Final = (
    "coalesce(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)::bigint,"
    " coalesce(sum(output_tokens), 0)::bigint, round(coalesce(-sum(credits), 0) / 1000000.0, 4)"
)
_SPENT: Final = (_("Input tokens"), _("Output tokens"), _("Cost in USD"))


def _spending(slug: str, first: date, days: int) -> InsightTable:
    rows = _query(
        f"SELECT (created_at AT TIME ZONE 'UTC')::date, {_SUMS} FROM billing_ledgerentry"
        " WHERE created_at >= %s AND model <> '' GROUP BY 1",
        first,
    )
    title = _("Tokens and cost by day")
    return InsightTable(slug, title, (_("Day"), *_SPENT), _every_day(rows, first, days, 3), by_day=True)


def _models(slug: str, first: date, days: int) -> InsightTable:
    rows = _query(
        f"SELECT endpoint || ' / ' || model, {_SUMS} FROM billing_ledgerentry"
        f" WHERE created_at >= %s AND model <> '' GROUP BY endpoint, model ORDER BY 4 DESC, 3 DESC LIMIT {MAX_ROWS}",
        first,
    )
    return InsightTable(slug, _("Tokens and cost by model"), (_("Model"), *_SPENT), rows)


def _groups(slug: str, first: date, days: int) -> InsightTable:
    """Who is in several groups counts in each."""
    rows = _query(
        f"SELECT g.name, {_SUMS} FROM billing_ledgerentry l JOIN accounts_membership m ON m.user_id = l.user_id"
        " JOIN accounts_group g ON g.id = m.group_id WHERE l.created_at >= %s AND l.model <> ''"
        f" GROUP BY g.id, g.name ORDER BY 4 DESC, 3 DESC LIMIT {MAX_ROWS}",
        first,
    )
    return InsightTable(slug, _("Tokens and cost by group"), (_("Group"), *_SPENT), rows)


def _endpoints(slug: str, first: date, days: int) -> InsightTable:
    took = "extract(epoch FROM r.finished_at - r.started_at)"
    done = "FILTER (WHERE r.state = 'done' AND r.finished_at IS NOT NULL AND r.started_at IS NOT NULL)"
    rows = _query(
        "SELECT m.endpoint, count(*),"
        f" round(coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY {took}) {done}, 0)::numeric, 2),"
        f" round(coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY {took}) {done}, 0)::numeric, 2),"
        " count(*) FILTER (WHERE r.state IN ('failed', 'interrupted')),"
        " round(100.0 * count(*) FILTER (WHERE r.state IN ('failed', 'interrupted')) / count(*), 1)"
        " FROM chat_generation r JOIN chat_message m ON m.id = r.message_id"
        f" WHERE r.created_at >= %s GROUP BY m.endpoint ORDER BY 2 DESC LIMIT {MAX_ROWS}",
        first,
    )
    head = (_("Endpoint"), _("Runs"), _("Median seconds"), _("95th percentile seconds"), _("Errors"), _("Errors in %"))
    return InsightTable(slug, _("Latency and errors by endpoint"), head, rows)


_TABLES: Final[Mapping[str, Callable[[str, date, int], InsightTable]]] = {
    "activity": _activity,
    "spending": _spending,
    "models": _models,
    "groups": _groups,
    "endpoints": _endpoints,
}


def _query(sql: str, first: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [datetime.combine(first, time.min, UTC)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _every_day(rows: list[tuple[Any, ...]], first: date, days: int, columns: int) -> list[tuple[Any, ...]]:
    row_of = {row[0]: row for row in rows}
    every = [first + timedelta(days=number) for number in range(days)]
    return [row_of.get(day, (day, *([0] * columns))) for day in every]
