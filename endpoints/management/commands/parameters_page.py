from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from endpoints.parameters.page import render


class Command(BaseCommand):
    help = "Write docs/parameters.md from the table of parameters."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "parameters.md"
        path.write_text(render())
        self.stdout.write(str(path))
