"""Model lists that providers publish: fetched in the background, kept in the cache, never waited for."""

import hashlib
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from billing.pricing import Rates
from endpoints.adapters.base import Caller, Endpoint
from endpoints.adapters.failures import parsed
from endpoints.adapters.openai_request import OFFICIAL, headers_of
from endpoints.adapters.wire import exempt_of
from endpoints.http import OutboundError, Patience, RefusedAddress, address_of, outbound
from endpoints.placeholders import asks_who, filled

log = logging.getLogger(__name__)

REFRESH = "endpoints.tasks.refresh_models"  # by name: the task needs the registry, which needs this module
FRESH_SECONDS = 120
KEPT_SECONDS = 86_400  # an old list is better than none while the provider is away
PATIENCE = Patience(connect=5, first_byte=5, idle=5, total=5)
MAX_BYTES = 8 * 1024 * 1024
MAX_MODELS = 2_000
MILLION = 1_000_000
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.:/@+-]{0,255}")
_CHATS = re.compile(r"gpt-|o\d|chatgpt-|.*chat-latest")
_NO_CHAT = re.compile(r"audio|realtime|transcribe|tts|image|search|instruct|embedding|moderation")
_PRICED = {"openrouter", "helicone"}  # whose lists tell prices and windows
_CHOSEN_LATER = {"openrouter/auto": (Decimal(10), Decimal(30))}  # USD per million tokens; the list has none


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a provider's list says. Rates in USD per million tokens, windows in tokens."""

    names: tuple[str, ...] = ()
    rates: Mapping[str, Rates] = field(default_factory=dict)
    windows: Mapping[str, int] = field(default_factory=dict)


def is_model_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def is_personal(endpoint: Endpoint) -> bool:
    """Return whether the list is one person's: told by the address, or by a header."""
    return endpoint.user_id_query or asks_who(endpoint)


def tells_prices(endpoint: Endpoint) -> bool:
    return endpoint.fetch_models and endpoint.name.lower() in _PRICED


def stored_models(endpoint: Endpoint, who: str = "") -> tuple[str, ...]:
    """Return the list as last fetched, or nothing; ask for a new one when it is old. Never waits for the provider.

    `who` is the id of the person whose list it is, where lists are personal.
    """
    key = _key(endpoint, who)
    try:
        found, fetched_at = cache.get(key) or (Fetched(), 0.0)
        if time.time() - fetched_at > FRESH_SECONDS and cache.add(key + ":asked", 1, 30):
            current_app.send_task(REFRESH, [endpoint.name, who] if who else [endpoint.name])
    except (RedisError, OperationalError, OSError):
        log.warning("no cache: %s shows its default models", endpoint.name)
        return ()
    return tuple(found.names)


def with_fetched_prices(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with the prices and windows its list told, below those that the operator wrote."""
    try:
        found, _fetched_at = cache.get(_key(endpoint)) or (Fetched(), 0.0)
    except (RedisError, OSError):
        return endpoint
    return replace(
        endpoint,
        token_rates={**found.rates, **endpoint.token_rates},
        windows={**found.windows, **endpoint.windows},
    )


async def fetch(endpoint: Endpoint, caller: Caller | None = None) -> Fetched:
    """Return what the provider lists now, or nothing when it does not answer properly."""
    caller = caller or Caller()
    if endpoint.name.lower().startswith("ollama"):
        body = await _answer(endpoint, _root(endpoint).removesuffix("/v1") + "/api/tags", caller)
        if found := _listed(body.get("models") if isinstance(body, dict) else None, "name"):
            return Fetched(names=found)
    body = await _answer(endpoint, _url(endpoint, caller), caller)
    rows = body.get("data") if isinstance(body, dict) else body
    names = _listed(rows, "id")
    if not names:
        log.warning("the list of %s has no models", endpoint.name)
    if address_of(endpoint.base_url) == OFFICIAL:
        names = tuple(name for name in names if _CHATS.match(name) and not _NO_CHAT.search(name))
    return _with_prices(names, rows) if names and tells_prices(endpoint) else Fetched(names)


async def refresh(endpoint: Endpoint, who: str = "", caller: Caller | None = None) -> tuple[str, ...]:
    """Fetch and store the list; what was stored stays when nothing can be fetched."""
    found = await fetch(endpoint, caller)
    if found.names:
        await cache.aset(_key(endpoint, who), (found, time.time()), KEPT_SECONDS)
    return found.names


def merged(default: tuple[str, ...], fetched: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fetched models, those that the operator named first; the default list when there are none."""
    if not fetched:
        return default
    offered = set(fetched)
    return tuple(dict.fromkeys([*(name for name in default if name in offered), *fetched]))


def _root(endpoint: Endpoint) -> str:
    root = endpoint.base_url.rstrip("/")
    return root.removesuffix("/chat/completions") if endpoint.direct else root


def _url(endpoint: Endpoint, caller: Caller) -> str:
    if endpoint.family == "anthropic":
        return _root(endpoint).removesuffix("/v1") + "/v1/models?limit=1000"
    query = f"?user={caller.user.get('ID', '')}" if endpoint.user_id_query else ""
    return _root(endpoint) + "/models" + query


async def _answer(endpoint: Endpoint, url: str, caller: Caller) -> Any:
    """Return the body of the answer, or None."""
    headers = headers_of(replace(endpoint, headers=filled(endpoint.headers, caller)))
    if endpoint.family == "anthropic":
        headers = {"anthropic-version": "2023-06-01", "x-api-key": endpoint.api_key, **headers}
        headers.pop("Authorization", None)
    try:
        client = await outbound()
        async with client.request(
            "GET", url, headers=headers, exempt=exempt_of(endpoint), redirects=3, patience=PATIENCE
        ) as answer:
            body = parsed(await answer.read(MAX_BYTES))
            if answer.status == 200:
                return body
            log.warning("the models of %s cannot be fetched: status %d", endpoint.name, answer.status)
    except (OutboundError, RefusedAddress) as error:
        log.warning("the models of %s cannot be fetched: %s", endpoint.name, error)
    return None


def _listed(rows: Any, key: str) -> tuple[str, ...]:
    if not isinstance(rows, list):
        return ()
    names = [str(row.get(key) or row.get("name") or "") for row in rows if isinstance(row, dict)]
    return tuple(name for name in dict.fromkeys(names) if is_model_name(name))[:MAX_MODELS]


def _with_prices(names: tuple[str, ...], rows: Any) -> Fetched:
    rates, windows = {}, {}
    told = {row.get("id"): row for row in rows if isinstance(row, dict)}
    for name in names:
        row = told.get(name, {})
        prompt, completion = _CHOSEN_LATER.get(name) or (_rate(row, "prompt"), _rate(row, "completion"))
        if prompt is not None and completion is not None:
            rates[name] = Rates(prompt, completion, cache_read=prompt, cache_write=prompt)
        window = row.get("context_length")
        if isinstance(window, int) and window > 0:
            windows[name] = window
    return Fetched(names, rates, windows)


def _rate(row: Mapping[str, Any], kind: str) -> Decimal | None:
    """Return USD per million tokens of a price per token, or None for what is no price."""
    pricing = row.get("pricing")
    try:
        rate = Decimal(str(pricing[kind])) * MILLION  # type: ignore[index]
    except (InvalidOperation, KeyError, TypeError):
        return None
    return rate if rate.is_finite() and 0 <= rate <= MILLION else None


def _key(endpoint: Endpoint, who: str = "") -> str:
    secret = f"{endpoint.base_url}\n{endpoint.api_key}\n{sorted(endpoint.headers.items())}\n{who}"
    return "model-list:" + hashlib.sha256(secret.encode()).hexdigest()
