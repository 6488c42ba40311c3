"""Several statements in one round trip to Postgres.

The start of a turn writes to six tables; sent one by one, the waiting costs more than the work. A pipeline
keeps the order and the transaction. Use it only where a measurement asks for it; everything else is the ORM.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import Connection, Cursor


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `otherwise` is raised, and the transaction undone, when it touches no row.

    `told` gets the first row of what it returns, when all statements have run.
    """

    sql: str
    params: Sequence[Any]
    otherwise: Exception | None = None
    told: Callable[[tuple[Any, ...]], None] | None = None


def run_pipeline(statements: Sequence[Statement]) -> None:
    """Run `statements` in order, in one transaction; `transaction.on_commit` works as usual around it.

    Raises the `otherwise` of the first statement that touched no row, or Django's `DatabaseError`.
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
            connection.queries_log.extend({"sql": each.sql, "time": "0"} for each in statements)
        for statement, cursor in zip(statements, cursors, strict=True):
            if statement.otherwise is not None and cursor.rowcount == 0:
                raise statement.otherwise
        for statement, cursor in zip(statements, cursors, strict=True):
            if statement.told is not None and (row := cursor.fetchone()) is not None:
                statement.told(row)
