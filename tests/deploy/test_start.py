"""What `manage.py up` decides before it starts anything, and how the start is prepared."""

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from pytest_django import Settings

from deploy.embedded import prepare
from deploy.embedded.probe import bind_problem
from deploy.embedded.supervisor import PLAN, Plan
from endpoints.providers.factories import key_variables

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plan_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives the plan of `manage.py up` in an environment."""

    def plan(**environment: str) -> Plan:
        plans = []
        monkeypatch.setattr("os.chdir", lambda _: None)
        monkeypatch.setattr("os.execve", lambda *given: plans.append(Plan.from_json(given[2][PLAN])))
        for name in ("DATABASE_URL", "REDIS_URL", "LOCAL_MODEL", *key_variables()):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        call_command("up")
        return plans[0]

    return plan


def test_everything_is_embedded_when_nothing_is_set(plan_of: Any, settings: Settings) -> None:
    settings.LOCAL_MODEL = True
    plan = plan_of()
    assert (plan.database_url, plan.redis_url, plan.local_model) == ("", "", True)
    assert (plan.host, plan.port, plan.data) == (settings.HOST, settings.PORT, settings.DATA_DIR)
    assert ("chat", "0002_initial") in plan.migrations
    assert plan.secrets == settings.SECRETS


def test_addresses_of_ones_own_replace_the_embedded_parts(plan_of: Any) -> None:
    plan = plan_of(DATABASE_URL="postgres://db/parley", REDIS_URL="redis://cache/0")
    assert (plan.database_url, plan.redis_url) == ("postgres://db/parley", "redis://cache/0")


@pytest.mark.parametrize("key", sorted(key_variables()))
def test_a_providers_key_turns_the_local_model_off(plan_of: Any, key: str) -> None:
    assert not plan_of(**{key: "sk-1"}).local_model
    assert plan_of(**{key: " "}).local_model


def test_the_local_model_can_be_asked_for_and_refused(plan_of: Any, settings: Settings) -> None:
    settings.LOCAL_MODEL = True
    assert plan_of(LOCAL_MODEL="on", OPENAI_API_KEY="sk-1").local_model
    assert not plan_of(LOCAL_MODEL="", OPENAI_API_KEY="sk-1").local_model  # an empty line of .env says nothing
    settings.LOCAL_MODEL = False
    assert not plan_of(LOCAL_MODEL="off").local_model


def test_a_plan_survives_its_journey() -> None:
    plan = Plan(
        Path("/r"), Path("/d"), Path("/s"), Path("/t"), "::1", 1, "", "redis://x", True, [("a", "1")], {"K": "v"}
    )
    assert Plan.from_json(plan.to_json()) == plan


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
