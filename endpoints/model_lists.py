"""Model lists that providers publish: fetched in the background, kept in the cache, never waited for."""

import hashlib
import logging
import re
import time

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from endpoints.adapters.base import Endpoint
from endpoints.adapters.failures import parsed
from endpoints.adapters.openai_request import OFFICIAL, headers_of
from endpoints.adapters.wire import exempt_of
from endpoints.http import OutboundError, Patience, RefusedAddress, address_of, outbound

log = logging.getLogger(__name__)

REFRESH = "endpoints.tasks.refresh_models"  # by name: the task needs the registry, which needs this module
FRESH_SECONDS = 120
KEPT_SECONDS = 86_400  # an old list is better than none while the provider is away
PATIENCE = Patience(connect=5, first_byte=5, idle=5, total=5)
MAX_BYTES = 8 * 1024 * 1024
MAX_MODELS = 2_000
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.:/@+-]{0,255}")
_CHATS = re.compile(r"gpt-|o\d|chatgpt-|.*chat-latest")
_NO_CHAT = re.compile(r"audio|realtime|transcribe|tts|image|search|instruct|embedding|moderation")


def stored_models(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the list as last fetched, or nothing; ask for a new one when it is old. Never waits for the provider."""
    try:
        names, fetched_at = cache.get(_key(endpoint)) or ((), 0.0)
        if time.time() - fetched_at > FRESH_SECONDS and cache.add(_key(endpoint) + ":asked", 1, 30):
            current_app.send_task(REFRESH, [endpoint.name])
    except (RedisError, OperationalError, OSError):
        log.warning("no cache: %s shows its default models", endpoint.name)
        return ()
    return tuple(names)


async def fetch_models(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the models that the provider names now, or nothing when it does not answer properly."""
    url = endpoint.base_url.rstrip("/") + "/models"
    try:
        client = await outbound()
        async with client.request(
            "GET", url, headers=headers_of(endpoint), exempt=exempt_of(endpoint), redirects=3, patience=PATIENCE
        ) as answer:
            body = parsed(await answer.read(MAX_BYTES))
            status = answer.status
    except (OutboundError, RefusedAddress) as error:
        log.warning("the models of %s cannot be fetched: %s", endpoint.name, error)
        return ()
    rows = body.get("data") if isinstance(body, dict) else body
    if status != 200 or not isinstance(rows, list):
        log.warning("the models of %s cannot be fetched: status %d", endpoint.name, status)
        return ()
    names = [str(row.get("id") or row.get("name") or "") for row in rows if isinstance(row, dict)]
    usable = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)][:MAX_MODELS]
    if address_of(endpoint.base_url) == OFFICIAL:
        usable = [name for name in usable if _CHATS.match(name) and not _NO_CHAT.search(name)]
    return tuple(usable)


async def refresh(endpoint: Endpoint) -> tuple[str, ...]:
    """Fetch and store the list; what was stored stays when nothing can be fetched."""
    names = await fetch_models(endpoint)
    if names:
        await cache.aset(_key(endpoint), (names, time.time()), KEPT_SECONDS)
    return names


def merged(default: tuple[str, ...], fetched: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fetched models, those that the operator named first; the default list when there are none."""
    if not fetched:
        return default
    offered = set(fetched)
    return tuple(dict.fromkeys([*(name for name in default if name in offered), *fetched]))


def _key(endpoint: Endpoint) -> str:
    secret = f"{endpoint.base_url}\n{endpoint.api_key}\n{sorted(endpoint.headers.items())}"
    return "models:" + hashlib.sha256(secret.encode()).hexdigest()
