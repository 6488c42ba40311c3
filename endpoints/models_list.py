"""Asking a server which models it has."""

import asyncio
import json
import logging

from django.core.cache import cache

from endpoints.adapters.base import Endpoint
from endpoints.adapters.openai_request import headers_of
from endpoints.adapters.openai_wire import exempt_of
from endpoints.http import OutboundError, Patience, RefusedAddress, outbound
from endpoints.registry import FETCHED_KEPT, MODEL_NAME, cache_key

log = logging.getLogger(__name__)

PATIENCE = Patience(connect=5, first_byte=5, idle=5, total=5)
LIMIT = 8 * 1024 * 1024  # bytes of the answer
MOST = 2_000


async def ask(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the ids of ``GET {base_url}/models``. Raises `OutboundError`, `RefusedAddress`, `ValueError`."""
    client = await outbound()
    async with client.request(
        "GET",
        f"{endpoint.base_url.rstrip('/')}/models",
        headers=headers_of(endpoint),
        exempt=exempt_of(endpoint),
        patience=PATIENCE,
    ) as answer:
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        document = json.loads(await answer.read(LIMIT))
    rows = document.get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise ValueError("the answer holds no list of models")
    names = (str(row.get("id", "")) for row in rows[:MOST] if isinstance(row, dict))
    return tuple(dict.fromkeys(name for name in names if MODEL_NAME.fullmatch(name)))


def fetch(endpoint: Endpoint) -> tuple[str, ...]:
    """Ask and remember; on failure the old list stays, and the log says why."""
    try:
        names = asyncio.run(ask(endpoint))
    except (OutboundError, RefusedAddress, ValueError) as error:
        log.warning("the models of %s could not be fetched: %r", endpoint.name, error)
        return ()
    if names:
        cache.set(cache_key(endpoint), names, FETCHED_KEPT)
    return names
