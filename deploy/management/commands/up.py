import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.migrations.loader import MigrationLoader

from deploy.embedded.probe import free_port
from deploy.embedded.supervisor import PLAN, Plan
from endpoints.providers.factories import key_variables
from endpoints.providers.site import text_of
from siteconfig.environment.reader import env


class Command(BaseCommand):
    help = "Run Parley: start and watch every part that no variable replaces. Ctrl-C stops them."

    def handle(self, *args: Any, **options: Any) -> None:
        port = settings.PORT or free_port()  # PORT=0: whichever is free
        plan = Plan(
            root=settings.BASE_DIR,
            data=settings.DATA_DIR,
            static=settings.BASE_DIR / "static",
            static_root=settings.STATIC_ROOT,
            host=settings.HOST,
            port=port,
            database_url=env.text("DATABASE_URL"),
            redis_url=env.text("REDIS_URL"),
            local_model=self._wants_local_model(),
            migrations=sorted(MigrationLoader(None).disk_migrations or ()),
            secrets=settings.SECRETS,
        )
        # Same process, new program: signals and the waiting `make` go on to mean it.
        os.chdir(settings.BASE_DIR)
        command = [sys.executable, "-m", "deploy.embedded"]
        os.execve(sys.executable, command, dict(os.environ) | {"PORT": str(port), PLAN: plan.to_json()})  # noqa: S606

    def _wants_local_model(self) -> bool:
        """Off by LOCAL_MODEL=off; unless LOCAL_MODEL says so, also off when a provider's key is set."""
        if env.text("LOCAL_MODEL"):
            return bool(settings.LOCAL_MODEL)
        return not any(text_of(name) for name in key_variables())
