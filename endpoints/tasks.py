import asyncio

from celery import shared_task

from endpoints import registry
from endpoints.model_lists import refresh


@shared_task
def refresh_models(name: str) -> None:
    """Fetch the model list of an endpoint anew."""
    endpoint = registry.current().get(name)
    if endpoint is not None and endpoint.fetch_models:
        asyncio.run(refresh(endpoint))
