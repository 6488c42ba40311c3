"""Celery's side of chat: thin, idempotent, each calls a service."""

import time
from uuid import UUID

from celery import shared_task

from chat.services import bulk, life, search_upkeep, titles
from chat.services import sweep as sweeping
from chat.services.signals import client

WORKER_SEEN = "parley:worker"  # refreshed by every sweep: the doctor reads from it that worker and beat run


@shared_task(ignore_result=True, soft_time_limit=60)
def write_title(conversation_id: str) -> None:
    """Name the conversation; a second run changes nothing."""
    titles.write_title(UUID(conversation_id))


@shared_task(ignore_result=True, soft_time_limit=60)
def rewrite_title(conversation_id: str, key: str) -> None:
    """Name the conversation anew, because the person asked."""
    titles.rewrite_title(UUID(conversation_id), key)


@shared_task(ignore_result=True, expires=60)
def purge() -> None:
    """Delete for good what can no longer be brought back."""
    while bulk.purge():
        pass


@shared_task(ignore_result=True, expires=3_600, time_limit=6 * 3_600)
def retain() -> None:
    """Delete what roles and groups do not keep any longer."""
    life.retain()


@shared_task(ignore_result=True, expires=20)
def sweep() -> None:
    """End what nobody ends any more, and show that the worker lives."""
    client().set(WORKER_SEEN, int(time.time()), ex=60)
    sweeping.sweep()


@shared_task(ignore_result=True, expires=60, time_limit=60)
def renew_search() -> None:
    """Enter anew for search what an earlier release entered, a slice at a time."""
    search_upkeep.renew(seconds=30)
