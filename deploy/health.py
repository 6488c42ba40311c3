"""Checks of every component. Each finding says what is wrong and how to fix it."""

import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import redis
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from chat.tasks import WORKER_SEEN
from core.http.errors import disk_was_full
from core.redis_client import client
from deploy import known_migrations
from deploy.embedded import postgres
from deploy.embedded.probe import http_status
from endpoints.catalog import registry
from runs.worker import HEARTBEAT
from siteconfig import live
from siteconfig.configuration import ConfigFaults
from siteconfig.environment.reader import env

EXTENSIONS = {"vector", "pg_trgm"}
DISK_MEGABYTES = 500
MIN_FREE_MEGABYTES = 32  # a segment of the write-ahead log has 16
CLOCK_SECONDS = 5
SECRET_LENGTH = 32

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part. `advice` is empty when all is well.

    `detail` may name addresses and people: it is for the operator, not for whoever asks the probe.
    """

    part: str
    level: Level
    text: str
    advice: str = ""
    detail: str = ""


def examine() -> list[Finding]:
    """Return a finding for every part, in the order in which they depend on each other."""
    return [finding for check in CHECKS for finding in check()]


def unready() -> list[Finding]:
    """Return what keeps this installation from serving; cheap, for the readiness probe."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (check_database, check_space, check_redis, check_generator)
    return [finding for check in checks for finding in check() if finding.level == "fault"]


def check_database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extname FROM pg_extension")
            missing = EXTENSIONS - {row[0] for row in cursor.fetchall()}
            cursor.execute("SHOW server_version")
            version = str(cursor.fetchone()[0])
        unapplied = len(_known_migrations() - set(MigrationRecorder(connection).applied_migrations()))
    except DatabaseFailure as error:
        advice = "Start Parley with `make up`, or check DATABASE_URL and that the server is running."
        yield Finding("database", "fault", "cannot be reached", advice, str(error).partition("\n")[0])
        return
    yield Finding("database", "ok", f"PostgreSQL {version}")
    if missing:
        advice = f"As its superuser: {' '.join(f'CREATE EXTENSION {name};' for name in sorted(missing))}"
        yield Finding("extensions", "fault", f"missing: {', '.join(sorted(missing))}", advice)
    else:
        yield Finding("extensions", "ok", ", ".join(sorted(EXTENSIONS)))
    if unapplied:
        yield Finding("migrations", "fault", f"{unapplied} not applied", "Run `manage.py migrate`.")
    else:
        yield Finding("migrations", "ok", "all applied")


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Return those on disk; they do not change under a running process."""
    return known_migrations.on_disk()


def check_vector() -> Iterator[Finding]:
    """Only of the embedded server: trying it in a server that others use could end that server."""
    if not (settings.DATA_DIR / "postgres" / "PG_VERSION").exists():
        return
    try:
        problem = postgres.try_vector()
    except postgres.NoPostgres as error:
        problem = str(error)
    if problem:
        advice = "Set DATABASE_URL to a Postgres server of your own whose pgvector was built for this processor."
        yield Finding("vector", "fault", f"does not work here: {problem}", advice)
    else:
        yield Finding("vector", "ok", "works on this processor")


def check_space() -> Iterator[Finding]:
    """Whether the database can write: it has just refused for lack of space, or the embedded one is about to."""
    advice = "Free some space where the database keeps its data."
    if disk_was_full():
        yield Finding("space", "fault", "the database has no disk space left", advice)
        return
    folder = settings.DATA_DIR / "postgres"
    if folder.exists() and (free := shutil.disk_usage(folder).free >> 20) < MIN_FREE_MEGABYTES:
        yield Finding("space", "fault", f"the database has {free} MB of disk space left", advice)


def check_redis() -> Iterator[Finding]:
    try:
        facts: Any = client().info("server")
        problem = _refused_write()
    except redis.RedisError as error:
        advice = "Start Parley with `make up`, or check REDIS_URL and that the server is running."
        yield Finding("redis", "fault", "cannot be reached", advice, str(error))
        return
    version = facts.get("valkey_version") or facts.get("redis_version")
    if int(str(version).split(".")[0]) < 7:
        yield Finding("redis", "fault", f"version {version}", "Use Redis 7 or newer, or Valkey.")
    elif "cluster" in {facts.get("redis_mode"), facts.get("server_mode")}:
        advice = "Set REDIS_URL to a server that holds all keys: a single one, or a primary with replicas."
        yield Finding("redis", "fault", "is part of a cluster, so it holds only some of the keys", advice)
    elif problem:
        advice = "Give it more memory (maxmemory) or disk space, or set REDIS_URL to the primary."
        yield Finding("redis", "fault", f"refuses writes: {problem}", advice)
    else:
        yield Finding("redis", "ok", f"version {version}")
    if "ssl_cert_reqs=none" in settings.REDIS_URL:
        advice = "Remove ssl_cert_reqs=none from REDIS_URL. For your own certificates, use ssl_ca_certs."
        yield Finding("redis", "warning", "isn't verified, so others could read what is sent to it", advice)


def _refused_write() -> str:
    """Return why Redis takes no writes, as it says it, or nothing. Raises `RedisError` where it cannot be asked."""
    try:
        client().set("parley:probe", 1, ex=10)
    except (redis.OutOfMemoryError, redis.ReadOnlyError, redis.ResponseError) as error:
        return str(error).rstrip(".")
    return ""


def _cause_of_silence() -> str:
    """Return why nobody may be heard of although they run, or nothing: life is shown through Redis."""
    try:
        return "unknown: Redis refuses writes" if _refused_write() else ""
    except redis.RedisError:
        return "unknown: Redis cannot be reached"


def check_generator() -> Iterator[Finding]:
    try:
        count = sum(1 for _ in client().scan_iter(match=f"{HEARTBEAT}*", count=1000))
    except redis.RedisError:
        yield Finding("generator", "fault", "unknown: Redis cannot be reached", "Fix Redis first.")
        return
    if count:
        yield Finding("generator", "ok", f"{count} at work")
    elif cause := _cause_of_silence():
        yield Finding("generator", "fault", cause, "Fix Redis first.")
    else:
        yield Finding("generator", "fault", "none is running", "Start one: `manage.py generate`.")


def check_worker() -> Iterator[Finding]:
    advice = (
        "Start one: `celery -A config worker --with-schedule`. "
        "Without it, chats get no titles and lost runs are never ended."
    )
    try:
        seen_at = client().get(WORKER_SEEN)
    except redis.RedisError:
        yield Finding("worker", "fault", "unknown: Redis cannot be reached", "Fix Redis first.")
        return
    if seen_at is None and (cause := _cause_of_silence()):
        yield Finding("worker", "fault", cause, "Fix Redis first.")
    elif seen_at is None:
        yield Finding("worker", "fault", "not seen for a minute", advice)
    else:
        yield Finding("worker", "ok", f"seen {max(0, int(time.time()) - int(seen_at))} s ago")  # type: ignore[arg-type]


def check_models() -> Iterator[Finding]:
    try:
        current = registry.current()
    except ConfigFaults as faults:
        for fault in faults.faults:
            yield Finding("librechat.yaml", "fault", str(fault), f"Fix {faults.file}.")
        return
    for fault in live.faults():  # what validation would refuse, or an edit that is not in use
        yield Finding("librechat.yaml", "fault", str(fault), f"Fix {settings.LIBRECHAT_CONFIG.name}.")
    for notice in current.notices:
        yield Finding("librechat.yaml", "warning", notice)
    for path in current.config.not_in_use:
        yield Finding("librechat.yaml", "warning", f"{path} has no effect yet")
    if not settings.LOCAL_MODEL_URL:
        yield Finding("local model", "ok", "off")
    elif http_status(settings.LOCAL_MODEL_URL.rstrip("/").removesuffix("/v1") + "/health") == 200:
        yield Finding("local model", "ok", "answers")
    else:
        log = settings.DATA_DIR / "logs" / "model.log"
        yield Finding("local model", "fault", "does not answer", f"See {log}, or turn it off with LOCAL_MODEL=off.")


def check_environment() -> Iterator[Finding]:
    notices = [*env.notices, *env.suspicious()]
    for notice in notices:
        yield Finding("environment", "warning", notice)
    if not notices:
        yield Finding("environment", "ok", "no problems found")


def check_disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR if settings.DATA_DIR.exists() else settings.BASE_DIR).free >> 20
    if free < DISK_MEGABYTES:
        advice = f"Free some space, or move the data by setting PARLEY_DATA. It's now in {settings.DATA_DIR}."
        yield Finding("disk", "fault", f"{free} MB free", advice)
    else:
        yield Finding("disk", "ok", f"{free} MB free")


def check_secrets() -> Iterator[Finding]:
    short = [name for name, value in settings.SECRETS.items() if len(value) < SECRET_LENGTH]
    if short:
        advice = f"Use at least {SECRET_LENGTH} characters, or unset them to have them generated."
        yield Finding("secrets", "fault", f"too short: {', '.join(short)}", advice)
        return
    file = settings.DATA_DIR / "secrets.json"
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("secrets", "fault", f"{file} can be read by others", f"Run: chmod 600 {file}")
        return
    yield Finding("secrets", "ok", "set")


def check_clock() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            theirs: datetime = cursor.fetchone()[0]
    except DatabaseFailure:
        return
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_SECONDS:
        advice = "Sync both clocks with NTP. Leases and sessions depend on the time."
        yield Finding("clock", "fault", f"{apart:.0f} s apart from the database's", advice)
    else:
        yield Finding("clock", "ok", "agrees with the database's")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_database,
    check_space,
    check_vector,
    check_redis,
    check_generator,
    check_worker,
    check_models,
    check_environment,
    check_disk,
    check_secrets,
    check_clock,
)
