"""Tasks end by themselves: the pool of threads cannot end them, and what takes too long would be run twice."""

import asyncio
import threading

import pytest
from django.conf import settings

from config.celery import SweepThread, app
from endpoints import tasks as endpoint_tasks

app.loader.import_default_modules()
OURS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_there_are_tasks() -> None:
    assert "chat.tasks.write_title" in OURS


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_task_says_how_long_it_takes_and_returns_later_than_that(name: str) -> None:
    """With threads `time_limit` is not enforced by Celery: it is what the task promises and holds by itself."""
    limit = OURS[name].time_limit
    assert limit, f"{name} needs a time_limit, and must keep it by itself"
    assert limit < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_every_task_of_the_schedule_exists() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= OURS.keys()


def test_nothing_waits_at_a_worker_behind_what_it_runs() -> None:
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_TASK_ACKS_LATE


def test_a_server_that_never_ends_its_list_gives_the_thread_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_tasks, "SECONDS", 0.05)
    ended = threading.Event()

    async def never_whole() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    endpoint_tasks._within_limit(never_whole())
    assert ended.is_set()


def test_the_sweeper_goes_on_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    enough = threading.Event()

    class Faulty:
        def look(self) -> None:
            looks.append(1)
            if len(looks) > 2:
                enough.set()
            raise OSError("away")

    monkeypatch.setattr("runs.sweeper.Sweeper", Faulty)
    monkeypatch.setattr("config.celery.SWEEP_EVERY", 0.01)
    thread = SweepThread()
    thread.start()
    assert enough.wait(10)
    thread.stop()
    thread.join(10)
    assert not thread.is_alive()
