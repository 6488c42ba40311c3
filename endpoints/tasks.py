import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from celery import shared_task
from celery.signals import worker_init

from accounts.models import User
from endpoints.catalog import discovery, keys, registry
from endpoints.catalog.model_lists import refresh
from endpoints.services.callers import caller_of
from siteconfig import live
from siteconfig.configuration import ConfigFaults

SECONDS = 60  # that a task may take: a server that sends a byte now and then must not hold a thread

log = logging.getLogger(__name__)


def _within_limit(work: Coroutine[Any, Any, object]) -> None:
    try:
        asyncio.run(asyncio.wait_for(work, SECONDS))
    except TimeoutError:
        log.warning("a server did not answer whole within %d s", SECONDS)


@shared_task(time_limit=SECONDS)
def refresh_models(name: str, user_id: str = "") -> None:
    """Fetch the model list of an endpoint anew; `user_id` is the id of the person whose list it is."""
    endpoint = registry.current().get(name)
    if endpoint is None or not endpoint.models.fetch:
        return
    person = User.objects.filter(id=user_id).first() if user_id else None
    _within_limit(refresh(endpoint, user_id, caller_of(person) if person else None))


@shared_task(time_limit=SECONDS)
def look_for_local_servers() -> None:
    """Look for model servers on this machine, if the operator wants that."""
    if live.current().document.parley.discoverLocal:
        _within_limit(discovery.look())


@shared_task(ignore_result=True, expires=240, time_limit=SECONDS)
def forget_keys() -> None:
    """Delete the values of people's keys that have expired."""
    keys.forget_expired()


@worker_init.connect
def refuse_a_faulty_configuration(**kwargs: Any) -> None:
    """End a worker at its start, as every other process; Celery would log any other exception and go on."""
    try:
        registry.current()
    except ConfigFaults as faults:
        raise SystemExit(str(faults)) from None
