"""Prepares database, tables and static files before the web process starts. Steps already done are skipped."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Set
from pathlib import Path

import psycopg

from deploy.embedded import forked

DIGEST = ".digest"
PATIENCE = 2.0  # seconds without a word
Say = Callable[[str], None]


class NotPrepared(Exception):
    """A preparation failed; the text says which and why."""


def _silent(_line: str) -> None:
    pass


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
                raise NotPrepared(f"Postgres isn't responding: {error}") from error
            time.sleep(0.05)


def migrate(
    database_url: str,
    known: Set[tuple[str, str]],
    root: Path,
    environment: Mapping[str, str],
    say: Say = _silent,
    *,
    forks: bool = False,
) -> bool:
    """Apply the `known` migrations (app, name) that are not applied; return whether there were any."""
    applied = _applied(database_url)
    if newer := sorted({app for app, _name in applied - known} & {app for app, _name in known}):
        say(f"newer than this version of Parley: {', '.join(newer)}; the previous release can use it")
    missing = known - applied
    if not missing:
        return False
    done, said_at = 0, time.monotonic()

    def follow(line: str) -> None:
        nonlocal done, said_at
        if not line.strip().startswith("Applying "):
            return
        done += 1
        if time.monotonic() - said_at > PATIENCE:
            said_at = time.monotonic()
            say(f"step {done} of {len(missing)}")

    say(f"{len(missing)} steps applied to bring it up to date")
    command = [sys.executable, "manage.py", "migrate", "-v1", "--noinput"]
    _run(command, root, environment, "The migrations failed", follow, forks=forks)
    return True


def collect_static(
    source: Path,
    target: Path,
    root: Path,
    environment: Mapping[str, str],
    say: Say = _silent,
    *,
    forks: bool = False,
) -> bool:
    """Gather and compress the static files when they changed; return whether they had."""
    digest = _digest(source, root)
    stamp = target / DIGEST
    if stamp.exists() and stamp.read_text() == digest:
        return False
    say("collecting and compressing")
    command = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput", "--clear"]
    _run(command, root, environment, "The static files could not be gathered", forks=forks)
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
    """Return what stands for the state of the static files: ours by what is in them, others' by the lock file."""
    state = hashlib.sha256((root / "requirements" / "prod.txt").read_bytes())
    for folder in (source, root / "deploy" / "bundling"):  # what goes into bundles, and what makes them
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                state.update(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def _run(
    command: list[str],
    root: Path,
    environment: Mapping[str, str],
    failed: str,
    follow: Say = _silent,
    *,
    forks: bool,
) -> None:
    """Run a command and hand its lines on. Raises `NotPrepared` with the last of them."""
    environment = {**environment, "PYTHONUNBUFFERED": "1"}
    reader, writer = os.pipe()
    process: subprocess.Popen[bytes] | forked.Forked
    if forks and forked.possible():
        process = forked.start(command, environment, root, writer, signal.SIGKILL)
    else:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=writer, stderr=writer)
    os.close(writer)
    lines: deque[str] = deque(maxlen=40)
    with os.fdopen(reader, errors="replace") as output:
        for line in output:
            lines.append(line)
            follow(line)
    if process.wait():
        raise NotPrepared(f"{failed}:\n{''.join(lines).strip()[-3000:]}")
