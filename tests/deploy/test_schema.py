"""The tables that a first start loads are those that the migrations make."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from deploy import known_migrations
from deploy.embedded import prepare, schema
from tests.deploy.test_start import ROOT

SERVER = os.environ["DATABASE_URL"]
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture
def databases() -> Iterator[list[str]]:
    """Four empty databases."""
    names = [f"schema_test_{number}" for number in range(4)]
    try:
        for name in names:
            prepare.create_database(SERVER, name)
        yield [SERVER.rpartition("/")[0] + f"/{name}" for name in names]
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            for name in names:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def migrate(database_url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "-v0", "--noinput"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": database_url}, check=True)


@pytest.mark.fault
def test_a_first_start_gets_the_tables_that_the_migrations_make(
    databases: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded, migrated, *copies = databases
    assert schema.load(loaded)
    assert prepare._applied(loaded) <= known_migrations.on_disk(), "it names a migration that is gone"
    migrate(loaded)  # what the file lacks
    migrate(migrated)
    # Postgres shows some conditions in other words once they were dumped, so both are: dumped, loaded, dumped again.
    monkeypatch.setattr(schema, "FILE", tmp_path / "schema.sql")
    for original, copy in zip((loaded, migrated), copies, strict=True):
        schema.FILE.write_text(schema.dump(original))
        assert schema.load(copy)
    assert schema.dump(copies[0]) == schema.dump(copies[1])


def test_what_has_tables_is_left_alone(databases: list[str]) -> None:
    with psycopg.connect(databases[0]) as connection:
        connection.execute("CREATE TABLE django_migrations (id int)")
    assert not schema.load(databases[0])
    with psycopg.connect(databases[0]) as connection:
        assert connection.execute(TABLES).fetchone() == (1,)


def test_a_server_that_does_not_understand_the_file_gets_nothing_of_it(
    databases: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "schema.sql"
    file.write_text("CREATE TABLE one (id int); CREATE TABLE two (id int) OF ANOTHER VERSION;")
    monkeypatch.setattr(schema, "FILE", file)
    assert not schema.load(databases[0])
    with psycopg.connect(databases[0]) as connection:
        assert connection.execute(TABLES).fetchone() == (0,)
