"""What `manage.py up` decides before it starts anything, and how the start is prepared."""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.migrations.loader import MigrationLoader
from pytest_django import Settings

from deploy import known_migrations
from deploy.embedded import prepare
from deploy.embedded.plan import Plan, make_plan, wants_local_model
from deploy.embedded.probe import bind_problem
from endpoints.providers.factories import key_variables

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plan_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Plan]:
    """Return a function that gives the plan of `manage.py up` in an environment."""

    def plan(**environment: str) -> Plan:
        for name in ("DATABASE_URL", "REDIS_URL"):
            monkeypatch.setenv(name, environment.get(name, ""))
        return make_plan(tmp_path)

    return plan


def test_everything_is_embedded_when_nothing_is_set(plan_of: Callable[..., Plan], settings: Settings) -> None:
    plan = plan_of()
    assert plan.postgres_port
    assert os.environ["DATABASE_URL"].endswith(f"@127.0.0.1:{plan.postgres_port}/parley")
    assert plan.valkey_port
    assert os.environ["REDIS_URL"].endswith(f"@127.0.0.1:{plan.valkey_port}/0")
    assert (plan.host, plan.port) == (settings.HOST, settings.PORT)
    assert plan.secrets == settings.SECRETS


def test_addresses_of_ones_own_replace_the_embedded_parts(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(DATABASE_URL="postgres://db/parley", REDIS_URL="redis://cache/0")
    assert (plan.postgres_port, plan.valkey_port) == (0, 0)
    assert (os.environ["DATABASE_URL"], os.environ["REDIS_URL"]) == ("postgres://db/parley", "redis://cache/0")


@pytest.fixture
def local_model_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Return a function that says whether the local model runs in an environment."""

    def wanted(**environment: str) -> bool:
        for name in ("LOCAL_MODEL", *key_variables()):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return wants_local_model()

    return wanted


@pytest.mark.parametrize("key", sorted(key_variables()))
def test_a_providers_key_turns_the_local_model_off(local_model_with: Callable[..., bool], key: str) -> None:
    assert not local_model_with(**{key: "sk-1"})
    assert local_model_with(**{key: " "})


def test_the_local_model_can_be_asked_for_and_refused(
    local_model_with: Callable[..., bool], settings: Settings
) -> None:
    settings.LOCAL_MODEL = True
    assert local_model_with()
    assert local_model_with(LOCAL_MODEL="on", OPENAI_API_KEY="sk-1")
    assert not local_model_with(LOCAL_MODEL="", OPENAI_API_KEY="sk-1")  # an empty line of .env says nothing
    settings.LOCAL_MODEL = False
    assert not local_model_with(LOCAL_MODEL="off")


def test_the_migrations_known_without_importing_them_are_djangos() -> None:
    assert known_migrations.on_disk() == set(MigrationLoader(None).disk_migrations or ())


def test_nothing_that_forks_must_not_share_is_loaded_before_them(tmp_path: Path) -> None:
    """No event loop, no connection, no thread."""
    code = (
        "from deploy.embedded import preload; preload.load_site(); preload.load_parts();"
        "import os, sys, threading; from django.db import connections;"
        "assert 'twisted.internet.reactor' not in sys.modules;"
        "assert 'litellm' not in sys.modules;"
        "assert all(c.connection is None for c in connections.all(initialized_only=True));"
        "assert len(os.listdir('/proc/self/task')) == 1;"
        "kinds = {os.readlink(f'/proc/self/fd/{fd}').split(':')[0] for fd in os.listdir('/proc/self/fd')"
        " if os.path.exists(f'/proc/self/fd/{fd}')};"
        "assert not kinds & {'socket', 'anon_inode'}, kinds"
    )
    environment = os.environ | {"PARLEY_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


# --- settings ----------------------------------------------------------------------------------------


def settings_in(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """Return what the settings say in a process of its own."""
    code = (
        f"import sys; sys.argv = ['manage.py', *{list(arguments)!r}]; import json, os, config.settings as s;"
        "print(json.dumps([s.DATABASES['default'], s.REDIS_URL, os.environ.get('DATABASE_URL', '')]))"
    )
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept | {"PARLEY_DATA": str(folder)} | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    database, redis_url, variable = json.loads(done.stdout)
    return {"database": database, "redis": redis_url, "variable": variable}


def test_other_commands_find_the_embedded_parts(tmp_path: Path) -> None:
    (tmp_path / "runtime.env").write_text(
        "DATABASE_URL=postgres://parley@127.0.0.1:1234/parley\nREDIS_URL=redis://x:1/0\n"
    )
    values = settings_in(tmp_path, "doctor")
    assert (values["database"]["PORT"], values["redis"]) == (1234, "redis://x:1/0")
    assert settings_in(tmp_path, "doctor", DATABASE_URL="")["database"]["PORT"] == 1234
    own = settings_in(tmp_path, "doctor", DATABASE_URL="postgres://db/own")
    assert own["database"]["HOST"] == "db"


def test_what_a_killed_run_left_is_not_taken_for_ones_own_server(tmp_path: Path) -> None:
    (tmp_path / "runtime.env").write_text("DATABASE_URL=postgres://parley@127.0.0.1:1234/parley\n")
    assert settings_in(tmp_path, "up")["variable"] == ""


def test_options_of_the_database_address_are_kept(tmp_path: Path) -> None:
    options = settings_in(tmp_path, DATABASE_URL="postgres://db/own?sslmode=require")["database"]["OPTIONS"]
    assert options["sslmode"] == "require"
    assert options["application_name"] == "parley"


# --- before the web starts ---------------------------------------------------------------------------


def test_a_port_in_use_is_said_with_another_to_take() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert bind_problem("127.0.0.1", port) == (
            f"Port {port} on 127.0.0.1 is in use. Choose another: PORT={port + 1} make up"
        )
    assert bind_problem("127.0.0.1", port) == ""


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("127.0.0.1", 99999, "99999 is no port"),
        ("127.0.0.1", 0, "0 is no port"),
        ("203.0.113.1", 3080, "Check HOST"),
        ("no such name", 3080, "Check HOST"),
    ],
)
def test_an_impossible_address_is_said(host: str, port: int, said: str) -> None:
    assert said in bind_problem(host, port)


def test_a_port_for_the_powerful_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert "needs more rights" in bind_problem("127.0.0.1", 80)


@pytest.mark.fault
def test_a_new_database_is_made_and_migrated_once() -> None:
    server, name = os.environ["DATABASE_URL"], "parley_prepare_test"
    url = server.rpartition("/")[0] + f"/{name}"
    known = {("accounts", "0001_initial"), ("chat", "0002_initial")}
    try:
        prepare.create_database(server, name)
        prepare.create_database(server, name)
        said: list[str] = []
        assert prepare.migrate(url, known, ROOT, os.environ | {"DATABASE_URL": url}, said.append)
        assert said[0] == "2 steps applied to bring it up to date"
        said.clear()
        assert not prepare.migrate(url, known, ROOT, {}, said.append)
        assert said[0].startswith("newer than this version of Parley: accounts, chat")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")


def test_a_database_that_cannot_be_reached_is_said() -> None:
    with pytest.raises(prepare.NotPrepared, match="Check DATABASE_URL"):
        prepare.migrate("postgres://parley@127.0.0.1:1/parley", {("chat", "0002_initial")}, ROOT, {})
    with pytest.raises(prepare.NotPrepared, match="Postgres isn't responding"):
        prepare.create_database("postgres://parley@127.0.0.1:1/parley", "parley", seconds=0)


@pytest.mark.fault
def test_static_files_are_gathered_when_they_changed(tmp_path: Path) -> None:
    source, data = tmp_path / "static", tmp_path / "data"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    target, environment = data / "static", os.environ | {"PARLEY_DATA": str(data)}
    assert prepare.collect_static(source, target, ROOT, environment)
    os.utime(source / "a.css")  # as after a fresh checkout
    assert not prepare.collect_static(source, target, ROOT, environment)
    assert list(target.glob("css/*.css.gz"))
    (source / "a.css").write_text("a { color: red }")
    assert prepare.collect_static(source, target, ROOT, environment)


def test_static_files_are_gathered_when_what_bundles_them_changed(tmp_path: Path) -> None:
    root, source = tmp_path / "root", tmp_path / "static"
    for file in (root / "requirements" / "prod.txt", root / "deploy" / "bundling" / "scripts.py", source / "a.css"):
        file.parent.mkdir(parents=True)
        file.write_text("one")
    before = prepare._digest(source, root)
    assert prepare._digest(source, root) == before
    (root / "deploy" / "bundling" / "scripts.py").write_text("two")
    assert prepare._digest(source, root) != before
