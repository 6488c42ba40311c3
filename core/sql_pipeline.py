"""Several SQL statements in one round trip to Postgres.

The start of a turn writes to six tables; sent one by one, the waiting costs more than the work. A pipeline keeps order
and transaction. Use it only where a measurement justifies it, and the ORM everywhere else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import Connection, Cursor


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `on_no_row` is raised, and the transaction undone, when it touches no row.

    `on_row` gets the first row of what it returns, when all statements have run.
    """

    sql: str
    params: Sequence[Any]
    on_no_row: Exception | None = None
    on_row: Callable[[tuple[Any, ...]], None] | None = None


def run_pipeline(statements: Sequence[Statement]) -> None:
    """Run `statements` in order, in one transaction; `transaction.on_commit` works as usual around it.

    Raises the `on_no_row` of the first statement that touched no row, or Django's `DatabaseError`.
    """
    with transaction.atomic(savepoint=False), connection.wrap_database_errors:
        connection.ensure_connection()
        raw: Connection[Any] = connection.connection
        cursors: list[Cursor[Any]] = []
        with raw.pipeline():
            for statement in statements:
                cursor: Cursor[Any] = Cursor(raw)
                cursor.execute(statement.sql, statement.params, prepare=True)
                cursors.append(cursor)
        if connection.queries_logged:
            connection.queries_log.extend({"sql": statement.sql, "time": "0"} for statement in statements)
        for statement, cursor in zip(statements, cursors, strict=True):
            if statement.on_no_row is not None and cursor.rowcount == 0:
                raise statement.on_no_row
        for statement, cursor in zip(statements, cursors, strict=True):
            if statement.on_row is not None and (row := cursor.fetchone()) is not None:
                statement.on_row(row)
