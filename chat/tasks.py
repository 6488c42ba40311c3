"""Celery tasks of chat: thin and idempotent, each calls a service."""

import time
from uuid import UUID

from celery import shared_task

from chat.services import privacy, storage
from chat.services.organise import bulk
from chat.services.search import upkeep
from chat.services.turns import titles
from core.redis_client import client

SLICE = 60  # seconds that a long job works at a time; then it gives its thread back
WORKER_SEEN = "parley:worker"  # the doctor reads from it that the worker and its schedule run


@shared_task(ignore_result=True, time_limit=titles.SECONDS)
def write_title(conversation_id: str) -> None:
    """Name the conversation; a second run changes nothing."""
    titles.write_title(UUID(conversation_id))


@shared_task(ignore_result=True, time_limit=titles.SECONDS)
def rewrite_title(conversation_id: str, key: str) -> None:
    """Name the conversation anew, because the person asked."""
    titles.rewrite_title(UUID(conversation_id), key)


@shared_task(ignore_result=True, expires=20, time_limit=SLICE)
def measure_storage(_user_id: str = "") -> None:
    """Find out how much those keep of whom it was not known when they wrote. An earlier release named one of them."""
    while storage.measure_unknown() == storage.BATCH:
        pass


@shared_task(ignore_result=True, expires=60, time_limit=SLICE)
def purge() -> None:
    """Delete for good what can no longer be brought back; what is left after a slice, the next run deletes."""
    end = time.monotonic() + SLICE
    while bulk.purge() and time.monotonic() < end:
        pass


@shared_task(ignore_result=True, expires=3_600, time_limit=SLICE)
def retain() -> None:
    """Delete what roles and groups do not keep any longer, a slice at a time."""
    if privacy.retain(seconds=SLICE).unfinished:
        retain.delay()


@shared_task(ignore_result=True, expires=20, time_limit=5)
def show_life() -> None:
    """Show that the schedule and the pool work: a pool whose threads are all held shows nothing."""
    client().set(WORKER_SEEN, int(time.time()), ex=60)


@shared_task(ignore_result=True, expires=60, time_limit=SLICE)
def renew_search() -> None:
    """Enter anew for search what an earlier release entered, a slice at a time."""
    upkeep.renew(seconds=SLICE / 2)
