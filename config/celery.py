import logging
import os
import threading
from typing import Any

import click
from celery import Celery, bootsteps

from config.start import load_settings

log = logging.getLogger(__name__)
SWEEP_EVERY = 5.0  # seconds

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery would run Django's checks, and not look at what they say. They load every page: 1.2 s and 20 MB.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")


class ScheduleThread(threading.Thread):
    def __init__(self, app: Celery) -> None:
        from celery.beat import Service  # noqa: PLC0415 (only the one worker needs it)

        super().__init__(name="schedule", daemon=True)
        self._service = Service(app)

    def run(self) -> None:
        self._service.start()

    def stop(self) -> None:
        self._service.stop()  # not waited for: it sleeps until the next task is due


class Schedule(bootsteps.StartStopStep):
    """``worker --with-schedule`` runs the schedule in a thread of the worker.

    Celery's own ``-B`` forks a process for it, which costs 60 MB and stays behind when the worker is killed.
    """

    conditional = True

    def __init__(self, worker: Any, with_schedule: bool = False, **options: Any) -> None:
        self.enabled = with_schedule
        super().__init__(worker, **options)

    def create(self, worker: Any) -> ScheduleThread:  # type: ignore[override]
        return ScheduleThread(worker.app)


class SweepThread(threading.Thread):
    """Looks after runs every few seconds, whatever the pool is busy with."""

    def __init__(self) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._stopping = threading.Event()

    def run(self) -> None:
        from django.db import close_old_connections, connections  # noqa: PLC0415 (Django is not set up yet above)

        from runs.sweeper import Sweeper  # noqa: PLC0415

        sweeper, failing = Sweeper(), False
        while not self._stopping.wait(SWEEP_EVERY):
            close_old_connections()
            try:
                sweeper.look()
                failing = False
            except Exception:
                if not failing:
                    log.exception("runs cannot be looked after; trying again every %g s", SWEEP_EVERY)
                failing = True
        connections.close_all()

    def stop(self) -> None:
        self._stopping.set()


class Sweep(bootsteps.StartStopStep):
    """The worker that has the schedule has the sweeper, too."""

    conditional = True

    def __init__(self, worker: Any, with_schedule: bool = False, **options: Any) -> None:
        self.enabled = with_schedule
        super().__init__(worker, **options)

    def create(self, worker: Any) -> SweepThread:  # type: ignore[override]
        return SweepThread()


app = Celery("parley")
app.on_configure.connect(lambda **_: load_settings(), weak=False)  # what is wrong is said in words
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(Schedule)
app.steps["worker"].add(Sweep)
app.user_options["worker"].add(click.Option(["--with-schedule"], is_flag=True, help="Run the schedule as well."))
app.autodiscover_tasks()
