"""An embedded PostgreSQL from a Python wheel: where its programs are, how a cluster is made and started."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from deploy.embedded import private

SUPERUSER = "parley"
# `initdb` and `postgres` refuse to run as root; a user namespace makes root look like `nobody` to them,
# and the files stay root's. Needs util-linux 2.38 and user namespaces.
_AS_NOBODY = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
# Entering the namespace forgets that the server should end with its parent, so it is said again inside.
_WITH_PARENT = ["setpriv", "--pdeathsig", "INT", "--"]
# Who may connect, and how. Whatever address it comes from, a connection needs the password.
_ACCESS = "host all all all scram-sha-256\nlocal all all scram-sha-256\n"


class NoPostgres(Exception):
    """No PostgreSQL programs were found."""


def programs() -> Path:
    """Return the folder with `postgres` and `initdb`. Raises `NoPostgres`."""
    spec = importlib.util.find_spec("pgserver")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    raise NoPostgres(
        "No PostgreSQL is installed here: the embedded one is built for Python 3.11 to 3.13, on Linux (x86-64) and "
        "macOS (arm64). Set DATABASE_URL to one of your own."
    )


def prefix() -> list[str]:
    return _AS_NOBODY if os.geteuid() == 0 else []


def _password_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.password")


def create_cluster(data: Path) -> None:
    """Make a cluster in `data` unless there is one. An interrupted attempt leaves nothing half made."""
    if (data / "PG_VERSION").exists():
        _ask_for_password(data)
        return
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    private.password(_password_file(data))
    command = [
        *prefix(), str(programs() / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-A", "scram-sha-256",
        "--pwfile", str(_password_file(data)), "-E", "UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-N", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoPostgres(f"initdb failed: {done.stderr.strip()}")
    private.write(draft / "pg_hba.conf", _ACCESS)
    shutil.rmtree(data, ignore_errors=True)
    draft.rename(data)


def _ask_for_password(data: Path) -> None:
    """Give a cluster a password that has none, or whose password was lost. The server must not run.

    Clusters of earlier releases trusted every account of the machine.
    """
    access = data / "pg_hba.conf"
    if access.read_text() == _ACCESS and _password_file(data).exists():
        return
    command = [*prefix(), str(programs() / "postgres"), "--single", "-D", str(data), "postgres"]
    secret = private.password(_password_file(data))  # hex digits; read from standard input
    statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{secret}'\n"
    done = subprocess.run(command, cwd="/", input=statement, capture_output=True, text=True, check=False)
    if done.returncode or "ERROR:" in done.stderr:
        raise NoPostgres(f"The database's password could not be set: {done.stderr.strip()}")
    private.write(access, _ACCESS)


def server_command(data: Path, port: int, *options: str) -> list[str]:
    """Return the command of a server on 127.0.0.1:`port`; each option is ``name=value``."""
    settings = [
        "listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", "io_method=sync",
        "autovacuum_max_workers=1", "wal_level=minimal", "max_wal_senders=0", "max_logical_replication_workers=0",
        *options,
    ]  # fmt: skip
    flags = [part for setting in settings for part in ("-c", setting)]
    with_parent = _WITH_PARENT if os.geteuid() == 0 and shutil.which("setpriv") else []
    return [*prefix(), *with_parent, str(programs() / "postgres"), "-D", str(data), "-k", "", "-p", str(port), *flags]


def url(data: Path, port: int, database: str = "postgres") -> str:
    return f"postgres://{SUPERUSER}:{private.password(_password_file(data))}@127.0.0.1:{port}/{database}"
