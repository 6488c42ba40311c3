"""The doctor names each fault and what to do about it; the probes say whether to send people here."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.utils import ConnectionHandler
from django.test import Client
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries

from chat.tasks import WORKER_SEEN
from core.http import errors
from core.redis_client import client as redis_client
from deploy import health
from deploy.health import Finding
from endpoints.catalog import registry
from runs.worker import HEARTBEAT
from siteconfig.environment.reader import env
from tests.servers import free_port

GENERATOR = f"{HEARTBEAT}doctor-test"


@pytest.fixture(autouse=True)
def all_well(settings: Settings, tmp_path: Path, db: None) -> Iterator[None]:
    """A system without faults, from which each test takes one thing away."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LOCAL_MODEL_URL = ""
    registry.reset()
    redis_client.cache_clear()
    redis_client().set(GENERATOR, 1)
    redis_client().set(WORKER_SEEN, int(time.time()))
    yield
    redis_client.cache_clear()
    redis_client().delete(GENERATOR, WORKER_SEEN)
    registry.reset()


@pytest.fixture
def no_redis(settings: Settings, all_well: None) -> Iterator[None]:
    old = settings.REDIS_URL
    redis_client.cache_clear()
    settings.REDIS_URL = f"redis://:secret-password@127.0.0.1:{free_port()}/0"
    yield
    settings.REDIS_URL = old


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    gone = {**connection.settings_dict, "PORT": str(free_port())}
    handler = ConnectionHandler({"default": gone})
    monkeypatch.setattr(health, "connection", handler["default"])
    yield
    handler["default"].close()


@pytest.fixture
def serve_status() -> Iterator[Callable[[int], str]]:
    """Return a function that starts a server which answers everything with one status, and gives its address."""
    servers = []

    def start(status: int) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Silence."""

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def faults() -> dict[str, Finding]:
    return {finding.part: finding for finding in health.examine() if finding.level == "fault"}


def doctor(*arguments: str) -> tuple[str, int]:
    output = StringIO()
    try:
        call_command("doctor", *arguments, stdout=output)
    except SystemExit as end:
        return output.getvalue(), int(str(end.code))
    return output.getvalue(), 0


def test_a_healthy_system_has_no_faults() -> None:
    output, status = doctor()
    assert status == 0
    assert [line.split()[1] for line in output.splitlines()] == [
        "database", "extensions", "migrations", "redis", "generator", "worker", "local",
        "environment", "disk", "secrets", "clock",
    ]  # fmt: skip
    assert "\x1b" not in output  # colours are for terminals


def test_what_another_program_left_of_its_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "'/etc/ssl/ours.pem'")
    env.text("SSL_CERT_FILE")
    output, status = doctor()
    assert status == 0
    assert "! environment     SSL_CERT_FILE in the environment is in quotes" in output
    assert "ours.pem" not in output


def test_a_fault_ends_with_status_1_and_advice() -> None:
    redis_client().delete(GENERATOR)
    output, status = doctor()
    assert status == 1
    assert "✗ generator       none is running\n                  Start one: `manage.py generate`." in output


def test_json_holds_every_finding() -> None:
    redis_client().delete(WORKER_SEEN)
    output, status = doctor("--json")
    assert status == 1
    findings = {finding["part"]: finding for finding in json.loads(output)}
    assert findings["database"] == {
        "part": "database", "level": "ok", "text": findings["database"]["text"], "advice": "", "detail": "",
    }  # fmt: skip
    assert findings["worker"]["level"] == "fault"
    assert "--with-schedule" in findings["worker"]["advice"]


@pytest.mark.usefixtures("no_database")
def test_no_database_is_one_fault_not_a_crash() -> None:
    assert set(faults()) == {"database"}
    assert "DATABASE_URL" in faults()["database"].advice
    assert "Connection refused" in faults()["database"].detail


def test_a_missing_extension_is_named_with_its_command() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
    assert set(faults()) == {"extensions"}
    assert faults()["extensions"].text == "missing: pg_trgm"
    assert "CREATE EXTENSION pg_trgm;" in faults()["extensions"].advice


def test_a_migration_that_is_not_applied_is_counted() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'chat' AND name LIKE '0001%%'")
    assert faults()["migrations"].text == "1 not applied"
    assert "migrate" in faults()["migrations"].advice


@pytest.mark.usefixtures("no_redis")
def test_no_redis_also_hides_generator_and_worker() -> None:
    assert set(faults()) == {"redis", "generator", "worker"}
    assert "REDIS_URL" in faults()["redis"].advice


def test_a_redis_that_takes_no_writes_is_the_cause_that_is_named(full_redis: None) -> None:
    redis_client().delete(GENERATOR, WORKER_SEEN)
    found_faults = faults()
    assert set(found_faults) == {"redis", "generator", "worker"}
    assert found_faults["redis"].text.startswith("refuses writes: ")
    assert "maxmemory" in found_faults["redis"].text
    assert {found_faults[part].text for part in ("generator", "worker")} == {"unknown: Redis refuses writes"}


def test_the_probe_names_it_too(full_redis: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "redis: refuses writes" in answer.content.decode()


FULL = """
DO $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$
"""


@pytest.fixture
def full_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], OperationalError]:
    """Return a function that has the database say that its disk is full."""
    monkeypatch.setattr(errors, "_full_at", float("-inf"))

    def refuse() -> OperationalError:
        with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FULL)
        return refused.value

    return refuse


def test_a_page_says_that_the_disk_is_full_and_the_probe_is_not_ready(
    full_database: Callable[[], OperationalError], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    error = full_database()

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", fails)
    client.raise_request_exception = False
    answer = client.get("/c/new")
    assert answer.status_code == 503
    assert "No disk space left" in answer.content.decode()
    assert "space: the database has no disk space left" in client.get("/readyz").content.decode()


def test_the_probe_is_ready_again_when_writes_have_not_failed_for_a_while(
    full_database: Callable[[], OperationalError], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    assert errors.is_disk_full(full_database())
    assert client.get("/readyz").status_code == 503
    monkeypatch.setattr(errors, "FULL_SECONDS", 0)
    assert client.get("/readyz").status_code == 200


def test_other_faults_of_the_database_are_not_taken_for_a_full_disk() -> None:
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FULL.replace("disk_full", "too_many_connections"))
    assert not errors.is_disk_full(refused.value)


def test_an_old_redis_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old = SimpleNamespace(info=lambda _: {"redis_version": "6.2.14"}, set=lambda *_, **__: True)
    monkeypatch.setattr(health, "client", lambda: old)
    [finding] = health.check_redis()
    assert (finding.level, finding.text) == ("fault", "version 6.2.14")


def test_a_faulty_file_is_shown_with_every_fault(settings: Settings) -> None:
    settings.LIBRECHAT_CONFIG.write_text("version: 1.3.17\nspeling: 1\nendpoints:\n  custom: 3\n")
    texts = [finding.text for finding in health.examine() if finding.part == "librechat.yaml"]
    assert len(texts) == 2
    assert any("speling, line 2" in text for text in texts)


def test_what_has_no_effect_or_is_left_out_is_named_one_by_one(settings: Settings) -> None:
    settings.LIBRECHAT_CONFIG.write_text(
        "version: 1\ninterface: {feedback: true}\nregistration: {allowedDomains: [a.org], oauthStateTtlMs: 60000}\n"
        "endpoints:\n  custom:\n    - {name: A, apiKey: '${NOT_SET_ANYWHERE}', baseURL: 'https://a.example.org',\n"
        "       models: {default: [m]}, streamRate: 5, colour: red}\n"
    )
    findings = [finding for finding in health.examine() if finding.part == "librechat.yaml"]
    assert {finding.level for finding in findings} == {"warning"}
    assert [finding.text for finding in findings] == [
        "endpoints.custom[0].apiKey, line 6: NOT_SET_ANYWHERE is not set",
        "endpoints.custom[0].colour, line 7: is unknown and has no effect",
        "endpoint A is left out: NOT_SET_ANYWHERE is not set",
        "interface.feedback has no effect yet",
        "registration.oauthStateTtlMs has no effect yet",
        "endpoints.custom[].streamRate has no effect yet",
    ]


def test_a_local_model_that_answers_is_well(settings: Settings, serve_status: Callable[[int], str]) -> None:
    settings.LOCAL_MODEL_URL = serve_status(200) + "/v1"
    assert faults() == {}


@pytest.mark.parametrize("status", [None, 503], ids=["gone", "loading"])
def test_a_local_model_that_does_not_answer_is_a_fault(
    settings: Settings, serve_status: Callable[[int], str], status: int | None
) -> None:
    settings.LOCAL_MODEL_URL = (serve_status(status) if status else f"http://127.0.0.1:{free_port()}") + "/v1"
    assert set(faults()) == {"local model"}
    assert "LOCAL_MODEL=off" in faults()["local model"].advice


def test_a_full_disk_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100 << 20))
    assert faults()["disk"].text == "100 MB free"
    assert "PARLEY_DATA" in faults()["disk"].advice


def test_a_short_secret_is_named_but_not_shown(settings: Settings) -> None:
    settings.SECRETS = {**settings.SECRETS, "JWT_SECRET": "hunter2"}
    assert faults()["secrets"].text == "too short: JWT_SECRET"
    assert "hunter2" not in doctor()[0]


def test_secrets_that_others_can_read_are_a_fault(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    file = tmp_path / "secrets.json"
    file.write_text("{}")
    file.chmod(0o644)
    assert faults()["secrets"].advice == f"Run: chmod 600 {file}"
    file.chmod(0o600)
    assert faults() == {}


def test_a_clock_that_is_wrong_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return super().now(tz) + timedelta(seconds=60)

    monkeypatch.setattr(health, "datetime", Later)
    assert faults()["clock"].text == "60 s apart from the database's"


# --- the probes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/livez"])
@pytest.mark.usefixtures("no_database", "no_redis")
def test_an_alive_process_says_so_without_touching_anything(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, path: str
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(path)
    assert (answer.status_code, answer.content) == (200, b"OK")
    assert answer.headers["Content-Type"] == "text/plain"
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies


def test_a_ready_installation_says_so_at_a_constant_cost(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"OK")


def test_an_installation_that_cannot_serve_gives_its_reasons(client: Client) -> None:
    redis_client().delete(GENERATOR)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.decode() == "NOT_READY\ngenerator: none is running\n"


def test_a_missing_worker_keeps_nobody_out(client: Client) -> None:
    redis_client().delete(WORKER_SEEN)
    assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("no_database", "no_redis")
def test_the_reasons_tell_a_stranger_no_address(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.decode() == (
        "NOT_READY\ndatabase: cannot be reached\nredis: cannot be reached\n"
        "generator: unknown: Redis cannot be reached\n"
    )


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
def test_a_probe_may_use_any_name_and_only_reads(client: Client, settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert client.get("/c/new", headers={"host": "10.0.0.7:8000"}).status_code == 400
