"""Celery's side of endpoints."""

from celery import shared_task

from endpoints import models_list, registry


@shared_task(ignore_result=True, soft_time_limit=30)
def fetch_models(endpoint_name: str) -> None:
    """Fetch an endpoint's list of models into the cache; a second run changes nothing."""
    endpoint = registry.current().get(endpoint_name)
    if endpoint is not None:
        models_list.fetch(endpoint)
