import asyncio
from typing import Any

from celery import shared_task
from celery.signals import worker_init

from endpoints import keys, registry
from endpoints.config import ConfigFaults
from endpoints.model_lists import refresh


@shared_task
def refresh_models(name: str) -> None:
    """Fetch the model list of an endpoint anew."""
    endpoint = registry.current().get(name)
    if endpoint is not None and endpoint.fetch_models:
        asyncio.run(refresh(endpoint))


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
