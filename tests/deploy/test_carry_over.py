"""Data of an earlier release's embedded server: opened untouched, then brought to what this release expects."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.embedded import carry_over, postgres
from tests.servers import free_port, stop, wait_for_database, wait_for_port

RUSSIAN = "Как испечь хлеб"


@pytest.fixture
def earlier(tmp_path: Path) -> Iterator[str]:
    """A cluster as earlier releases made them, with a table whose title has a trigram index. Return its address."""
    data = tmp_path / "postgres"
    subprocess.run(
        [*postgres.prefix(), str(postgres.programs() / "initdb"), "-D", str(data), "-U", postgres.SUPERUSER,
         "-A", "trust", "-N", *postgres.LOCALE],
        cwd="/", capture_output=True, check=True,
    )  # fmt: skip
    postgres.create_cluster(data)  # the password that a release in between asks for
    with served(data) as url:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("CREATE DATABASE parley")
        with connected(url) as database:
            database.execute("CREATE EXTENSION pg_trgm")
            database.execute("CREATE EXTENSION vector VERSION '0.8.5'")
            database.execute("CREATE TABLE chat (title text, v vector(2))")
            database.execute("INSERT INTO chat VALUES (%s, '[1,2]'), ('bread', '[2,1]')", [RUSSIAN])
            database.execute("CREATE INDEX titles ON chat USING gin (title gin_trgm_ops)")
        yield url


@contextmanager
def served(data: Path) -> Iterator[str]:
    port = free_port()
    with (data.parent / "log").open("wb") as log:
        command = postgres.server_command(data, port, "fsync=off")
        process = subprocess.Popen(command, cwd=data.parent, stdout=log, stderr=log)
    try:
        wait_for_port(port, process)
        wait_for_database(url := postgres.url(data, port))
        yield url
    finally:
        stop(process)


def connected(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(make_conninfo(url, dbname="parley"), autocommit=True)


def trigrams(url: str) -> object:
    with connected(url) as database:
        row = database.execute("SELECT array_length(show_trgm('хлеб'), 1)").fetchone()
        assert row
        return row[0]


def found_by_index(url: str, text: str) -> list[object]:
    with connected(url) as database:
        database.execute("SET enable_seqscan = off")
        return [row[0] for row in database.execute("SELECT title FROM chat WHERE %s <%% title", [text]).fetchall()]


def test_letters_of_all_scripts_count_afterwards(earlier: str) -> None:
    assert trigrams(earlier) is None
    assert found_by_index(earlier, "хлеп") == []

    assert carry_over.carry_over(earlier) == ["trigram indexes of parley rebuilt"]

    assert trigrams(earlier) == 5
    assert found_by_index(earlier, "хлепь хлеб") == [RUSSIAN]
    with connected(earlier) as database:
        assert database.execute("SELECT count(*), sum(v <-> '[1,2]')::int FROM chat").fetchone() == (2, 1)


def test_what_is_as_it_should_be_stays(earlier: str) -> None:
    carry_over.carry_over(earlier)
    assert carry_over.carry_over(earlier) == []


def test_an_interrupted_change_is_taken_up_again(earlier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(carry_over, "_reindex", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_over.carry_over(earlier)

    assert carry_over.carry_over(earlier) == ["trigram indexes of parley rebuilt"]
    assert found_by_index(earlier, "хлеб") == [RUSSIAN]


def test_a_new_cluster_needs_nothing(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    postgres.create_cluster(data)
    with served(data) as url:
        assert carry_over.carry_over(url) == []
