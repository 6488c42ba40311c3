"""The embedded servers are for the account that runs them: every connection needs a password, no file is open."""

import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.embedded import postgres, private, valkey
from tests.servers import free_port, wait_for_port

pytestmark = pytest.mark.security


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_port(port, process)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def ask(url: str) -> object:
    for _ in range(100):
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                return (connection.execute("SELECT count(*) FROM kept").fetchone() or [None])[0]
        except psycopg.OperationalError as error:
            if "starting up" not in str(error):
                raise
    raise AssertionError("it goes on starting")


def without_password(url: str) -> str:
    return re.sub(r":[0-9a-f]{64}@", "@", url)


def wrong_password(url: str) -> str:
    return re.sub(r":[0-9a-f]{64}@", f":{'0' * 64}@", url)


def open_cluster(data: Path) -> None:
    """A cluster as earlier releases made it, with something in it."""
    subprocess.run(
        [*postgres.prefix(), str(postgres.programs() / "initdb"), "-D", str(data), "-U", "parley", "-A", "trust", "-N"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    port = free_port()
    with running(postgres.server_command(data, port, "fsync=off"), port, data.parent):
        for _ in range(100):
            try:
                with psycopg.connect(f"postgres://parley@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                    connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
                return
            except psycopg.OperationalError:
                continue


def test_an_open_cluster_is_carried_over_and_then_asks_for_a_password(tmp_path: Path) -> None:
    data, port = tmp_path / "postgres", free_port()
    open_cluster(data)
    for _ in range(2):  # a second start finds it done
        postgres.create_cluster(data)
    url = postgres.url(data, port)
    with running(postgres.server_command(data, port, "fsync=off"), port, tmp_path):
        assert ask(url) == 1
        for other in (without_password(url), wrong_password(url)):
            with pytest.raises(psycopg.OperationalError, match="password"):
                ask(other)
    (tmp_path / "postgres.password").unlink()
    postgres.create_cluster(data)
    with running(postgres.server_command(data, port, "fsync=off"), port, tmp_path):
        assert ask(postgres.url(data, port)) == 1
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(url)


def test_the_servers_of_the_tests_refuse_who_has_no_password() -> None:
    for url in (without_password(os.environ["DATABASE_URL"]), wrong_password(os.environ["DATABASE_URL"])):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url)
    for address in (
        without_password(os.environ["REDIS_URL"]).replace(":@", ""),
        wrong_password(os.environ["REDIS_URL"]),
    ):
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(address).ping()
    assert redis.Redis.from_url(os.environ["REDIS_URL"]).ping()


def test_no_command_line_shows_a_password(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    commands = valkey.server_command(tmp_path / "valkey", 1), postgres.server_command(tmp_path / "postgres", 1)
    for url, command in zip(
        (valkey.url(tmp_path / "valkey", 1), postgres.url(tmp_path / "postgres", 1)), commands, strict=True
    ):
        match = re.search(r":([0-9a-f]{64})@", url)
        assert match
        assert match[1] not in " ".join(command)
    assert "requirepass" in (tmp_path / "valkey" / "valkey.conf").read_text()


def test_a_folder_of_an_earlier_release_is_closed(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    outside.write_text("theirs")
    outside.chmod(0o644)
    for name in ("logs/web.log", "valkey/appendonlydir/appendonly.aof.1.incr.aof", "schedule", "static/css/site.css"):
        file = data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        file.chmod(0o666)
    (data / "link").symlink_to(outside)
    (data / "broken").symlink_to(tmp_path / "nowhere")
    for folder in (data, data / "logs", data / "valkey"):
        folder.chmod(0o755)
    private.close_folder(data)
    assert open_paths(data) == []
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert os.access(data / "logs" / "web.log", os.W_OK)


def test_a_folder_of_everybody_stays_everybodys(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    private.close_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def open_paths(folder: Path) -> list[str]:
    """Return what in `folder`, itself too, somebody else may read, write or enter."""
    paths = [folder, *folder.rglob("*")]
    return [str(path) for path in paths if not path.is_symlink() and path.stat().st_mode & 0o077]
