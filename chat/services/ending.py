"""Telling followers that a run is over although no generator says so."""

import logging
from uuid import UUID

import redis
from django.db import transaction

from chat.models import Generation
from chat.services.notices import notify
from chat.services.signals import client
from chat.streaming.log import write_end
from endpoints.events import Failed, Finished

log = logging.getLogger(__name__)


def announce_end(run: Generation, event: Finished | Failed) -> None:
    """After commit: end the run's log, and tell the person's tabs."""
    transaction.on_commit(lambda: _write(run.id, event))
    notify(run.owner_id, "run", {"conversation": str(run.conversation_id), "running": False})


def _write(generation_id: UUID, event: Finished | Failed) -> None:
    try:
        write_end(client(), generation_id, event)
    except redis.RedisError:
        log.warning("followers of %s will read its end from the database", generation_id, exc_info=True)
