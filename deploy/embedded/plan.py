"""What one run of the supervisor is to do, by the operator's settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from deploy.embedded import postgres, probe, valkey
from siteconfig.environment.reader import env

DATABASE = "parley"


@dataclass(frozen=True, slots=True)
class Plan:
    """A port of 0 means: the operator's own server."""

    root: Path
    data: Path
    static: Path
    static_root: Path
    host: str
    port: int
    postgres_port: int
    valkey_port: int
    secrets: Mapping[str, str] = field(repr=False)


def make_plan(data: Path) -> Plan:
    """Choose the ports that are to be chosen, tell them to the settings, and load these."""
    if env.whole("PORT", 3080) == 0:  # whichever is free
        os.environ["PORT"] = str(probe.free_port())
    postgres_port = 0 if env.text("DATABASE_URL") else probe.free_port()
    valkey_port = 0 if env.text("REDIS_URL") else probe.free_port()
    if postgres_port:
        os.environ["DATABASE_URL"] = postgres.url(data / "postgres", postgres_port, DATABASE)
    if valkey_port:
        os.environ["REDIS_URL"] = valkey.url(data / "valkey", valkey_port)
    return Plan(
        root=settings.BASE_DIR,
        data=data,
        static=settings.BASE_DIR / "static",
        static_root=settings.STATIC_ROOT,
        host=settings.HOST,
        port=settings.PORT,
        postgres_port=postgres_port,
        valkey_port=valkey_port,
        secrets=settings.SECRETS,
    )


def wants_local_model() -> bool:
    """Off by LOCAL_MODEL=off; unless LOCAL_MODEL says so, also off when a provider's key is set."""
    from endpoints.providers.factories import key_variables  # noqa: PLC0415 (needs the apps)
    from endpoints.providers.site import text_of  # noqa: PLC0415

    if env.text("LOCAL_MODEL"):
        return bool(settings.LOCAL_MODEL)
    return not any(text_of(name) for name in key_variables())
