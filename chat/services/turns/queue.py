"""Announcements to the generators, sent after the database has committed."""

import logging
from uuid import UUID

import redis
from django.db import transaction

from core.redis_client import client

log = logging.getLogger(__name__)

WORK = "parley:work"  # a list of ids of queued runs; losing it loses nothing, the sweeper announces again
STOP = "parley:stop"  # a pub/sub channel of ids of runs that should look whether to stop


def announce_work(*run_ids: UUID) -> None:
    """Tell a generator, after commit, that runs wait. Best effort: the sweeper finds what was not heard."""
    transaction.on_commit(lambda: _push(run_ids))


def announce_stop(run_id: UUID) -> None:
    """Tell the generator that holds the run, after commit, that a person wants it to stop.

    Best effort too: the generator sees the flag in the row at its next save.
    """
    transaction.on_commit(lambda: _publish(run_id))


def _push(run_ids: tuple[UUID, ...]) -> None:
    try:
        client().rpush(WORK, *(str(run_id) for run_id in run_ids))
    except redis.RedisError:
        log.warning("could not announce %d runs; the sweeper will", len(run_ids), exc_info=True)


def _publish(run_id: UUID) -> None:
    try:
        client().publish(STOP, str(run_id))
    except redis.RedisError:
        log.warning("could not announce the stop of %s; its generator reads the row", run_id, exc_info=True)
