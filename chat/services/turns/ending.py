"""Ending runs from outside a generator: announcing the end, and cancelling runs that are to be deleted."""

import logging
from uuid import UUID

import redis
from django.db import transaction
from django.db.models import QuerySet

from billing.services import holds
from chat.models import Run
from chat.services.notices import notify
from chat.services.turns.queue import announce_stop
from core.redis_client import client
from messages.events import Failed, Finished
from messages.stream_format import write_end

log = logging.getLogger(__name__)


def cancel_for_deletion(runs: QuerySet[Run]) -> None:
    """Prepare runs for being deleted with what they write: release what the queued ones hold, stop the others.

    One that waits holds nothing.

    Locks the queued runs' rows; call within a transaction.
    """
    for run in runs.filter(state=Run.State.QUEUED).select_for_update(of=("self",)):
        if run.hold_id:
            holds.release(hold_id=run.hold_id)
    for run_id in runs.filter(state=Run.State.RUNNING).values_list("id", flat=True):
        announce_stop(run_id)


def announce_end(run: Run, event: Finished | Failed) -> None:
    """After commit: end the run's log, and tell the person's tabs."""
    transaction.on_commit(lambda: _write(run.id, event))
    notify(run.owner_id, "run", {"conversation": str(run.conversation_id), "running": False})


def _write(run_id: UUID, event: Finished | Failed) -> None:
    try:
        write_end(client(), run_id, event)
    except redis.RedisError:
        log.warning("followers of %s will read its end from the database", run_id, exc_info=True)
