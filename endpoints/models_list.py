"""Asking a server which models it has."""

import asyncio
import logging

import aiohttp
from django.core.cache import cache

from endpoints.adapters.base import Endpoint
from endpoints.http import Exemptions, OutboundClient, RefusedAddress, TooMuch
from endpoints.registry import FETCHED_KEPT, MODEL_NAME, cache_key

log = logging.getLogger(__name__)

SECONDS = 5
MOST = 2_000


async def ask(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the ids of ``GET {base_url}/models``. Raises what the guarded client raises, and `ValueError`."""
    client = OutboundClient(Exemptions.of_urls(endpoint.base_url))
    headers = {"Authorization": f"Bearer {endpoint.api_key}", **endpoint.headers}
    try:
        document = await client.get_json(f"{endpoint.base_url.rstrip('/')}/models", headers=headers, seconds=SECONDS)
    finally:
        await client.close()
    rows = document.get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise ValueError("the answer holds no list of models")
    names = (str(row.get("id", "")) for row in rows[:MOST] if isinstance(row, dict))
    return tuple(dict.fromkeys(name for name in names if MODEL_NAME.fullmatch(name)))


def fetch(endpoint: Endpoint) -> tuple[str, ...]:
    """Ask and remember; on failure the old list stays, and the log says why."""
    try:
        names = asyncio.run(ask(endpoint))
    except (aiohttp.ClientError, OSError, TimeoutError, RefusedAddress, TooMuch, ValueError) as error:
        log.warning("the models of %s could not be fetched: %r", endpoint.name, error)
        return ()
    if names:
        cache.set(cache_key(endpoint), names, FETCHED_KEPT)
    return names
