"""Real Postgres and Valkey for one test run, in a temporary folder, ended with it."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from deploy.embedded import postgres, valkey


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nothing listens on {port}")


def start() -> None:
    """Start both and point DATABASE_URL and REDIS_URL at them. Must run before Django's settings load."""
    folder = Path(tempfile.mkdtemp(prefix="parley-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PARLEY_DATA"] = str(folder / "data")
    database, redis = free_port(), free_port()
    postgres.create_cluster(folder / "pg")
    (folder / "valkey").mkdir()
    (folder / "data" / "static").mkdir(parents=True)  # whitenoise warns when it is missing
    commands = {
        database: postgres.server_command(folder / "pg", database, "fsync=off", "synchronous_commit=off"),
        redis: valkey.server_command(folder / "valkey", redis),
    }
    for port, command in commands.items():
        with (folder / f"{port}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        atexit.register(stop, process)
        wait_for_port(port, process)
    os.environ["DATABASE_URL"] = postgres.url(folder / "pg", database)
    os.environ["REDIS_URL"] = valkey.url(folder / "valkey", redis)
    wait_for_database(os.environ["DATABASE_URL"])


def wait_for_database(url: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:  # it listens before it has finished starting
            time.sleep(0.02)
    raise RuntimeError("Postgres did not start")


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(2)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
