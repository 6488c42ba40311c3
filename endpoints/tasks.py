import asyncio
from typing import Any

from celery import shared_task
from celery.signals import worker_init

from accounts.models import User
from endpoints import discovery, keys, registry
from endpoints.callers import caller_of
from endpoints.config import ConfigFaults
from endpoints.model_lists import refresh


@shared_task
def refresh_models(name: str, who: str = "") -> None:
    """Fetch the model list of an endpoint anew; `who` is the id of the person whose list it is."""
    endpoint = registry.current().get(name)
    if endpoint is None or not endpoint.fetch_models:
        return
    person = User.objects.filter(id=who).first() if who else None
    asyncio.run(refresh(endpoint, who, caller_of(person) if person else None))


@shared_task
def look_for_local_servers() -> None:
    """Look for model servers on this machine, if the operator wants that."""
    if registry.current().config.document.parley.discoverLocal:
        asyncio.run(discovery.look())


@shared_task(ignore_result=True, expires=240)
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
