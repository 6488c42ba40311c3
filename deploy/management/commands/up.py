import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run Parley: start and watch every part that no variable replaces. Ctrl-C stops them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Leave it to `manage.py`, which starts it before the settings are loaded: they need the servers' ports."""
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "up"]
        os.execv(sys.executable, command)  # noqa: S606
