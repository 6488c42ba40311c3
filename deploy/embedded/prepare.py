"""What must be so before the web starts: the database, its tables, the static files. Skipped where it is so already."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

DIGEST = ".digest"


class NotPrepared(Exception):
    """A preparation failed; the text says which and why."""


def create_database(server_url: str, name: str, seconds: float = 20) -> None:
    """Create the database unless it exists; waits for a server that is still starting."""
    end = time.monotonic() + seconds
    while True:
        try:
            with psycopg.connect(server_url, autocommit=True, connect_timeout=3) as connection:
                row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
                if row is None:
                    connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise NotPrepared(f"Postgres does not answer: {error}") from error
            time.sleep(0.05)


def migrate(database_url: str, known: set[tuple[str, str]], root: Path, environment: Mapping[str, str]) -> bool:
    """Apply the `known` migrations (app, name) that are not applied; return whether there were any."""
    if _applied(database_url) >= known:
        return False
    _run([sys.executable, "manage.py", "migrate", "-v0", "--noinput"], root, environment, "The migrations failed")
    return True


def collect_static(source: Path, target: Path, root: Path, environment: Mapping[str, str]) -> bool:
    """Gather and compress the static files when they changed; return whether they had."""
    digest = _digest(source, root)
    stamp = target / DIGEST
    if stamp.exists() and stamp.read_text() == digest:
        return False
    command = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput", "--clear"]
    _run(command, root, environment, "The static files could not be gathered")
    stamp.write_text(digest)
    return True


def _applied(database_url: str) -> set[tuple[str, str]]:
    try:
        with psycopg.connect(database_url, connect_timeout=3) as connection:
            rows = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.ProgrammingError:
        return set()  # no such table yet, or an address in a form that only Django reads
    except psycopg.OperationalError as error:
        raise NotPrepared(f"The database cannot be reached: {error}. Check DATABASE_URL.") from error
    return {(app, name) for app, name in rows}


def _digest(source: Path, root: Path) -> str:
    """Return what stands for the state of the static files: ours by size and time, others' by the lock file."""
    state = hashlib.sha256((root / "requirements" / "prod.txt").read_bytes())
    for file in sorted(source.rglob("*")):
        if file.is_file():
            facts = file.stat()
            state.update(f"{file.relative_to(source)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _run(command: list[str], root: Path, environment: Mapping[str, str], failed: str) -> None:
    done = subprocess.run(command, cwd=root, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPrepared(f"{failed}:\n{(done.stderr or done.stdout).strip()[-3000:]}")
