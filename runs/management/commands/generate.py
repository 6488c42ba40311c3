import asyncio
import logging
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from core.checks import CONFIGURATION
from endpoints.catalog import registry
from runs.worker import Generator

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run a generator, which writes replies. Any number can run; on SIGTERM it finishes what it has started."
    requires_system_checks = (CONFIGURATION,)  # Django's own would load every page

    def handle(self, *args: Any, **options: Any) -> None:
        registry.current()  # a faulty configuration stops here, not at the first turn
        if sys.platform == "win32":
            asyncio.run(self._serve())
            return
        import uvloop  # noqa: PLC0415 (absent on Windows)

        uvloop.run(self._serve())

    async def _serve(self) -> None:
        generator = Generator()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, generator.drain)
        log.info("generator %s takes runs", generator.worker)
        await generator.run()
